"""Escalation: the next moment is stored, a late sweep skips, nothing goes backwards."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.clock import (
    SERVICE_LADDER,
    URGENT_LADDER,
    Ladder,
    Pause,
    Rung,
    Span,
    Unit,
    china_calendar,
    due_at,
    level_at,
    moments,
    next_moment,
)
from cases.clock.calendars import CHINA

CALENDAR = china_calendar(2026, 2027)
START = datetime(2026, 3, 2, 9, tzinfo=CHINA)  # a Monday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


def test_the_service_ladder() -> None:
    climb = moments(START, Span(2, Unit.WORK_HOUR), SERVICE_LADDER, CALENDAR)
    assert [(moment.level, moment.at) for moment in climb] == [
        ("warn", at(2, 10, 30)),
        ("l1", at(2, 11)),
        ("l2", at(3, 11)),
        ("l3", at(5, 11)),
    ]


def test_the_urgent_ladder_runs_at_night() -> None:
    climb = moments(at(2, 23), Span(60, Unit.MINUTE), URGENT_LADDER, CALENDAR)
    assert [moment.at for moment in climb] == [at(2, 23, 45), at(3, 0), at(3, 0, 30), at(3, 1)]


def test_climbing_rung_by_rung() -> None:
    span = Span(2, Unit.WORK_HOUR)
    reached: str | None = None
    seen: list[str] = []
    while (moment := next_moment(START, span, SERVICE_LADDER, CALENDAR, reached=reached)) is not None:
        seen.append(moment.level)
        reached = moment.level
    assert seen == ["warn", "l1", "l2", "l3"]
    with pytest.raises(ValueError, match="l9"):
        next_moment(START, span, SERVICE_LADDER, CALENDAR, reached="l9")
    assert next_moment(START, span, Ladder(()), CALENDAR) is None


def test_a_late_sweep_skips_to_the_highest_rung() -> None:
    climb = moments(START, Span(2, Unit.WORK_HOUR), SERVICE_LADDER, CALENDAR)
    assert level_at(climb, START) is None
    assert level_at(climb, at(2, 11)) == "l1"
    assert level_at(climb, at(20, 11)) == "l3"


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(CHINA)),
    st.builds(Span, st.integers(0, 20), st.sampled_from(list(Unit))),
    st.sampled_from([SERVICE_LADDER, URGENT_LADDER]),
    st.integers(0, 5000),
)
def test_rungs_never_go_backwards(start: datetime, span: Span, ladder: Ladder, minutes: int) -> None:
    until = due_at(start, Span(minutes, Unit.MINUTE), CALENDAR)
    climb = moments(start, span, ladder, CALENDAR, [Pause(start, until)])
    assert all(one.at <= two.at for one, two in pairwise(climb))
    for moment in climb:
        # The last of several rungs at one moment wins.
        assert level_at(climb, moment.at) in {other.level for other in climb if other.at == moment.at}


def test_rungs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="either"):
        Rung("l1")
    with pytest.raises(ValueError, match="either"):
        Rung("l1", percent=100, after=Span(1, Unit.WORK_DAY))
    with pytest.raises(ValueError, match="once"):
        Ladder((Rung("l1", percent=75), Rung("l1", percent=100)))
