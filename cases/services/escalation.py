"""Chasing deadlines: a sweep claims the rows whose next moment has come, once each, and writes down what it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from cases.clock.moment import now
from cases.models import Case, Deadline, DeadlineState, Order
from cases.services import deadlines, journal
from cases.services.journal import Entry
from teams.policies import SYSTEM

WARNED, PASSED = 1, 2
PAUSE = timedelta(minutes=1)  # doubled at every further failure of a row
PAUSE_AT_MOST = timedelta(hours=12)

_SUBJECTS = (
    "part__order",
    "part__squad",
    "lab_test__visit__order",
    "lab_test__part_item__part",
    "finding__part__order",
    "ruling__finding__part__order",
    "case",
    "order",
)


@dataclass(slots=True)
class Swept:
    """What a sweep did: rows that moved up a level, rows passed over because they are broken, rows left for later."""

    fired: int = 0
    broken: int = 0
    busy: int = 0

    def __bool__(self) -> bool:
        return bool(self.fired or self.broken or self.busy)


def deadlines_sweep(*, limit: int = 200) -> Swept:
    """Warn, note as passed and escalate what is due, oldest first. [case|order . deadline_warned | deadline_passed |
    escalated], the level and the clock in the body.

    1. look for due rows without a lock (one index read; nothing due ends here); 2. lock orders, then cases, then the
    deadlines, each skipping what somebody works on: it is due again at the next sweep; 3. fire all in one transaction;
    4. if that fails, row by row: a bad row notes its error, waits longer each time and never blocks the others.
    A sweep that comes late goes straight to the highest level reached. Two sweeps fire once: a row is looked at again
    under its lock.
    """
    swept = Swept()
    ids = list(_due(now()).order_by("next_at", "pk").values_list("pk", flat=True)[:limit])
    if not ids:
        return swept
    try:
        swept.fired = _fire(ids)
        swept.busy = len(ids) - swept.fired
    except Exception:  # whichever row it was, the single passes find it
        for pk in ids:
            try:
                swept.fired += _fire([pk])
            except Exception as error:
                _put_off(pk, error)
                swept.broken += 1
    return swept


def _due(moment: datetime) -> QuerySet[Deadline]:
    return Deadline.objects.filter(state=DeadlineState.RUNNING, next_at__lte=moment)


def _fire(ids: Sequence[int]) -> int:
    moment = now()
    with transaction.atomic():
        rows = _claim(ids, moment)
        entries = []
        for row in rows:
            before = row.level
            _climb(row, moment)
            if row.level > before:
                entries.append(_entry(row))
        journal.record_many(entries=entries, actor=SYSTEM)
        _write(rows)
    return len(rows)


# What bulk_update composes for 200 rows, a CASE with a branch each, took more than all the rest of a sweep.
_STEPS = """
UPDATE cases_deadline AS stood SET level = made.level, next_at = made.next_at
FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS made (id, level, next_at) WHERE stood.id = made.id
"""


def _write(rows: Sequence[Deadline]) -> None:
    ids, levels, moments = [row.pk for row in rows], [row.level for row in rows], [row.next_at for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, [ids, levels, moments])


def _claim(ids: Sequence[int], moment: datetime) -> list[Deadline]:
    """The rows still due, with their subjects locked first: services lock in that order too, so nobody deadlocks."""
    seen = list(Deadline.objects.filter(pk__in=ids).select_related(*_SUBJECTS))
    subjects = {row.pk: _subject(row) for row in seen}
    locked = _lock(Order, subjects.values()) | _lock(Case, subjects.values())
    free = [pk for pk, subject in subjects.items() if (type(subject), subject.pk) in locked]
    held = Deadline.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        pk__in=free, state=DeadlineState.RUNNING, next_at__lte=moment
    )
    return list(held.select_related(*_SUBJECTS).order_by("pk"))


def _lock(model: type[Case | Order], subjects: Iterable[Case | Order]) -> set[tuple[type[Case | Order], int]]:
    ids = sorted({subject.pk for subject in subjects if isinstance(subject, model)})
    if not ids:
        return set()
    rows = model._default_manager.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return {(model, pk) for pk in rows.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)}


def _climb(row: Deadline, moment: datetime) -> None:
    """Bring level and next moment of the row (in memory) to where they stand by now."""
    calendar = deadlines.calendar_for(_subject(row).street_id)
    while (at := deadlines.next_step(row, calendar)) is not None and at <= moment:
        row.level += 1
    row.next_at = at


def _subject(row: Deadline) -> Case | Order:
    """Whose journal tells of it: the case, or the order of the part, test, finding or ruling."""
    subject: Case | Order | None = row.case or row.order
    if row.part is not None:
        subject = row.part.order
    elif row.lab_test is not None:
        subject = row.lab_test.visit.order
    elif row.finding is not None:
        subject = row.finding.part.order
    elif row.ruling is not None:
        subject = row.ruling.finding.part.order
    assert subject is not None  # a check of the table
    return subject


def _entry(row: Deadline) -> Entry:
    subject = _subject(row)
    name = "case" if isinstance(subject, Case) else "order"
    step = {WARNED: "deadline_warned", PASSED: "deadline_passed"}.get(row.level, "escalated")
    body: dict[str, object] = {
        "deadline": row.pk,
        "clock": row.kind,
        "level": row.level - 1,  # 0 warned, 1-3 = L1-L3 of DOMAIN
        "due": row.due_at.isoformat(),
    }
    if row.part is not None:
        body |= {"part": row.part.pk, "squad": row.part.squad_id}
    elif row.lab_test is not None:
        part = row.lab_test.part_item.part
        body |= {"lab_test": row.lab_test.pk, "laboratory": row.lab_test.laboratory_id, "squad": part.squad_id}
    elif row.finding is not None:
        body |= {"finding": row.finding.pk, "squad": row.finding.part.squad_id}
    elif row.ruling is not None:
        body |= {"ruling": row.ruling.pk, "squad": row.ruling.finding.part.squad_id}
    return Entry(subject, f"{name}.{step}", body)


def _put_off(pk: int, error: Exception) -> None:
    with transaction.atomic():
        row = Deadline.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk).first()
        if row is None or row.state != DeadlineState.RUNNING:
            return
        row.sweep_errors += 1
        row.last_error = f"{type(error).__name__}: {error}"[:200]
        row.next_at = now() + min(PAUSE * 2 ** min(row.sweep_errors - 1, 10), PAUSE_AT_MOST)
        row.save(update_fields=["sweep_errors", "last_error", "next_at"])
