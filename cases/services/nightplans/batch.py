"""What becomes of some parties in a night: whose day has come, what may go, what a person has to decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.law import Note
from cases.models import Need, NeedCause, NeedState, NightParty, NightPlan, Order, OrderKind, Target
from cases.planner import merge
from cases.planner.guard import Guarded, GuardRule
from cases.planner.night import Going, going, left_of, rule_named
from cases.planner.trigger import Rule
from cases.refusals import Refused
from cases.selectors.composition import Composition, Known, compose, day_start, needs_facts
from cases.selectors.guard import KEYS, Record, guard_of, guard_rule, guarded_items, looks_back
from cases.selectors.office import office_values
from cases.services import casefile
from cases.services.orders.drafting import Draft, orders_draft
from cases.services.orders.opening import lead_check, needs_lock
from cases.services.parties import targets_lock
from teams.policies import SYSTEM

NO_SQUAD, GUARDED, WAITS, FAILED = "no_squad", "guarded", "waits", "failed"
"""Why a party whose day had come has no order of the night."""


@dataclass(slots=True)
class _Visit:
    """A party on its way to an order: what goes, with whom; ``left`` planned checks stay behind."""

    target: Target
    going: Going
    needs: list[Need]
    plan: Composition
    rule: GuardRule
    guarded: Guarded = field(default_factory=Guarded)
    left: int = 0


def parties_plan(plan: NightPlan, target_ids: Sequence[int]) -> list[NightParty]:
    """Draft the orders of those of these parties whose day has come; answers them with what became of each, unsaved.
    The caller holds the run's row in a transaction. [order.drafted, case.ordered]

    1. who may go, read without a lock; 2. their rows locked, needs and live orders read again: what a dispatcher or a
    new need did meanwhile counts; 3. squads and items, read once for all; 4. the guard; 5. all rows at once.
    """
    rule = rule_named(plan.rule, plan.margin, plan.weekday)
    targets = targets_lock(_candidates(plan, target_ids, rule))
    taken = _live(targets)
    free = {pk: row for pk, row in targets.items() if pk not in taken and row.merged_into_id is None}
    needs = needs_lock(free.values())
    facts = needs_facts(needs)
    held: list[NightParty] = []
    visits: list[_Visit] = []
    known, numbers = Known(), office_values(KEYS, plan.street_id)
    for target_id, rows in _by_target(needs).items():
        out = going([facts[need.pk] for need in rows], plan.day, rule, now=_moment(plan.day))
        if out is None:
            continue
        target, chosen = free[target_id], {need.id for need in out.needs}
        mine = [need for need in rows if need.pk in chosen]
        composed = compose(target=target, needs=mine, on=plan.day, known=known, facts=facts)
        try:
            lead_check(composed)
        except Refused as refused:
            held.append(_held(plan, target, NO_SQUAD, [Note(f"night_{refused.code}")]))
            continue
        visits.append(_Visit(target, out, mine, composed, guard_rule(target, numbers)))
    allowed: list[_Visit] = []
    _guard(visits, plan.day)
    for visit in visits:
        why = _kept_back(visit, plan.day, known, facts)
        if why is None:
            allowed.append(visit)
        else:
            held.append(_held(plan, visit.target, *why))
    if not allowed:
        return held
    cases = casefile.cases_lock({need.case_id for visit in allowed for need in visit.needs if need.case_id is not None})
    orders = orders_draft(actor=SYSTEM, drafts=[_draft(plan, visit) for visit in allowed], cases=cases)
    return [*held, *(NightParty(plan=plan, target_id=order.target_id, order=order) for order in orders)]


def _candidates(plan: NightPlan, target_ids: Sequence[int], rule: Rule) -> set[int]:
    """Parties with a need whose day may have come and without a live order. A recheck may turn out to wait longer."""
    open_needs = Need.objects.filter(target__in=target_ids, state=NeedState.OPEN, from_day__lte=plan.day)
    rows = open_needs.exclude(cause=NeedCause.HANDLING).values_list("target_id", "from_day", "due_day", "cause")
    found = {
        target_id
        for target_id, first, last, cause in rows
        if rule(left_of(first, last, plan.day, planned=cause == NeedCause.PLANNED)) <= plan.day.toordinal()
    }
    return found - _live(found)


def _live(target_ids: Iterable[int]) -> set[int]:
    rows = Order.objects.filter(target__in=list(target_ids), state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING)
    return set(rows.values_list("target_id", flat=True))


def _by_target(needs: Sequence[Need]) -> dict[int, list[Need]]:
    found: dict[int, list[Need]] = defaultdict(list)
    for need in needs:
        found[need.target_id].append(need)
    return found


def _moment(day: date) -> datetime:
    return max(now(), day_start(day))


def _guard(visits: Sequence[_Visit], day: date) -> None:
    """What speaks against each, with what was inspected read once for all."""
    asked = [(visit, guarded_items(visit.needs, visit.plan)) for visit in visits]
    asked = [(visit, items) for visit, items in asked if items is not None]
    if not asked:
        return
    record = Record(
        [visit.target.pk for visit, _items in asked],
        {item.pk for _visit, items in asked for item in items or ()},
        day,
        min(looks_back(visit.rule, day) for visit, _items in asked),
    )
    for visit, _items in asked:
        visit.guarded = guard_of(
            target=visit.target, needs=visit.needs, plan=visit.plan, on=day, rule=visit.rule, record=record
        )


def _kept_back(
    visit: _Visit, day: date, known: Known, facts: Mapping[int, merge.Need]
) -> tuple[str, list[Note]] | None:
    """Why the visit stays, None where it goes. Nobody writes a reason at night: what needs one stays for a person, and
    who waits goes without it. What is only told against waits while its days allow."""
    if visit.guarded.needs_reason:
        awaited = [need for need in visit.needs if need.cause != NeedCause.PLANNED]
        if not {need.pk for need in awaited} & set(visit.going.triggered):
            return GUARDED, [Note("night_guarded"), *visit.guarded.notes]
        visit.left = len(visit.needs) - len(awaited)
        visit.needs, visit.guarded = awaited, Guarded()
        visit.plan = compose(target=visit.target, needs=awaited, on=day, known=known, facts=facts)
        return None
    for note in visit.guarded.notes:
        if note.code == "guard_cooling_off":
            free = date.fromisoformat(str(note.params["until"]))
            if free <= min(need.due_day for need in visit.needs):
                return WAITS, [Note("night_waits", {"until": free.isoformat()}), *visit.guarded.notes]
    return None


def _held(plan: NightPlan, target: Target, code: str, notes: Sequence[Note]) -> NightParty:
    return NightParty(plan=plan, target=target, code=code, notes=[note.as_dict() for note in notes])


def _draft(plan: NightPlan, visit: _Visit) -> Draft:
    """Which needs and why now stand in the planner's own notes; what the rule adds is whose day had come, and until
    when the others could have waited."""
    taken = {need.pk for need in visit.needs}
    notes = [Note("night_plan", {"day": plan.day.isoformat()})]
    notes += [_day_come(plan, need) for need in visit.needs if need.pk in visit.going.triggered]
    notes += [
        Note("night_could_wait", {"need": pk, "until": until.isoformat()})
        for pk, until in sorted(visit.going.waits.items())
        if pk in taken
    ]
    if visit.left:
        notes.append(Note("night_left_out", {"count": visit.left}))
    return Draft(
        target=visit.target,
        needs=visit.needs,
        plan=visit.plan,
        guarded=visit.guarded,
        # For today the day plan finds the hour; another day stands in the order.
        planned_day=plan.day if plan.day > timezone.localdate(now()) else None,
        notes=tuple(notes),
        body={"night": plan.pk},
    )


def _day_come(plan: NightPlan, need: Need) -> Note:
    """Why the need goes on this day of all."""
    if plan.rule == "weekly" and need.cause == NeedCause.PLANNED and need.from_day < plan.day <= need.due_day:
        if plan.day.weekday() == plan.weekday:
            return Note("night_weekday", {"need": need.pk, "weekday": plan.weekday})
        return Note("night_weekday_late", {"need": need.pk, "weekday": plan.weekday, "until": need.due_day.isoformat()})
    return Note("night_day_come", {"need": need.pk, "day": plan.day.isoformat()})
