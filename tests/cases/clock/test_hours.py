"""Opening hours: read as people write them, asked by the planner."""

from __future__ import annotations

from datetime import datetime

import pytest

from cases.clock.hours import as_rows, day_words, grouped, open_at, overlapping, windows_of


def test_read_as_people_write_them() -> None:
    rows = as_rows({1: "9-14, 17:00–22:30", 2: "18:00至2:00", 3: ""})
    assert rows == [[1, "09:00", "14:00"], [1, "17:00", "22:30"], [2, "18:00", "02:00"]]
    assert day_words(windows_of(rows), 1) == "09:00-14:00, 17:00-22:30"


@pytest.mark.parametrize("text", ["morning", "9", "25:00-26:00", "9:75-10", "9-10 x"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^3$"):
        as_rows({3: text})


def test_overlaps_over_midnight_and_over_the_week() -> None:
    assert overlapping(windows_of(as_rows({1: "9-14, 13-20"}))) == 1
    assert overlapping(windows_of(as_rows({1: "18:00-02:00", 2: "01:00-03:00"}))) == 2
    assert overlapping(windows_of(as_rows({7: "18:00-02:00", 1: "01:00-03:00"}))) == 1
    assert overlapping(windows_of(as_rows({7: "18:00-02:00", 1: "02:00-03:00"}))) is None


def test_open_at_a_moment() -> None:
    windows = windows_of(as_rows({5: "18:00-02:00", 7: "22:00-01:00"}))
    assert open_at(windows, datetime(2026, 8, 21, 20)) is True  # a Friday
    assert open_at(windows, datetime(2026, 8, 22, 1, 59)) is True
    assert open_at(windows, datetime(2026, 8, 22, 2)) is False
    assert open_at(windows, datetime(2026, 8, 24, 0, 30)) is True  # Monday, from Sunday night
    assert open_at([], datetime(2026, 8, 24)) is None


def test_days_alike_are_told_together() -> None:
    windows = windows_of(as_rows(dict.fromkeys(range(1, 6), "9-22")))
    assert grouped(windows) == [(1, 5, "09:00-22:00"), (6, 7, "")]
