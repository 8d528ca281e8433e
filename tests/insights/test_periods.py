"""Periods: calendar units, the one before, and as many days of it while one still runs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dispatch.insights.periods import Period, after, before, compared, custom, period_of

D = date


@pytest.mark.parametrize(
    ("kind", "on", "first", "last"),
    [
        ("day", D(2026, 8, 21), D(2026, 8, 21), D(2026, 8, 21)),
        ("week", D(2026, 8, 21), D(2026, 8, 17), D(2026, 8, 23)),
        ("week", D(2026, 8, 23), D(2026, 8, 17), D(2026, 8, 23)),
        ("month", D(2026, 2, 3), D(2026, 2, 1), D(2026, 2, 28)),
        ("month", D(2026, 12, 31), D(2026, 12, 1), D(2026, 12, 31)),
        ("quarter", D(2026, 11, 25), D(2026, 10, 1), D(2026, 12, 31)),
    ],
)
def test_units(kind: str, on: date, first: date, last: date) -> None:
    assert period_of(kind, on) == Period(kind, first, last)


def test_the_one_before() -> None:
    assert before(period_of("month", D(2026, 3, 31))) == Period("month", D(2026, 2, 1), D(2026, 2, 28))
    assert before(period_of("quarter", D(2026, 1, 1))) == Period("quarter", D(2025, 10, 1), D(2025, 12, 31))
    assert before(custom(D(2026, 3, 10), D(2026, 3, 12))) == Period("custom", D(2026, 3, 7), D(2026, 3, 9))


def test_one_that_runs_is_compared_with_as_many_days() -> None:
    august = period_of("month", D(2026, 8, 1))
    assert compared(august, D(2026, 8, 10)) == Period("month", D(2026, 7, 1), D(2026, 7, 10))
    assert compared(august, D(2026, 8, 31)) == Period("month", D(2026, 7, 1), D(2026, 7, 31))
    assert compared(august, D(2027, 1, 1)) == before(august)
    march = period_of("month", D(2026, 3, 1))
    assert compared(march, D(2026, 3, 30)).last == D(2026, 2, 28), "never beyond its end"


@pytest.mark.parametrize(("first", "last", "why"), [(2, 1, "order"), (0, 1100, "long")])
def test_days_that_make_no_period(first: int, last: int, why: str) -> None:
    start = D(2026, 1, 1)
    with pytest.raises(ValueError, match=why):
        custom(start + timedelta(days=first), start + timedelta(days=last))


@given(some.sampled_from(["day", "week", "month", "quarter"]), some.dates(D(1990, 1, 1), D(2100, 1, 1)))
def test_periods_follow_each_other_without_gap(kind: str, on: date) -> None:
    period = period_of(kind, on)
    assert period.first <= on <= period.last
    assert before(period).last + timedelta(days=1) == period.first
    assert after(before(period)) == period
