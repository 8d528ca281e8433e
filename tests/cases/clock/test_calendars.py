"""Which days are worked: the published notice, and what an office enters itself."""

from datetime import date, time, timedelta

import pytest

from cases.clock import Calendar, adjusted_days_known, china_calendar


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return china_calendar(2025, 2027)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday worked for Spring Festival
        (date(2026, 2, 28), True),
        (date(2026, 2, 17), False),
        (date(2026, 2, 23), False),  # a Monday given in exchange
        (date(2026, 2, 24), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),  # a plain Sunday
        (date(2026, 11, 20), True),
    ],
)
def test_published_days(calendar: Calendar, day: date, worked: bool) -> None:
    assert calendar.is_workday(day) is worked


def test_years_without_a_notice_are_known_as_such() -> None:
    assert adjusted_days_known(2026)
    assert not adjusted_days_known(2090)


def test_days_entered_by_the_office_win() -> None:
    entered = china_calendar(2026, 2026, holidays=[date(2026, 2, 14)], workdays=[date(2026, 2, 17)])
    assert not entered.is_workday(date(2026, 2, 14))
    assert entered.is_workday(date(2026, 2, 17))
    again = entered.merged(workdays=[date(2026, 2, 14)])
    assert again.is_workday(date(2026, 2, 14))


def test_a_day_cannot_be_both() -> None:
    with pytest.raises(ValueError, match="2026-03-02"):
        Calendar().merged(holidays=[date(2026, 3, 2)], workdays=[date(2026, 3, 2)])


def test_day_length_is_data() -> None:
    assert Calendar().day_length == timedelta(hours=7)
    assert Calendar(day_spans=((time(8, 30), time(12)), (time(14, 30), time(18)))).day_length == timedelta(hours=7)
    assert Calendar(day_spans=((time(0), time(23, 59)),)).day_length == timedelta(hours=23, minutes=59)


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((time(9), time(9)),),
        ((time(17), time(9)),),
        ((time(9), time(12)), (time(11), time(17))),
    ],
)
def test_hours_that_make_no_sense_are_refused(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="hours"):
        Calendar(day_spans=spans)


def test_counting_working_days(calendar: Calendar) -> None:
    friday = date(2026, 2, 13)
    assert calendar.add_workdays(friday, 1) == date(2026, 2, 14)
    assert calendar.add_workdays(friday, 2) == date(2026, 2, 24)
    assert calendar.add_workdays(date(2026, 2, 24), -2) == friday
    assert calendar.add_workdays(friday, 0) == friday
    assert calendar.workdays_between(friday, date(2026, 2, 24)) == 2
    assert calendar.workdays_between(friday, friday) == 0
