"""The clock's promises, tried on random calendars, limits and pauses."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.clock import (
    Calendar,
    ClockStands,
    Light,
    Pause,
    Span,
    Unit,
    allowed,
    china_calendar,
    due_at,
    elapsed,
    is_late,
    light,
    moment_at,
    same_hour,
    statutory_due,
    warn_at,
    working_at,
)
from cases.clock.calendars import CHINA

YEAR = china_calendar(2026, 2027)
ZERO = timedelta()

hours = st.sampled_from(
    [
        ((time(9), time(12)), (time(13), time(17))),
        ((time(8, 30), time(12)), (time(14, 30), time(18))),
        ((time(0), time(23, 59)),),
    ]
)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    off = draw(st.frozensets(days, max_size=25))
    on = draw(st.frozensets(days, max_size=25)) - off
    return Calendar(off, on, draw(hours))


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.sampled_from([CHINA, UTC]))
units = st.sampled_from(list(Unit))
spans = st.builds(Span, st.integers(0, 30), units)


@st.composite
def closed_pauses(draw: st.DrawFn) -> list[Pause]:
    begun = draw(st.lists(starts, max_size=4))
    return [Pause(at, at + timedelta(minutes=draw(st.integers(0, 20_000)))) for at in begun]


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@given(starts, units, calendars(), closed_pauses())
def test_nothing_is_due_at_once(start: datetime, unit: Unit, calendar: Calendar, pauses: list[Pause]) -> None:
    assert due_at(start, Span(0, unit), calendar, pauses) == start


@given(starts, units, st.integers(0, 20), st.integers(0, 20), calendars())
def test_limits_add_up(start: datetime, unit: Unit, one: int, two: int, calendar: Calendar) -> None:
    first = due_at(start, Span(one, unit), calendar)
    assert due_at(first, Span(two, unit), calendar) == due_at(start, Span(one + two, unit), calendar)


@given(st.lists(starts, min_size=2, max_size=2), spans, calendars(), closed_pauses())
def test_later_start_is_never_due_earlier(
    moments: list[datetime], span: Span, calendar: Calendar, pauses: list[Pause]
) -> None:
    early, late = sorted(moments)
    if span.amount:
        assert due_at(early, span, calendar, pauses) <= due_at(late, span, calendar, pauses)


@given(starts, units, st.integers(0, 20), calendars(), closed_pauses())
def test_longer_limit_is_due_later(
    start: datetime, unit: Unit, amount: int, calendar: Calendar, pauses: list[Pause]
) -> None:
    short = due_at(start, Span(amount, unit), calendar, pauses)
    assert short < due_at(start, Span(amount + 1, unit), calendar, pauses)


@given(starts, spans, calendars(), closed_pauses())
def test_used_time_at_the_due_moment_is_the_limit(
    start: datetime, span: Span, calendar: Calendar, pauses: list[Pause]
) -> None:
    due = due_at(start, span, calendar, pauses)
    assert elapsed(start, due, span.unit, calendar, pauses) == allowed(span, calendar)
    assert elapsed(due, start, span.unit, calendar, pauses) == ZERO or due == start


@given(starts, spans, calendars(), closed_pauses())
def test_pauses_shift_by_exactly_their_working_length(
    start: datetime, span: Span, calendar: Calendar, pauses: list[Pause]
) -> None:
    plain = due_at(start, span, calendar)
    paused = due_at(start, span, calendar, pauses)
    shifted = elapsed(plain, paused, span.unit, calendar)
    stood = elapsed(start, paused, span.unit, calendar) - elapsed(start, paused, span.unit, calendar, pauses)
    assert paused >= plain
    assert shifted == stood


@given(starts, calendars(), closed_pauses())
def test_order_and_overlap_of_pauses_do_not_matter(start: datetime, calendar: Calendar, pauses: list[Pause]) -> None:
    span = Span(3, Unit.WORK_DAY)
    doubled = [*reversed(pauses), *pauses]
    assert due_at(start, span, calendar, pauses) == due_at(start, span, calendar, doubled)


@given(starts, st.integers(1, 40), calendars())
def test_a_day_off_is_never_counted(start: datetime, amount: int, calendar: Calendar) -> None:
    due = due_at(start, Span(amount, Unit.WORK_HOUR), calendar)
    assert calendar.is_workday(due.date())
    free = start.astimezone(CHINA).date()
    while calendar.is_workday(free):
        free += timedelta(days=1)
    midnight = datetime.combine(free, time(0), CHINA)
    assert elapsed(midnight, midnight + timedelta(days=1), Unit.WORK_HOUR, calendar) == ZERO


@given(starts, calendars())
def test_a_working_day_is_counted_wholly(start: datetime, calendar: Calendar) -> None:
    day = calendar.add_workdays(start.date(), 1)
    midnight = datetime.combine(day, time(0), CHINA)
    assert elapsed(midnight, midnight + timedelta(days=1), Unit.WORK_DAY, calendar) == calendar.day_length


@given(starts, spans, calendars())
def test_china_has_no_summer_time(start: datetime, span: Span, calendar: Calendar) -> None:
    assert due_at(start, span, calendar).utcoffset() == timedelta(hours=8)


@given(starts, st.integers(0, 5000))
def test_urgent_clocks_run_day_and_night(start: datetime, minutes: int) -> None:
    assert due_at(start, Span(minutes, Unit.MINUTE), YEAR) == start + timedelta(minutes=minutes)
    assert due_at(start, Span(minutes, Unit.URGENT_HOUR), YEAR) == start + timedelta(hours=minutes)


@given(starts, spans, calendars(), closed_pauses())
def test_percentages_are_in_order(start: datetime, span: Span, calendar: Calendar, pauses: list[Pause]) -> None:
    climb = [moment_at(start, span, percent, calendar, pauses) for percent in (0, 50, 75, 100, 150)]
    assert climb[0] == start
    assert all(one <= two for one, two in pairwise(climb))
    assert climb[2] == warn_at(start, span, calendar, pauses)


@given(
    starts,
    st.builds(Span, st.integers(1, 30), st.sampled_from([Unit.WORK_DAY, Unit.CALENDAR_DAY])),
    calendars(),
)
def test_statutory_terms_end_on_a_working_day(start: datetime, span: Span, calendar: Calendar) -> None:
    due = statutory_due(start.date(), span, calendar)
    assert calendar.is_workday(due.date())
    assert due.time() == time(23, 59, 59)
    assert due.date() > start.date()
    if span.unit is Unit.WORK_DAY:
        assert calendar.workdays_between(start.date(), due.date()) == span.amount


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        # A Friday 16:00 before a worked Saturday: one hour on Friday, one on Saturday.
        (at(2, 13, 16), Span(2, Unit.WORK_HOUR), at(2, 14, 10)),
        # Over Spring Festival: Saturday the 14th is the last day worked, the next is Tuesday the 24th.
        (at(2, 14, 16), Span(2, Unit.WORK_HOUR), at(2, 24, 10)),
        (at(2, 12, 10), Span(2, Unit.WORK_DAY), at(2, 14, 10)),
        # The lunch break is not working time, and time ends as early as it can.
        (at(3, 2, 11, 30), Span(1, Unit.WORK_HOUR), at(3, 2, 13, 30)),
        (at(3, 2, 9), Span(1, Unit.WORK_DAY), at(3, 2, 17)),
        (at(3, 2, 22), Span(2, Unit.WORK_HOUR), at(3, 3, 11)),
        (at(3, 7, 12), Span(2, Unit.WORK_HOUR), at(3, 9, 11)),
        (at(2, 16, 1), Span(60, Unit.MINUTE), at(2, 16, 2)),
        (at(2, 16, 1), Span(3, Unit.CALENDAR_DAY), at(2, 19, 1)),
    ],
)
def test_known_due_moments(start: datetime, span: Span, due: datetime) -> None:
    assert due_at(start, span, YEAR) == due
    assert due_at(start.astimezone(UTC), span, YEAR) == due


def test_statutory_terms() -> None:
    assert statutory_due(date(2026, 2, 12), Span(2, Unit.WORK_DAY), YEAR) == at(2, 14, 23, 59) + timedelta(seconds=59)
    assert statutory_due(date(2026, 2, 2), Span(15, Unit.CALENDAR_DAY), YEAR).date() == date(2026, 2, 24)
    assert statutory_due(date(2026, 2, 2), Span(15, Unit.CALENDAR_DAY), YEAR, roll=False).date() == date(2026, 2, 17)
    with pytest.raises(ValueError, match="days"):
        statutory_due(date(2026, 2, 2), Span(15, Unit.MINUTE), YEAR)


def test_an_open_pause_has_no_due_moment_but_used_time() -> None:
    stood = [Pause(at(3, 2, 10))]
    with pytest.raises(ClockStands):
        due_at(at(3, 2, 9), Span(2, Unit.WORK_HOUR), YEAR, stood)
    with pytest.raises(ClockStands):
        due_at(at(3, 2, 9), Span(120, Unit.MINUTE), YEAR, stood)
    assert due_at(at(3, 2, 9), Span(1, Unit.WORK_HOUR), YEAR, stood) == at(3, 2, 10)
    assert elapsed(at(3, 2, 9), at(3, 20, 9), Unit.WORK_HOUR, YEAR, stood) == timedelta(hours=1)
    assert elapsed(at(3, 2, 9), at(3, 20, 9), Unit.WORK_HOUR, YEAR, [Pause(at(2, 28, 18))]) == ZERO


def test_extension_adds_one_original_limit() -> None:
    assert Span(5, Unit.WORK_DAY).times(2) == Span(10, Unit.WORK_DAY)


def test_the_due_moment_itself_is_in_time() -> None:
    warn, due = at(3, 2, 10), at(3, 2, 11)
    assert not is_late(due, due)
    assert is_late(due + timedelta(microseconds=1), due)
    assert light(at(3, 2, 9), warn, due) is Light.OK
    assert light(warn, warn, due) is Light.SOON
    assert light(due, warn, due) is Light.SOON
    assert light(at(3, 2, 12), warn, due) is Light.LATE
    assert light(at(3, 2, 12), warn, due, paused=True) is Light.HOLD


def test_same_hour_of_another_day() -> None:
    assert same_hour(date(2026, 3, 5), at(3, 2, 23, 10).astimezone(UTC), YEAR) == at(3, 5, 23, 10)


def test_working_hours() -> None:
    assert working_at(at(3, 2, 9), YEAR)
    assert not working_at(at(3, 2, 12, 30), YEAR)
    assert not working_at(at(3, 2, 17), YEAR)
    assert not working_at(at(3, 7, 10), YEAR)


def test_naive_moments_and_negative_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 3, 2), Span(1, Unit.MINUTE), YEAR)
    with pytest.raises(ValueError, match="negative"):
        Span(-1, Unit.MINUTE)
    with pytest.raises(ValueError, match="pause"):
        Pause(at(3, 2), at(3, 1))


@settings(max_examples=20)
@given(starts)
def test_a_whole_case_is_computed_quickly(start: datetime) -> None:
    assert due_at(start, Span(120, Unit.WORK_DAY), YEAR) > start
