"""One case while its story is told: its moment, its chains, its clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from cases.clock import Calendar, Span, due_at, warn_at
from cases.management.fill.copying import Book
from cases.management.fill.world import Office, Party, Team, Who
from cases.models import Category, DeadlineState
from cases.papers.chain import GENESIS, chain_hash
from cases.services import deadlines, journal

SYSTEM: Who = (None, "system")
_STEPS = ("", "deadline_warned", "deadline_passed", "escalated", "escalated")


class Chained:
    """The journal of one case or order: the product's own text and hash, one event after the other."""

    def __init__(self, book: Book, subject: str, subject_id: int, street_id: int, starts_at: datetime) -> None:
        self._book, self.subject, self.subject_id = book, subject, subject_id
        self.seq, self.head, self.at = 0, GENESIS, starts_at
        self._row: dict[str, object] = {f"{subject}_id": subject_id, "street_id": street_id}

    def tell(
        self,
        kind: str,
        at: datetime,
        who: Who,
        body: Mapping[str, object] | None = None,
        used: tuple[int, bool] | None = None,
    ) -> None:
        """Append an event, never before the last one. ``used``: seconds of the clock that it ended, late or not."""
        self.seq += 1
        self.at = max(self.at, at)
        seconds, late = used if used else (None, None)
        said = journal.event_text(
            subject=self.subject,
            subject_id=self.subject_id,
            seq=self.seq,
            kind=kind,
            actor_id=who[0],
            role=who[1],
            at=self.at,
            used_seconds=seconds,
            late=late,
            body=body or {},
        )
        self.head = chain_hash(self.head, said)
        self._row |= {
            "id": self._book.event.take(),
            "seq": self.seq,
            "kind": kind,
            "actor_id": who[0],
            "actor_role": who[1],
            "at": self.at,
            "used_seconds": seconds,
            "late": late,
            "body": said,
            "hash": self.head,
        }
        self._book.event.put(self._row)

    def close(self) -> None:
        """Write down where the chain stands."""
        self._book.chain.add(**{f"{self.subject}_id": self.subject_id}, seq=self.seq, head=self.head)


@dataclass(slots=True)
class _Clock:
    """What of a deadline its ladder asks for."""

    warn_at: datetime
    due_at: datetime
    level: int = 0
    urgent: bool = False


class Clocks:
    """Deadlines of one street by the product's rules. History is timed by the hour, so that most moments are known."""

    def __init__(self, book: Book, street_id: int, now: datetime) -> None:
        self._book, self._now = book, now
        self._limits: dict[tuple[str, bool], Span] = deadlines.limits(street_id)
        self._calendar: Calendar = deadlines.calendar_for(street_id)
        self._known: dict[tuple[str, datetime], tuple[datetime, datetime]] = {}

    def add(
        self,
        kind: str,
        chain: Chained,
        starts_at: datetime,
        ended_at: datetime | None,
        *,
        subject: tuple[str, int] | None = None,
        due: datetime | None = None,
        cancelled: bool = False,
        told: Mapping[str, object] | None = None,
    ) -> tuple[int, bool] | None:
        """A clock of the chain's subject (or of ``subject``), ended or running; what it leaves for the event that
        ended it. One that ran late warned and passed in the chain, as the sweep would have told. None without a rule.
        """
        bounds = (starts_at + (due - starts_at) * 0.75, due) if due else self._bounds(kind, starts_at)
        if bounds is None:
            return None
        row = _Clock(*bounds)
        until = ended_at or self._now
        while (rung := deadlines.next_step(row, self._calendar)) is not None and rung <= until:
            row.level += 1
        state = DeadlineState.CANCELLED if cancelled else DeadlineState.MET if ended_at else DeadlineState.RUNNING
        late = bool(ended_at) and not cancelled and until > row.due_at
        column, pk = subject or (chain.subject, chain.subject_id)
        deadline_id = self._book.deadline.add(
            **{f"{column}_id": pk},
            kind=kind,
            state=state.value,
            starts_at=starts_at,
            warn_at=row.warn_at,
            due_at=row.due_at,
            level=row.level,
            next_at=None if ended_at else rung,
            ended_at=ended_at,
            late=late,
        )
        if row.level > 1:
            body = {"deadline": deadline_id, "clock": kind, "level": row.level - 1, "due": row.due_at.isoformat()}
            name = f"{chain.subject}.{_STEPS[min(row.level, 4)]}"
            chain.tell(name, min(row.due_at, until), SYSTEM, {**body, **(told or {})})
        return (max(0, int((until - starts_at).total_seconds())), late) if ended_at else None

    def _bounds(self, kind: str, starts_at: datetime) -> tuple[datetime, datetime] | None:
        span = self._limits.get((kind, False))
        if span is None:
            return None
        hour = starts_at.replace(minute=0, second=0, microsecond=0)
        if (kind, hour) not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            warn, due = warn_at(hour, span, self._calendar), due_at(hour, span, self._calendar)
            self._known[kind, hour] = warn.astimezone(UTC), due.astimezone(UTC)
        warn, due = self._known[kind, hour]
        return warn + (starts_at - hour), due + (starts_at - hour)


@dataclass(slots=True)
class Ordered:
    """An order of the case while it goes on."""

    order_id: int
    number: str
    chain: Chained
    need_id: int
    squads: list[tuple[int, Team]]
    """The part of each squad, the lead's first."""
    row: dict[str, Any]
    need: dict[str, Any]

    @property
    def named(self) -> dict[str, object]:
        """As the case's events name it."""
        return {"order": self.order_id, "number": self.number}


@dataclass(slots=True)
class Life:
    """``at`` moves on with each step and never past ``now``; ``row`` are the columns of the case so far."""

    book: Book
    clocks: Clocks
    office: Office
    party: Party
    category: Category
    case_id: int
    chain: Chained
    at: datetime
    now: datetime
    dice: Random
    row: dict[str, Any]
    desk: Who
    complaints: list[int] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    """Search words that its complaints bring: for everybody who sees the case; for the office alone."""
    told: set[str] = field(default_factory=set)
    joins: int | None = None
    """The case that it will be joined to: its complaints belong there."""
    pace: float = 1.0
    """How quickly it goes on: an open case must have come where it stands since it was opened."""

    def wait(self, hours: float) -> datetime:
        """So long, more or less, until the next thing happens: often less, sometimes much more."""
        self.at = min(self.now, self.at + timedelta(hours=self.dice.expovariate(1 / hours) * self.pace + 0.02))
        return self.at

    def move(
        self,
        kind: str,
        to: str,
        who: Who,
        body: Mapping[str, object] | None = None,
        used: tuple[int, bool] | None = None,
    ) -> None:
        """The case goes to its next stage now."""
        said = {"from": self.row["stage"], "to": to, **(body or {})}
        self.chain.tell(kind, self.at, who, said, used)
        self.row["stage"], self.row["stage_at"] = to, self.at
