"""When a party is open: windows of a weekday, as they stand on its door. Pure; the planner asks them for a visit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

DAYS = range(1, 8)
"""Monday is 1."""
_WINDOW = re.compile(r"(\d{1,2})[:：.]?(\d{2})?\s*[-–—~～至到]+\s*(\d{1,2})[:：.]?(\d{2})?")
_BETWEEN = " ,，;；、\t\u3000"


@dataclass(frozen=True, slots=True)
class Window:
    """Open on ``day`` from ``opens`` until ``closes``; closing at or before opening means the next day."""

    day: int
    opens: time
    closes: time

    def as_list(self) -> list[object]:
        return [self.day, f"{self.opens:%H:%M}", f"{self.closes:%H:%M}"]


def windows_of(rows: Iterable[Sequence[object]]) -> list[Window]:
    """Windows from what is stored. ``ValueError`` when it is nothing like it."""
    found = []
    for row in rows:
        day, opens, closes = row
        if day not in DAYS:
            raise ValueError("no such day")
        found.append(Window(int(str(day)), time.fromisoformat(str(opens)), time.fromisoformat(str(closes))))
    return sorted(found, key=lambda window: (window.day, window.opens))


def day_parse(day: int, text: str) -> list[Window]:
    """Windows of one day from ``9:00-14:00, 17-22``; nothing from an empty text. ``ValueError`` when not understood."""
    rest = text.strip()
    found: list[Window] = []
    while rest:
        match = _WINDOW.match(rest)
        if match is None:
            raise ValueError(text)
        opens = _time(match[1], match[2])
        closes = _time(match[3], match[4])
        found.append(Window(day, opens, closes))
        rest = rest[match.end() :].lstrip(_BETWEEN)
    return found


def day_words(windows: Iterable[Window], day: int) -> str:
    """``09:00-14:00, 17:00-22:00``, as ``day_parse`` reads it."""
    return ", ".join(f"{w.opens:%H:%M}-{w.closes:%H:%M}" for w in windows if w.day == day)


def overlapping(windows: Sequence[Window]) -> int | None:
    """The first day on which two windows cover the same minute (one may reach into it from the day before)."""
    spans = sorted((_span(window), window.day) for window in windows)
    ordered = [*spans, *(((start + _WEEK, end + _WEEK), day) for (start, end), day in spans[:1])]
    for ((_start, end), _day), ((start, _end), day) in pairwise(ordered):
        if start < end:
            return day
    return None


def open_at(windows: Iterable[Window], moment: datetime) -> bool | None:
    """Whether the party is open then (local time); None when nobody has said."""
    known = list(windows)
    if not known:
        return None
    minute = (moment.isoweekday() - 1) * _DAY + moment.hour * 60 + moment.minute
    return any(start <= at < end for start, end in map(_span, known) for at in (minute, minute + _WEEK))


def grouped(windows: Sequence[Window]) -> list[tuple[int, int, str]]:
    """Runs of days with the same hours: first day, last day, hours (empty: closed)."""
    found: list[tuple[int, int, str]] = []
    for day in DAYS:
        words = day_words(windows, day)
        if found and found[-1][2] == words:
            found[-1] = (found[-1][0], day, words)
        else:
            found.append((day, day, words))
    return found


def minutes_of(windows: Iterable[Window], weekday: int) -> list[tuple[int, int]]:
    """When it is open on the weekday and in the night after it: minutes since that day's midnight, up to 2880."""
    start = (weekday - 1) * _DAY
    spans = [(a - start + off, b - start + off) for a, b in map(_span, windows) for off in (-_WEEK, 0, _WEEK)]
    return sorted((max(a, 0), min(b, 2 * _DAY)) for a, b in spans if b > 0 and a < 2 * _DAY)


_DAY = 24 * 60
_WEEK = 7 * _DAY


def _span(window: Window) -> tuple[int, int]:
    start = (window.day - 1) * _DAY + window.opens.hour * 60 + window.opens.minute
    end = (window.day - 1) * _DAY + window.closes.hour * 60 + window.closes.minute
    return start, end if end > start else end + _DAY


def _time(hour: str, minute: str | None) -> time:
    value = timedelta(hours=int(hour), minutes=int(minute or 0))
    if value == timedelta(hours=24):
        return time(0)
    if value > timedelta(hours=24) or int(minute or 0) > 59:
        raise ValueError(hour)
    return time(int(hour), int(minute or 0))


def as_rows(days: Mapping[int, str]) -> list[list[object]]:
    """What is stored, from the text of each day. ``ValueError`` with the day that is not understood."""
    found: list[Window] = []
    for day, text in days.items():
        try:
            found += day_parse(day, text)
        except ValueError:
            raise ValueError(day) from None
    return [window.as_list() for window in sorted(found, key=lambda window: (window.day, window.opens))]
