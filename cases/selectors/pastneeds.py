"""A street's own history of reasons to visit, as the planner's replay reads it, and what really came of them.

A reason counts in the period that holds its first day. Withdrawn ones and handling tasks are left out. A reason of
several departments counts once for each: that is how they would come by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Followup,
    Need,
    NeedAgency,
    NeedCause,
    NeedState,
    OrderNeed,
    ReportIn,
    Visit,
    VisitOutcome,
)
from cases.planner.replay import Asked, Recheck
from cases.planner.trigger import Window

MOST = 20_000
"""Reasons, department by department, that are replayed at once: more take longer than a page may."""
LONGEST = 731
"""Days of a period: two years."""


class TooMuch(Exception):
    """More than ``MOST``; the number is its argument."""


@dataclass(frozen=True, slots=True)
class Real:
    """What really came of the reasons: ``visits`` made for them with ``squads`` departments in all, and of the reasons
    how many were ``served``, how many ``late`` (after the last day, or still waiting past it), how many still wait."""

    visits: int = 0
    squads: int = 0
    served: int = 0
    late: int = 0
    waiting: int = 0


@dataclass(slots=True)
class PastNeeds:
    """``families`` share visits; ``served`` are those of them that were visited, by ``served_visits`` visits."""

    families: list[list[Asked]] = field(default_factory=list)
    served: list[list[Asked]] = field(default_factory=list)
    served_visits: int = 0
    needs: int = 0
    parties: int = 0
    withdrawn: int = 0
    busiest: int = 0
    """The most visits that one day had."""
    real: Real = field(default_factory=Real)


@dataclass(slots=True)
class _Node:
    """A reason of one department, with the rechecks that its visit brought about: (days after it, the recheck)."""

    need: int
    family: tuple[int, ...]
    window: Window
    agency: int
    served: bool
    fixed: bool
    """Found on patrol: nobody else could come along, and its day is what it was."""
    rechecks: list[tuple[int, _Node]] = field(default_factory=list)
    root: bool = True

    def asked(self, *, served: bool) -> Asked:
        return Asked(self.window, str(self.agency), follow=self.follow(served=served))

    def follow(self, *, served: bool) -> tuple[Recheck, ...]:
        """``served``: only rechecks that took place."""
        return tuple(
            Recheck(lag, node.window.d - node.window.r, str(node.agency), node.follow(served=served))
            for lag, node in self.rechecks
            if node.served or not served
        )


@dataclass(slots=True)
class _Visits:
    """``made``: visit → (day, departments); ``of``: served reason → the visit that served it."""

    made: dict[int, tuple[date, int]] = field(default_factory=dict)
    of: dict[int, int] = field(default_factory=dict)
    orders: dict[int, list[int]] = field(default_factory=dict)
    """Order → the reasons that its visit served."""


def past_needs(street_id: int, first: date, last: date) -> PastNeeds:
    """Eight queries at most. ``TooMuch`` before anything large is read."""
    span = Need.objects.filter(target__street_id=street_id, from_day__gte=first, from_day__lte=last)
    span = span.exclude(cause=NeedCause.HANDLING)
    rows = span.exclude(state=NeedState.WITHDRAWN)
    links = NeedAgency.objects.filter(need__in=rows)
    count = links.count()
    if count > MOST:
        raise TooMuch(count)
    nodes = _nodes(links)
    visits = _visits(rows)
    _rechecks_hang(rows, nodes, visits)
    days: dict[date, int] = {}
    for day, _squads in visits.made.values():
        days[day] = days.get(day, 0) + 1
    return PastNeeds(
        families=_families(nodes.values(), served=False),
        served=_families([node for node in nodes.values() if node.served], served=True),
        served_visits=len(set(visits.of.values())),
        needs=len({node.need for node in nodes.values()}),
        parties=len({node.family[0] for node in nodes.values()}),
        withdrawn=span.filter(state=NeedState.WITHDRAWN).count(),
        busiest=max(days.values(), default=0),
        real=_real(nodes.values(), visits),
    )


def _nodes(links: QuerySet[NeedAgency]) -> dict[tuple[int, int], _Node]:
    fields = ("need_id", "agency_id", "need__target_id", "need__cause", "need__state", "need__from_day")
    rows = links.order_by("need_id", "agency_id").values_list(
        *fields, "need__due_day", "need__announced", "need__alone"
    )
    found: dict[tuple[int, int], _Node] = {}
    for need, agency, target, cause, state, opens, due, announced, alone in rows:
        patrol = cause == NeedCause.PATROL
        own = (need,) if alone or patrol else ()
        window = Window(opens.toordinal(), due.toordinal(), cause == NeedCause.PLANNED)
        served = state == NeedState.SERVED
        found[need, agency] = _Node(need, (target, announced, *own), window, agency, served, patrol)
    return found


def _visits(rows: QuerySet[Need]) -> _Visits:
    """Every visit made for the reasons counts, also one that found nobody; a reason was served by its order's first
    visit that took place."""
    found = _Visits()
    of_order: dict[int, list[tuple[int, bool]]] = {}
    orders = OrderNeed.objects.filter(need__in=rows).values("order_id")
    squads: dict[int, int] = {}
    for visit, _agency in (
        ReportIn.objects.filter(visit__order__in=orders).values_list("visit_id", "part__agency_id").distinct()
    ):
        squads[visit] = squads.get(visit, 0) + 1
    for pk, order, at, result in (
        Visit.objects.filter(order__in=orders)
        .order_by("started_at", "pk")
        .values_list("pk", "order_id", "started_at", "outcome")
    ):
        found.made[pk] = (timezone.localdate(at), max(squads.get(pk, 1), 1))
        of_order.setdefault(order, []).append((pk, result == VisitOutcome.DONE))
    standing = OrderNeed.objects.filter(need__in=rows, need__state=NeedState.SERVED, released_at__isnull=True)
    for need, order in standing.order_by("need_id").values_list("need_id", "order_id"):
        visits = of_order.get(order)
        if visits:
            found.of[need] = next((pk for pk, done in visits if done), visits[0][0])
            found.orders.setdefault(order, []).append(need)
    return found


def _rechecks_hang(rows: QuerySet[Need], nodes: Mapping[tuple[int, int], _Node], visits: _Visits) -> None:
    """Hang each recheck on the reason whose visit asked for it: visited on another day, it comes on another day too.

    One whose cause is not of the period, or was found on patrol, stays where it was. A cause is always the older row,
    so nothing hangs on itself.
    """
    asked = Followup.objects.filter(need__in=rows).order_by("need_id", "pk")
    fields = ("need_id", "ruling__agency_id", "ruling__finding__need_id", "ruling__finding__visit__order_id")
    for need, agency, cause, order in asked.values_list(*fields):
        node = nodes.get((need, agency))
        if node is None or not node.root:
            continue
        older = [pk for pk in [cause, *visits.orders.get(order, ())] if pk is not None and pk < need]
        parent = next((nodes[pk, agency] for pk in older if (pk, agency) in nodes), None)
        if parent is None or parent.fixed or parent.need not in visits.of:
            continue
        lag = node.window.r - visits.made[visits.of[parent.need]][0].toordinal()
        if lag >= 1:
            parent.rechecks.append((lag, node))
            node.root = False


def _families(nodes: Iterable[_Node], *, served: bool) -> list[list[Asked]]:
    found: dict[tuple[int, ...], list[Asked]] = {}
    for node in nodes:
        if node.root:
            found.setdefault(node.family, []).append(node.asked(served=served))
    return list(found.values())


def _real(nodes: Iterable[_Node], visits: _Visits) -> Real:
    today = timezone.localdate(now()).toordinal()
    served = late = waiting = 0
    for node in nodes:
        if node.need in visits.of:
            served += 1
            late += visits.made[visits.of[node.need]][0].toordinal() > node.window.d
        else:
            waiting += 1
            late += today > node.window.d
    return Real(len(visits.made), sum(squads for _day, squads in visits.made.values()), served, late, waiting)
