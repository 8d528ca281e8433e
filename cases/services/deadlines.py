"""Deadlines as rows: started from the office's rule, ended with the time used, the nearest kept at the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import or_
from typing import Protocol

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases.clock import (
    SERVICE_LADDER,
    URGENT_LADDER,
    Calendar,
    Ladder,
    Pause,
    Span,
    Unit,
    china_calendar,
    due_at,
    warn_at,
)
from cases.clock.moment import now
from cases.models import (
    Case,
    ClockKind,
    Deadline,
    DeadlineKind,
    DeadlinePause,
    DeadlineState,
    Finding,
    LabTest,
    Order,
    Part,
    Ruling,
)
from teams import prepared, rows
from teams.models import DayKind, Street
from teams.selectors import calendar_days

Subject = Case | Order | Part | LabTest | Finding | Ruling

_COLUMN: dict[type, str] = {
    Case: "case",
    Order: "order",
    Part: "part",
    LabTest: "lab_test",
    Finding: "finding",
    Ruling: "ruling",
}
_CALENDAR_TTL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Start:
    """A deadline to be started. ``due`` overrides the rule (a rectification's own day)."""

    kind: str
    subject: Subject
    urgent: bool = False
    due: datetime | None = None
    clock: str = ClockKind.SERVICE


@dataclass(frozen=True, slots=True)
class Used:
    """What an ended deadline leaves for the journal: wall-clock seconds and whether it was late."""

    seconds: int
    late: bool


def calendar_for(street_id: int) -> Calendar:
    """The working calendar of the street's district: published days, the office's own over them."""
    return _calendar(_district_of(street_id), int(now().timestamp() // _CALENDAR_TTL.total_seconds()))


@lru_cache(maxsize=1024)
def _district_of(street_id: int) -> int:
    return int(Street.objects.values_list("district_id", flat=True).get(pk=street_id))


@lru_cache(maxsize=64)
def _calendar(district_id: int, bucket: int) -> Calendar:
    year = now().year
    days = list(calendar_days(district_id).values_list("day", "kind"))
    return china_calendar(
        year - 1,
        year + 2,
        holidays=frozenset(day for day, kind in days if kind == DayKind.HOLIDAY),
        workdays=frozenset(day for day, kind in days if kind == DayKind.WORKDAY),
    )


def forget_calendars() -> None:
    """To be called after the office changed its days."""
    _calendar.cache_clear()


def deadline_start(
    *,
    kind: str,
    subject: Subject,
    street_id: int,
    urgent: bool = False,
    due_at: datetime | None = None,
    clock: str = ClockKind.SERVICE,
) -> Deadline | None:
    """Start one deadline; one already live for this kind and subject is returned. None where no rule exists."""
    live = Deadline.objects.filter(_is(subject), kind=kind, state__in=_LIVE).first()
    if live:
        return live
    made = deadlines_start(starts=[Start(kind, subject, urgent, due_at, clock)], street_id=street_id)
    return made[0] if made else None


_LIVE = (DeadlineState.RUNNING, DeadlineState.PAUSED)


def deadlines_start(*, starts: Iterable[Start], street_id: int, unless_live: bool = False) -> list[Deadline]:
    """Start several for subjects that have none of the kind yet: one look at the rules, one insert.

    ``unless_live``: one that runs or is paused already stays as it is (and what is returned has no ids).
    """
    made = deadlines_make(starts=starts, street_id=street_id)
    if not unless_live:
        return Deadline.objects.bulk_create(made)
    if made:
        rows.write(made, unless_there=True)
    return made


def deadlines_make(*, starts: Iterable[Start], street_id: int) -> list[Deadline]:
    """The rows that ``deadlines_start`` inserts, not saved yet; their subjects need not be either."""
    wanted = list(starts)
    rules = _rules({start.kind for start in wanted}, street_id)
    calendar = calendar_for(street_id)
    moment = now()
    rows: list[Deadline] = []
    known: dict[tuple[str, bool, datetime | None], tuple[datetime, datetime] | None] = {}
    for start in wanted:
        key = (start.kind, start.urgent, start.due)
        if key not in known:
            known[key] = _bounds(start, rules, calendar, moment)
        bounds = known[key]
        if bounds is None:
            continue
        warn, due = bounds
        rows.append(
            Deadline(
                kind=start.kind,
                clock=start.clock,
                urgent=start.urgent,
                starts_at=moment,
                warn_at=warn,
                due_at=due,
                next_at=warn,
                **{_COLUMN[type(start.subject)]: start.subject},
            )
        )
    return rows


def limits(street_id: int) -> dict[tuple[str, bool], Span]:
    """The time limits in force on the street today, by kind and urgency."""
    return _rules(set(DeadlineKind.values), street_id)


# A street's own rule comes last and so wins. Asked by nearly every write: composing it would take longer than asking.
_RULES = """
SELECT kind, urgent, amount, unit FROM cases_deadlinerule
WHERE kind = ANY(%s) AND (street_id IS NULL OR street_id = %s)
AND starts_on <= %s AND (ends_on IS NULL OR ends_on >= %s) ORDER BY street_id NULLS FIRST
"""


def _rules(kinds: set[str], street_id: int) -> dict[tuple[str, bool], Span]:
    today = timezone.localdate(now())
    found = prepared.ask(_RULES, [sorted(map(str, kinds)), street_id, today, today], "cases_deadlinerule")
    return {(kind, urgent): Span(amount, Unit(unit)) for kind, urgent, amount, unit in found}


def _bounds(
    start: Start, rules: dict[tuple[str, bool], Span], calendar: Calendar, moment: datetime
) -> tuple[datetime, datetime] | None:
    if start.due is not None:
        return max(moment, moment + (start.due - moment) * 0.75), start.due
    span = rules.get((start.kind, start.urgent)) or rules.get((start.kind, False))
    if span is None:
        return None
    return warn_at(moment, span, calendar), due_at(moment, span, calendar)


_END = """
UPDATE cases_deadline SET state = %s, ended_at = %s, next_at = NULL, late = %s AND %s > due_at
WHERE {}_id = %s AND kind = %s AND state IN ('running', 'paused') RETURNING starts_at, late
"""


def deadline_end(*, kind: str, subject: Subject, at: datetime | None = None, cancelled: bool = False) -> Used | None:
    """End the live deadline of the kind; None when there is none. ``Used`` goes into the event that ended it."""
    moment = at or now()
    state = (DeadlineState.CANCELLED if cancelled else DeadlineState.MET).value
    values = [state, moment, not cancelled, moment, subject.pk, str(kind)]
    ended = prepared.ask(_END.format(_COLUMN[type(subject)]), values, "cases_deadline")
    return Used(max(0, int((moment - ended[0][0]).total_seconds())), ended[0][1]) if ended else None


def deadlines_cancel(*, subjects: Iterable[Subject]) -> int:
    """Cancel every live deadline of the subjects; returns how many."""
    count = 0
    for subject in subjects:
        count += Deadline.objects.filter(_is(subject), state__in=_LIVE).update(
            state=DeadlineState.CANCELLED, ended_at=now(), next_at=None
        )
    return count


def case_deadlines_cancel(*, case: Case) -> int:
    """Cancel every live deadline of a case that has ended, and the terms that its rulings set; returns how many."""
    of_case = Q(case=case) | Q(ruling__finding__need__case=case)
    return Deadline.objects.filter(of_case, state__in=_LIVE).update(
        state=DeadlineState.CANCELLED, ended_at=now(), next_at=None
    )


def deadline_follow(*, kind: str, subject: Subject, like: Subject) -> None:
    """Let the subject's running deadline begin and end with that of another, where that one ends earlier."""
    first = Deadline.objects.filter(_is(like), kind=kind, state=DeadlineState.RUNNING).first()
    own = Deadline.objects.select_for_update(no_key=True, of=("self",)).filter(
        _is(subject), kind=kind, state=DeadlineState.RUNNING
    )
    row = own.first()
    if first is None or row is None or first.due_at >= row.due_at:
        return
    row.starts_at, row.warn_at, row.due_at, row.urgent = first.starts_at, first.warn_at, first.due_at, first.urgent
    row.next_at, row.level = first.next_at, first.level
    row.save(update_fields=["starts_at", "warn_at", "due_at", "urgent", "next_at", "level"])


@transaction.atomic
def deadlines_hasten(*, subjects: Iterable[Subject], kinds: Iterable[str], street_id: int) -> int:
    """Start the running clocks of these kinds anew as urgent, from now; returns how many end earlier for it.

    Never lengthens one: where the urgent clock would end later than what runs, only its ladder becomes the urgent one.
    """
    wanted = list(kinds)
    of_any = reduce(or_, (_is(subject) for subject in subjects), Q(pk__in=[]))
    rows = list(
        Deadline.objects.select_for_update(no_key=True, of=("self",))
        .filter(of_any, kind__in=wanted, state=DeadlineState.RUNNING)
        .order_by("pk")
    )
    rules, calendar, moment = _rules(set(wanted), street_id), calendar_for(street_id), now()
    shorter = 0
    for row in rows:
        row.urgent = True
        span = rules.get((row.kind, True)) or rules.get((row.kind, False))
        due = due_at(moment, span, calendar) if span else row.due_at
        if span and due < row.due_at:
            row.starts_at, row.warn_at, row.due_at, row.level = moment, warn_at(moment, span, calendar), due, 0
            shorter += 1
        row.next_at = next_step(row, calendar)
    Deadline.objects.bulk_update(rows, ["urgent", "starts_at", "warn_at", "due_at", "level", "next_at"])
    return shorter


@transaction.atomic
def deadlines_pause(*, case: Case, reason: str) -> int:
    """Stop the case's own service clocks (statutory ones never pause)."""
    rows = list(
        Deadline.objects.select_for_update(no_key=True, of=("self",)).filter(
            case=case, state=DeadlineState.RUNNING, clock=ClockKind.SERVICE
        )
    )
    DeadlinePause.objects.bulk_create([DeadlinePause(deadline=row, starts_at=now(), reason=reason) for row in rows])
    for row in rows:
        row.state = DeadlineState.PAUSED
        row.next_at = None
    Deadline.objects.bulk_update(rows, ["state", "next_at"])
    return len(rows)


@transaction.atomic
def deadlines_resume(*, case: Case) -> int:
    """Let the case's paused clocks run on: each moment moves by the counted time that was lost."""
    moment = now()
    rows = list(
        Deadline.objects.select_for_update(no_key=True, of=("self",))
        .filter(case=case, state=DeadlineState.PAUSED)
        .prefetch_related("pauses")
    )
    rules = _rules({row.kind for row in rows}, case.street_id)
    calendar = calendar_for(case.street_id)
    DeadlinePause.objects.filter(deadline__in=rows, ends_at__isnull=True).update(ends_at=moment)
    for row in rows:
        pauses = [Pause(pause.starts_at, pause.ends_at or moment) for pause in row.pauses.all()]
        span = rules.get((row.kind, row.urgent)) or rules.get((row.kind, False))
        if span is None:
            lost = sum(((pause.until or moment) - pause.since for pause in pauses[-1:]), timedelta())
            row.warn_at, row.due_at = row.warn_at + lost, row.due_at + lost
        else:
            row.warn_at = warn_at(row.starts_at, span, calendar, pauses)
            row.due_at = due_at(row.starts_at, span, calendar, pauses)
        row.state = DeadlineState.RUNNING
        row.next_at = next_step(row, calendar)
    Deadline.objects.bulk_update(rows, ["state", "warn_at", "due_at", "next_at"])
    return len(rows)


class Climbing(Protocol):
    """What of a deadline its ladder asks for."""

    warn_at: datetime
    due_at: datetime
    level: int
    urgent: bool


def ladder_of(deadline: Climbing) -> Ladder:
    return URGENT_LADDER if deadline.urgent else SERVICE_LADDER


def next_step(deadline: Climbing, calendar: Calendar) -> datetime | None:
    """The moment of the rung above ``level`` (0 none, 1 warned, 2 = L1 at due, 3 = L2, 4 = L3); None at the top."""
    rungs = ladder_of(deadline).rungs
    if deadline.level >= len(rungs):
        return None
    rung = rungs[deadline.level]
    if rung.after is not None:
        return due_at(deadline.due_at, rung.after, calendar)
    return deadline.warn_at if (rung.percent or 0) < 100 else deadline.due_at


_NEAREST = """
UPDATE cases_case SET due_at = clock_due_at, warn_at = clock_warn_at, due_kind = clock_kind
FROM cases_nearest_clock(%s::bigint[]) WHERE cases_case.id = of_case
"""


_NEAREST_OF = "SELECT clock_kind, clock_warn_at, clock_due_at FROM cases_nearest_clock(%s::bigint[])"


def case_due_refresh(*, case_ids: Iterable[int]) -> None:
    """Write the nearest running deadline of each case, its orders, parts, findings, rulings and tests to the case.

    Nearly every write ends with it, so it is one statement of its own: the ORM needs seven.
    """
    if wanted := sorted(set(case_ids)):
        prepared.ask(_NEAREST, [wanted], "cases_case")


def case_due_read(case: Case) -> None:
    """The same of one locked case, put on the instance: the caller saves ``DUE_FIELDS`` with what else it changed."""
    [(case.due_kind, case.warn_at, case.due_at)] = prepared.ask(_NEAREST_OF, [[case.pk]], "cases_case")


DUE_FIELDS = ("due_kind", "warn_at", "due_at")


def case_due_first(*, started: Iterable[Deadline]) -> None:
    """The same of cases about to be written, from the deadlines made for them: put on the instances, no statement."""
    for row in started:
        case = row.case
        if case is not None and (case.due_at is None or row.due_at < case.due_at):
            case.due_kind, case.warn_at, case.due_at = row.kind, row.warn_at, row.due_at


def _is(subject: Subject) -> Q:
    return Q(**{_COLUMN[type(subject)]: subject})
