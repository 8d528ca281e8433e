"""Which squads an order would call, with which items, and why: the planner's pure rule fed from the database.

Read by the services that draft an order and by the preview that a dispatcher sees before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from cases.clock.moment import now
from cases.law import Note
from cases.models import Followup, InspectionItem, Need, NeedCause, Order, OrderKind, Target, Urgency
from cases.planner import compose as rule
from cases.planner import merge
from teams.models import Function, Squad, SquadKind
from teams.selectors import in_force, squads_serving, street_team

_CAUSES = {
    NeedCause.CASE: merge.Cause.COMPLAINT,
    NeedCause.RECHECK: merge.Cause.RECHECK,
    NeedCause.PLANNED: merge.Cause.PLANNED,
    NeedCause.PATROL: merge.Cause.PATROL,
    NeedCause.HANDLING: merge.Cause.SPECIAL,
}
_KINDS = {
    SquadKind.ENFORCEMENT_TEAM: rule.SquadKind.STREET_TEAM,
    SquadKind.STATIONED: rule.SquadKind.STATIONED,
    SquadKind.MODULE: rule.SquadKind.MODULE,
}


@dataclass(frozen=True, slots=True)
class PartPlan:
    """A squad that would be called: its items, the needs it serves, why it."""

    squad: Squad
    is_lead: bool
    items: tuple[InspectionItem, ...]
    need_ids: tuple[int, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """``missing``: agencies without an active squad on this street; ``visits_saved`` = departments merged − 1."""

    parts: tuple[PartPlan, ...]
    notes: tuple[Note, ...]
    visits_saved: int
    missing: tuple[int, ...] = ()


class Known:
    """What composing reads beside the needs themselves, each thing once: the squads of a street, the items of a
    function. Whoever composes many orders at once keeps it for all of them."""

    def __init__(self) -> None:
        self._squads: dict[int, dict[int, Squad]] = {}
        self._teams: dict[int, Squad | None] = {}
        self._items: dict[tuple[str, int | None, date], list[InspectionItem]] = {}

    def squads(self, street_id: int) -> dict[int, Squad]:
        if street_id not in self._squads:
            self._squads[street_id] = {squad.pk: squad for squad in squads_serving(street_id)}
        return self._squads[street_id]

    def team(self, street_id: int) -> Squad | None:
        if street_id not in self._teams:
            self._teams[street_id] = street_team(street_id)
        return self._teams[street_id]

    def items(self, function: str, category_id: int | None, on: date) -> list[InspectionItem]:
        key = (function, category_id, on)
        if key not in self._items:
            self._items[key] = items_for(*key)
        return self._items[key]


def compose(
    *,
    target: Target,
    needs: Sequence[Need],
    lead_squad_id: int | None = None,
    squad_ids: Iterable[int] | None = None,
    on: date,
    known: Known | None = None,
    facts: Mapping[int, merge.Need] | None = None,
) -> Composition:
    """What an order over these needs would look like. ``squad_ids`` narrows the joint squads to those chosen;
    ``known`` and ``facts`` (``needs_facts``) are what the caller has read already."""
    known = known or Known()
    squads = known.squads(target.street_id)
    chosen = None if squad_ids is None else set(squad_ids)
    team = known.team(target.street_id)
    ground = [
        rule.SquadFacts(
            id=squad.pk,
            agency=str(squad.agency_id),
            kind=_KINDS[SquadKind(squad.kind)],
            street=str(target.street_id) if squad.kind != SquadKind.MODULE else None,
            serves=frozenset({str(target.street_id)}),
        )
        for squad in squads.values()
        if chosen is None or squad.pk in chosen or squad.pk == lead_squad_id or (team and squad.pk == team.pk)
    ]
    read = needs_facts(needs) if facts is None else facts
    plan = rule.compose(
        [read[need.pk] for need in needs],
        (),
        ground,
        str(target.street_id),
        now(),
        lead_squad_id=lead_squad_id,
    )
    items = _items(needs, on, known)
    parts: list[PartPlan] = []
    missing: list[int] = []
    for part in plan.parts:
        if part.squad_id is None:
            missing.append(int(part.agency))
            continue
        squad = squads[part.squad_id]
        parts.append(
            PartPlan(
                squad=squad,
                is_lead=part.lead,
                items=tuple(items.get(squad.agency_id) or _of_the_lead(needs, squad, on, known)),
                need_ids=tuple(part.need_ids),
                notes=tuple(part.notes),
            )
        )
    return Composition(tuple(parts), tuple(plan.notes), plan.visits_saved, tuple(missing))


def need_facts(need: Need) -> merge.Need:
    """The need as the planner's rules see it."""
    return needs_facts([need])[need.pk]


def needs_facts(needs: Iterable[Need]) -> dict[int, merge.Need]:
    """By id, as the planner's rules see them; ``cause_order_id`` is the order whose visit asked for a recheck. One
    query where there are rechecks, none else."""
    rows = list(needs)
    rechecks = [need.pk for need in rows if need.cause == NeedCause.RECHECK]
    caused: dict[int, tuple[int, datetime]] = {}
    if rechecks:
        visits = Followup.objects.filter(need__in=rechecks).values_list(
            "need", "ruling__finding__visit__order_id", "ruling__finding__visit__started_at"
        )
        caused = {pk: (order_id, at) for pk, order_id, at in visits.order_by("ruling__finding__visit__started_at")}
    return {need.pk: _facts(need, caused.get(need.pk)) for need in rows}


def _facts(need: Need, caused: tuple[int, datetime] | None) -> merge.Need:
    hours = None
    if need.hour_from is not None and need.hour_until is not None:
        hours = merge.Hours(need.hour_from, need.hour_until)
    return merge.Need(
        id=need.pk,
        target_id=need.target_id,
        agencies=tuple(str(link.agency_id) for link in need.agency_links.all()),
        opens=day_start(need.from_day),
        due=day_end(need.due_day),
        cause=_CAUSES[NeedCause(need.cause)],
        categories=(need.case.category.code,) if need.case and need.case.category else (),
        urgent=need.urgency != Urgency.GENERAL,
        announced=need.announced,
        alone=need.alone,
        hours=hours,
        cause_order_id=caused[0] if caused else None,
        cause_visit_on=local_day(caused[1]) if caused else None,
    )


def order_facts(order: Order, needs: Sequence[Need]) -> merge.Order:
    """A live order as the planner's rules see it."""
    first = max((need.from_day for need in needs), default=order.planned_day or local_day(order.drafted_at))
    last = min((need.due_day for need in needs), default=first)
    return merge.Order(
        id=order.pk,
        target_id=order.target_id,
        opens=day_start(order.planned_day or min(first, last)),
        due=day_end(order.planned_day or last),
        announced=order.announced,
        live=order.kind != OrderKind.HANDLING,
        alone=any(need.alone for need in needs),
    )


def day_start(day: date) -> datetime:
    return datetime.combine(day, time(0, 0), timezone.get_default_timezone())


def day_end(day: date) -> datetime:
    return day_start(day + timedelta(days=1)) - timedelta(seconds=1)


def local_day(at: datetime) -> date:
    return timezone.localdate(at)


def _items(needs: Sequence[Need], on: date, known: Known) -> dict[int, list[InspectionItem]]:
    """Items by agency: a narrowed need brings just its own, any other all of the function that fit its category."""
    found: dict[int, dict[int, InspectionItem]] = {}
    for need in needs:
        category_id = need.case.category_id if need.case else None
        for link in need.agency_links.all():
            narrowed = list(link.items.all())
            rows = narrowed or known.items(link.agency.function, category_id, on)
            found.setdefault(link.agency_id, {}).update({row.pk: row for row in rows})
    return {
        agency_id: sorted(rows.values(), key=lambda row: (row.order, row.code)) for agency_id, rows in found.items()
    }


def _of_the_lead(needs: Sequence[Need], squad: Squad, on: date, known: Known) -> list[InspectionItem]:
    # The street team leads even where no need asked for it; it then brings its own items of these categories.
    # A recheck asks only what failed, so it adds none.
    if squad.agency.function != Function.STREET:
        return []
    found: dict[int, InspectionItem] = {}
    for need in needs:
        if need.cause != NeedCause.RECHECK:
            rows = known.items(squad.agency.function, need.case.category_id if need.case else None, on)
            found.update({row.pk: row for row in rows})
    return sorted(found.values(), key=lambda row: (row.order, row.code))


def items_for(function: str, category_id: int | None, on: date) -> list[InspectionItem]:
    """A function's items in force on the day: those of the category and those asked at every visit."""
    fits = Q(categories__isnull=True)
    if category_id is not None:
        fits |= Q(categories=category_id)
    return list(
        InspectionItem.objects.filter(in_force(on), fits, function=function).distinct().order_by("order", "code")
    )
