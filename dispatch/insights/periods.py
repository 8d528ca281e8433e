"""The time a report is about, and the time it is compared with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
KINDS = ("day", "week", "month", "quarter", "custom")
LONGEST = 1100
"""Days of a custom period, at most: three years."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both inclusive. ``kind`` is one of ``KINDS``."""

    kind: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def unit(self) -> str:
        """The step of its series: ``day``, ``week`` or ``month``."""
        return "day" if self.days <= 31 else "week" if self.days <= 122 else "month"


def period_of(kind: str, on: date) -> Period:
    """The day, week (from Monday), month or quarter that holds the day."""
    if kind == "day":
        return Period(kind, on, on)
    if kind == "week":
        first = on - DAY * on.weekday()
        return Period(kind, first, first + 6 * DAY)
    if kind == "month":
        first = on.replace(day=1)
        return Period(kind, first, _next_month(first) - DAY)
    if kind == "quarter":
        first = date(on.year, (on.month - 1) // 3 * 3 + 1, 1)
        return Period(kind, first, _next_month(_next_month(_next_month(first))) - DAY)
    raise ValueError(kind)


def custom(first: date, last: date) -> Period:
    """ValueError with ``order`` or ``long`` when the days make no period."""
    if first > last:
        raise ValueError("order")
    if (last - first).days >= LONGEST:
        raise ValueError("long")
    return Period("custom", first, last)


def before(period: Period) -> Period:
    """The period just before: the same calendar unit, of a custom one as many days."""
    if period.kind == "custom":
        return Period("custom", period.first - period.days * DAY, period.first - DAY)
    return period_of(period.kind, period.first - DAY)


def after(period: Period) -> Period:
    """The period just after."""
    if period.kind == "custom":
        return Period("custom", period.last + DAY, period.last + period.days * DAY)
    return period_of(period.kind, period.last + DAY)


def compared(period: Period, today: date) -> Period:
    """What to compare with: the period before, and while this one still runs only as many days of it."""
    earlier = before(period)
    if period.first <= today < period.last:
        gone = (today - period.first).days
        return Period(earlier.kind, earlier.first, min(earlier.last, earlier.first + gone * DAY))
    return earlier


def _next_month(first: date) -> date:
    return (first + 32 * DAY).replace(day=1)
