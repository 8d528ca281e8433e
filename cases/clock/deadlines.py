"""When something is due, and how much of its time is used.

Two families, which never share a pause (the law's time does not stand still because a squad waits):

* service clocks (`due_at` and friends) count time from the moment of the event;
* statutory terms (`statutory_due`) count whole days, without the day of the event, to the end of the last
  day. Source: Administrative Penalty Law 2021 art. 85 (2, 3, 5 and 7 days are working days), Civil Code
  art. 201-203 (first day not counted, last day moved past holidays).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from cases.clock.calendars import Calendar

_DAY = timedelta(days=1)
_ZERO = timedelta()
_FOREVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=366)


class Unit(StrEnum):
    """What a time limit counts in."""

    MINUTE = "minute"  # day and night
    URGENT_HOUR = "urgent_hour"  # day and night
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    CALENDAR_DAY = "calendar_day"


_WORKED = frozenset({Unit.WORK_HOUR, Unit.WORK_DAY})


class Light(StrEnum):
    OK = "ok"
    SOON = "soon"
    LATE = "late"
    HOLD = "hold"


class ClockStands(ValueError):
    """Asked for a due moment while an open pause stands before it: there is none until the clock resumes."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time limit: so many of a unit."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a time limit cannot be negative")

    def times(self, count: int) -> "Span":
        """The limit `count` times over; an extension adds one original limit: `times(1 + granted)`."""
        return Span(self.amount * count, self.unit)


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that is not counted, [since, until); `until` is None while it lasts."""

    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError("a pause ends after it begins")


def allowed(span: Span, calendar: Calendar) -> timedelta:
    """The limit as counted time; a work_day is the working time of one working day."""
    match span.unit:
        case Unit.MINUTE:
            return timedelta(minutes=span.amount)
        case Unit.URGENT_HOUR | Unit.WORK_HOUR:
            return timedelta(hours=span.amount)
        case Unit.WORK_DAY:
            return calendar.day_length * span.amount
        case Unit.CALENDAR_DAY:
            return _DAY * span.amount


def due_at(start: datetime, span: Span, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
    """The moment at which the whole limit is used, in the calendar's zone.

    A limit of 0 is due at `start`. Time ends as early as it can: a day's work is due at the closing hour, not
    at the next opening. Raises ClockStands when an open pause comes before the due moment.
    """
    return moment_at(start, span, 100, calendar, pauses)


def warn_at(
    start: datetime, span: Span, calendar: Calendar, pauses: Iterable[Pause] = (), percent: int = 75
) -> datetime:
    """The moment at which the light turns yellow (75 % of the counted time by default)."""
    return moment_at(start, span, percent, calendar, pauses)


def moment_at(start: datetime, span: Span, percent: int, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
    """The moment at which `percent` of the limit is used; see `due_at`."""
    _check_aware(start)
    left = allowed(span, calendar) * percent / 100
    if left == _ZERO:
        return start.astimezone(calendar.tz)
    for begins, ends in _counted(start, span.unit, calendar, _joined(pauses)):
        if ends - begins >= left:
            # Added in UTC: wall-clock arithmetic would be wrong across a change of offset.
            return (begins.astimezone(UTC) + left).astimezone(calendar.tz)
        left -= ends - begins
    raise ClockStands("an open pause stands before the due moment")


def elapsed(start: datetime, now: datetime, unit: Unit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> timedelta:
    """Counted time from `start` to `now` (0 when `now` is earlier)."""
    _check_aware(start)
    _check_aware(now)
    used = _ZERO
    for begins, ends in _counted(start, unit, calendar, _joined(pauses)):
        if begins >= now:
            break
        used += min(ends, now) - begins
    return used


def is_late(at: datetime, due: datetime) -> bool:
    """Done at the due moment itself is in time."""
    return at > due


def light(now: datetime, warn: datetime, due: datetime, *, paused: bool = False) -> Light:
    """Yellow from the warning moment on, red once late, and its own colour while the clock stands."""
    if paused:
        return Light.HOLD
    if is_late(now, due):
        return Light.LATE
    return Light.SOON if now >= warn else Light.OK


def statutory_due(on: date, span: Span, calendar: Calendar, *, roll: bool = True) -> datetime:
    """The last second of a term of the law that began with an event `on` a day.

    Only work_day and calendar_day (ValueError otherwise). With `roll`, a term whose last day is not worked ends
    on the next working day.
    """
    if span.unit is Unit.WORK_DAY:
        last = calendar.add_workdays(on, span.amount)
    elif span.unit is Unit.CALENDAR_DAY:
        last = on + _DAY * span.amount
    else:
        raise ValueError("a term of the law counts days")
    if roll and not calendar.is_workday(last):
        last = calendar.add_workdays(last, 1)
    return datetime.combine(last, time(23, 59, 59), calendar.tz)


def same_hour(day: date, at: datetime, calendar: Calendar) -> datetime:
    """The hour of `at` on another day: a night problem is checked at night."""
    return datetime.combine(day, at.astimezone(calendar.tz).time(), calendar.tz)


def working_at(at: datetime, calendar: Calendar) -> bool:
    """Whether `at` lies in working hours (closing time itself does not)."""
    begins, _ends = next(calendar.worked(at))
    return begins <= at


def _counted(
    start: datetime, unit: Unit, calendar: Calendar, pauses: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """Intervals of counted time from `start` on; finite only when the last pause is open."""
    base = calendar.worked(start) if unit in _WORKED else iter([(start, _FOREVER)])
    for begins, ends in base:
        cursor = begins
        for since, until in pauses:
            if until <= cursor:
                continue
            if since >= ends:
                break
            if since > cursor:
                yield cursor, since
            cursor = until
            if cursor >= ends:
                break
        if cursor < ends:
            yield cursor, ends
        if pauses and pauses[-1][1] == _FOREVER and cursor >= pauses[-1][0]:
            return


def _joined(pauses: Iterable[Pause]) -> list[tuple[datetime, datetime]]:
    """Pauses in order, overlapping ones made one, an open one without end."""
    joined: list[tuple[datetime, datetime]] = []
    for since, until in sorted((pause.since, pause.until or _FOREVER) for pause in pauses):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((since, until))
    return joined


def _check_aware(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
