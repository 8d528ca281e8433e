"""Night by night, with what is known by then: the same visits as of who knew it all beforehand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.merge import Cause, Need
from cases.planner.night import RULES, going, rule_named, trigger_day
from cases.planner.trigger import Rule, Window, visits, weekly
from tests.cases.planner.test_trigger import rules, windows_of

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 7, 1)


def need(number: int, r: int, d: int, *, cause: Cause = Cause.COMPLAINT, announced: bool = False) -> Need:
    opens = datetime(2026, 7, 1, tzinfo=ZONE) + timedelta(days=r)
    due = datetime(2026, 7, 1, 23, 59, 59, tzinfo=ZONE) + timedelta(days=d)
    return Need(number, 1, ("market",), opens, due, cause, announced=announced)


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=ZONE)


@given(windows_of(), rules)
def test_nights_make_the_visits_of_the_rule(windows: list[Window], rule: Rule) -> None:
    waiting = {
        i: need(i, one.r, one.d, cause=Cause.PLANNED if one.planned else Cause.COMPLAINT)
        for i, one in enumerate(windows)
    }
    lived: list[tuple[int, tuple[int, ...]]] = []
    for offset in range(90):
        day = FIRST + timedelta(days=offset)
        out = going(waiting.values(), day, rule, now=morning(day))
        if out is None:
            continue
        lived.append((offset, tuple(sorted(one.id for one in out.needs))))
        assert out.triggered
        assert set(out.triggered) | set(out.waits) == {one.id for one in out.needs}
        assert all(until > day for until in out.waits.values())
        for one in out.needs:
            del waiting[one.id]
    base = FIRST.toordinal()  # a rule by the day of the week needs to know which days these are
    of_calendar = [window._replace(r=window.r + base, d=window.d + base) for window in windows]
    assert lived == [(visit.day - base, tuple(sorted(visit.served))) for visit in visits(of_calendar, rule)]
    assert not waiting


def test_what_is_overdue_goes_with_what_opens_today() -> None:
    out = going([need(1, 0, 3), need(2, 9, 20)], FIRST + timedelta(days=9), rule_named("riding", 5, 2), now=morning(
        FIRST + timedelta(days=9)))  # fmt: skip
    assert out is not None
    assert {one.id for one in out.needs} == {1, 2}


def test_announced_and_unannounced_go_on_two_nights() -> None:
    both = [need(1, 0, 4), need(2, 0, 9, announced=True)]
    out = going(both, FIRST, rule_named("immediate", 0, 2), now=morning(FIRST))
    assert out is not None
    assert [one.id for one in out.needs] == [1], "the nearest last day first"
    rest = going(both[1:], FIRST, rule_named("immediate", 0, 2), now=morning(FIRST))
    assert rest is not None
    assert rest.triggered == (2,)


def test_a_planned_check_waits_and_rides() -> None:
    check, complaint = need(1, 0, 30, cause=Cause.PLANNED), need(2, 10, 12)
    rule = rule_named("riding", 5, 2)
    assert trigger_day(check, rule, FIRST) == FIRST + timedelta(days=25)
    assert going([check], FIRST + timedelta(days=24), rule, now=morning(FIRST)) is None
    out = going([check, complaint], FIRST + timedelta(days=10), rule, now=morning(FIRST + timedelta(days=10)))
    assert out is not None
    assert (out.triggered, dict(out.waits)) == ((2,), {1: FIRST + timedelta(days=25)})


def test_a_recheck_does_not_go_on_the_day_of_its_visit() -> None:
    opens = datetime(2026, 7, 1, tzinfo=ZONE)
    recheck = Need(1, 1, ("market",), opens, opens + timedelta(days=5), Cause.RECHECK, cause_visit_on=FIRST)
    rule = rule_named("immediate", 0, 2)
    assert going([recheck], FIRST, rule, now=morning(FIRST)) is None
    assert going([recheck], FIRST + timedelta(days=1), rule, now=morning(FIRST)) is not None


@pytest.mark.parametrize("name", [*RULES, "unheard of"])
def test_every_name_is_a_rule(name: str) -> None:
    window = Window(3, 20, planned=True)
    assert window.r <= rule_named(name, 5, 2)(window) <= window.d
    assert rule_named(name, -3, 2)(window) <= window.d


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_trigger_day_lies_within_the_window_also_when_it_is_past(r: int, length: int) -> None:
    one = need(1, r, r + length, cause=Cause.PLANNED)
    for rule in (rule_named("riding", 5, 2), rule_named("weekly", 5, 2)):
        day = trigger_day(one, rule, FIRST + timedelta(days=10))
        assert FIRST + timedelta(days=r) <= day <= FIRST + timedelta(days=r + length)


WEDNESDAY = FIRST  # 1 July 2026


def test_a_planned_check_waits_for_the_weekday_and_who_waits_does_not() -> None:
    rule = weekly(2, 5)
    check, complaint = need(1, 1, 41, cause=Cause.PLANNED), need(2, 3, 20)
    its_own = WEDNESDAY + timedelta(days=35)
    for days in range(1, 35):
        assert going([check], WEDNESDAY + timedelta(days=days), rule, now=morning(WEDNESDAY)) is None
    out = going([check], its_own, rule, now=morning(its_own))
    assert out is not None
    assert out.triggered == (1,)
    saturday = WEDNESDAY + timedelta(days=3)
    out = going([check, complaint], saturday, rule, now=morning(saturday))
    assert out is not None
    assert (out.triggered, dict(out.waits)) == ((2,), {1: its_own})


def test_what_could_not_go_on_its_last_weekday_waits_for_the_margin() -> None:
    rule = weekly(2, 5)
    check = need(1, 0, 17, cause=Cause.PLANNED)
    went = [days for days in range(1, 18) if going([check], WEDNESDAY + timedelta(days=days), rule, now=morning(
        WEDNESDAY + timedelta(days=days)))]  # fmt: skip
    assert went == [7, *range(12, 18)], "its Wednesday, and from five days before its last one on every day"
