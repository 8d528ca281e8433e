"""Which days and hours are worked.

Source: the State Council's yearly notice on public holidays, which also moves some working days onto weekends
(调休). Next year's notice comes late in the year, so days entered by the office win over the published ones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as published

DaySpans = tuple[tuple[time, time], ...]

CHINA = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS: DaySpans = ((time(9), time(12)), (time(13), time(17)))
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and hours of an office.

    `holidays` are weekdays (or any days) not worked, `extra_workdays` are days worked although they fall on a
    weekend or holiday. `day_spans` are the hours of every working day, local time, in order, not overlapping
    and not past midnight. Raises ValueError for hours that break this.
    """

    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()
    day_spans: DaySpans = OFFICE_HOURS
    tz: ZoneInfo = field(default=CHINA)

    def __post_init__(self) -> None:
        previous: time | None = None
        for begins, ends in self.day_spans:
            if begins >= ends or (previous is not None and begins < previous):
                raise ValueError("working hours must be in order and not overlap")
            previous = ends
        if not self.day_spans:
            raise ValueError("a working day needs hours")

    @property
    def day_length(self) -> timedelta:
        """Working time of one working day."""
        return sum((_length(begins, ends) for begins, ends in self.day_spans), timedelta())

    def is_workday(self, day: date) -> bool:
        if day in self.extra_workdays:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add_workdays(self, day: date, count: int) -> date:
        """The working day that lies `count` working days after `day` (before it, when negative); 0 is `day`."""
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def workdays_between(self, after: date, until: date) -> int:
        """Working days in (after, until]: the day of the event itself is not counted."""
        return sum(self.is_workday(after + _DAY * n) for n in range(1, (until - after).days + 1))

    def merged(self, *, holidays: Iterable[date] = (), workdays: Iterable[date] = ()) -> "Calendar":
        """This calendar with days entered by the office, which win over what was there."""
        off, on = frozenset(holidays), frozenset(workdays)
        if both := off & on:
            raise ValueError(f"both worked and not worked: {min(both).isoformat()}")
        return replace(
            self,
            holidays=(self.holidays - on) | off,
            extra_workdays=(self.extra_workdays - off) | on,
        )

    def worked(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working intervals from `since` on, without end, in the calendar's zone."""
        local = since.astimezone(self.tz)
        day = local.date()
        while True:
            if self.is_workday(day):
                for begins, ends in self.day_spans:
                    opens = datetime.combine(day, begins, self.tz)
                    closes = datetime.combine(day, ends, self.tz)
                    if closes > local:
                        yield max(opens, local), closes
            day += _DAY


def _length(begins: time, ends: time) -> timedelta:
    return datetime.combine(date.min, ends) - datetime.combine(date.min, begins)


def china_calendar(
    first_year: int,
    last_year: int,
    *,
    holidays: Iterable[date] = (),
    workdays: Iterable[date] = (),
    day_spans: DaySpans = OFFICE_HOURS,
    tz: ZoneInfo = CHINA,
) -> Calendar:
    """Mainland China's calendar for the years, inclusive, plus the days an office entered itself.

    Moved working days are there only for years whose notice was published when the `holidays` package was
    made (`adjusted_days_known`).
    """
    off: set[date] = set()
    on: set[date] = set()
    for year in range(first_year, last_year + 1):
        free, moved = _published(year)
        off |= free
        on |= moved
    base = Calendar(frozenset(off), frozenset(on), day_spans, tz)
    return base.merged(holidays=holidays, workdays=workdays)


def adjusted_days_known(year: int) -> bool:
    """Whether the package knows the year's moved working days; if not, the office is asked to enter them."""
    return bool(_published(year)[1])


@lru_cache(maxsize=64)
def _published(year: int) -> tuple[frozenset[date], frozenset[date]]:
    china = published.country_holidays("CN", years=year)
    moved = {day for day in china.weekend_workdays if day.year == year}
    return frozenset(day for day in china if day.year == year) - moved, frozenset(moved)
