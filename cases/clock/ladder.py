"""Chasing: the moments of a deadline at which somebody further up hears of it.

The database stores the next one; a sweep that comes late skips to the highest rung reached.
Defaults: light yellow at 75 %, supervision L1 at the due moment, L2 one and L3 three working days after;
all of it data that an office can change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.clock.calendars import Calendar
from cases.clock.deadlines import Pause, Span, Unit, due_at, moment_at


@dataclass(frozen=True, slots=True)
class Rung:
    """A level and when it is reached: at a percentage of the limit, or so long after the due moment."""

    level: str
    percent: int | None = None
    after: Span | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.after is None):
            raise ValueError("a rung has either a percentage or an offset")


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs from low to high, each level once."""

    rungs: tuple[Rung, ...]

    def __post_init__(self) -> None:
        if len({rung.level for rung in self.rungs}) != len(self.rungs):
            raise ValueError("a level stands on the ladder once")


@dataclass(frozen=True, slots=True)
class Moment:
    """A level and the moment at which it is reached."""

    level: str
    at: datetime


SERVICE_LADDER = Ladder(
    (
        Rung("warn", percent=75),
        Rung("l1", percent=100),
        Rung("l2", after=Span(1, Unit.WORK_DAY)),
        Rung("l3", after=Span(3, Unit.WORK_DAY)),
    )
)
# A working day is no help when a squad is silent at night.
URGENT_LADDER = Ladder(
    (
        Rung("warn", percent=75),
        Rung("l1", percent=100),
        Rung("l2", after=Span(30, Unit.MINUTE)),
        Rung("l3", after=Span(60, Unit.MINUTE)),
    )
)


def moments(
    start: datetime, span: Span, ladder: Ladder, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> tuple[Moment, ...]:
    """Every rung with its moment, in the ladder's order, never earlier than the rung below.

    Raises ClockStands while an open pause stands before the due moment.
    """
    stood = tuple(pauses)
    due = due_at(start, span, calendar, stood)
    found: list[Moment] = []
    for rung in ladder.rungs:
        if rung.after is not None:
            at = due_at(due, rung.after, calendar)
        else:
            at = moment_at(start, span, rung.percent or 0, calendar, stood)
        found.append(Moment(rung.level, max(at, found[-1].at) if found else at))
    return tuple(found)


def next_moment(
    start: datetime,
    span: Span,
    ladder: Ladder,
    calendar: Calendar,
    pauses: Iterable[Pause] = (),
    *,
    reached: str | None = None,
) -> Moment | None:
    """The next rung above the level already `reached` (None: none yet), or None at the top.

    Its `at` is what a deadline row stores. ValueError for a level the ladder does not have.
    """
    climb = moments(start, span, ladder, calendar, pauses)
    if reached is None:
        return climb[0] if climb else None
    levels = [moment.level for moment in climb]
    above = levels.index(reached) + 1
    return climb[above] if above < len(climb) else None


def level_at(climb: Sequence[Moment], now: datetime) -> str | None:
    """The highest level reached by `now`."""
    level: str | None = None
    for moment in climb:
        if moment.at <= now:
            level = moment.level
    return level
