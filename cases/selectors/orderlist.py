"""The list of orders: the nearest clock first, whoever it belongs to; ended ones newest first."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least

from cases.models import Deadline, DeadlineState, Order
from cases.selectors.planning import ORDER_GROUPS
from teams.policies import Actor

PAGE = 60
_PATHS = ("order", "part__order", "finding__visit__order", "lab_test__visit__order", "ruling__finding__visit__order")
"""From a clock to its order: approval, a squad's own, a ruling that is due, a test, a rectification."""


def orders_page(
    actor: Actor, *, group: str = "", after: int | None = None, size: int = PAGE
) -> tuple[list[Order], int | None]:
    """Orders of a group (all open ones without) and the id to go on after, if there are more.

    Open ones by their nearest running clock (``due``), those without one last; ended ones newest first.
    """
    seen = Order.objects.visible_to(actor).select_related("target", "street")
    if group == "ended":
        rows: QuerySet[Order] = seen.filter(ORDER_GROUPS[group]).order_by(F("pk").desc())
        rows = rows.filter(pk__lt=after) if after is not None else rows
    else:
        timed = seen.annotate(due=Least(*(_nearest(path) for path in _PATHS)))
        rows = timed.filter(ORDER_GROUPS.get(group, ~ORDER_GROUPS["ended"]))
        rows = _further(rows, timed, after).order_by(F("due").asc(nulls_last=True), F("pk").desc())
    found = list(rows[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def _nearest(path: str) -> Subquery:
    running = Deadline.objects.filter(state=DeadlineState.RUNNING, **{path: OuterRef("pk")})
    return Subquery(running.order_by("due_at").values("due_at")[:1])


def _further(rows: QuerySet[Order], timed: QuerySet[Order], after: int | None) -> QuerySet[Order]:
    """What comes after the order in this sorting; everything when it is none of the reader's."""
    last = timed.filter(pk=after).first() if after is not None else None
    if last is None:
        return rows
    behind = Q(due__isnull=True, pk__lt=last.pk)
    due = last.due  # type: ignore[attr-defined]
    if due is not None:
        behind = Q(due__gt=due) | Q(due=due, pk__lt=last.pk) | Q(due__isnull=True)
    return rows.filter(behind)


def clocks_of(order_ids: Iterable[int]) -> dict[int, Deadline]:
    """The nearest running clock of each order, with its squad where it is a squad's. One query."""
    wanted = list(order_ids)
    mine = Q()
    for path in _PATHS:
        mine |= Q(**{f"{path}__in": wanted})
    rows = (
        Deadline.objects.filter(mine, state=DeadlineState.RUNNING)
        .select_related("part__squad", "finding__part__squad")
        .annotate(of_order=Coalesce(*(f"{path}_id" for path in _PATHS)))
        .order_by("-due_at")
    )
    return {row.of_order: row for row in rows}
