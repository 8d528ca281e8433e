"""Approval, separation of duties, limits, bases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.law import (
    Basis,
    Comparator,
    NightWindow,
    UnknownZone,
    approval_state,
    basis_on,
    judge,
    may_check_after,
    may_close,
    night,
    noise_limit,
    summary_allowed,
)

CHINA = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 7, 1, 12, tzinfo=CHINA)
HOUR = timedelta(hours=1)
TABLE = {("2", "day"): Decimal(60), ("2", "night"): Decimal(50)}


def test_approved_before_it_begins() -> None:
    state = approval_state(urgent=False, begun_at=NOON, approved_at=NOON, now=NOON)
    assert (state.allowed, state.made_up, state.overdue) == (True, False, False)
    assert approval_state(urgent=False, begun_at=None, approved_at=NOON, now=NOON).allowed


def test_without_approval_only_the_urgent_may_begin() -> None:
    assert not approval_state(urgent=False, begun_at=None, approved_at=None, now=NOON).allowed
    urgent = approval_state(urgent=True, begun_at=None, approved_at=None, now=NOON)
    assert urgent.allowed
    assert urgent.made_up


def test_an_urgent_approval_is_made_up_within_24_hours() -> None:
    due = NOON + 24 * HOUR
    waiting = approval_state(urgent=True, begun_at=NOON, approved_at=None, now=due)
    assert (waiting.due, waiting.overdue, waiting.made_up) == (due, False, True)
    assert approval_state(urgent=True, begun_at=NOON, approved_at=None, now=due + HOUR).overdue
    late = approval_state(urgent=True, begun_at=NOON, approved_at=due + HOUR, now=due + 9 * HOUR)
    assert late.overdue
    assert [note.code for note in late.notes] == ["approval_made_up", "approval_overdue"]
    in_time = approval_state(urgent=True, begun_at=NOON, approved_at=NOON + HOUR, now=due + 9 * HOUR)
    assert not in_time.overdue


def test_an_approval_afterwards_does_not_heal_a_plain_order() -> None:
    state = approval_state(urgent=False, begun_at=NOON, approved_at=NOON + HOUR, now=NOON + 2 * HOUR)
    assert state.overdue
    assert [note.code for note in state.notes] == ["begun_without_approval"]


def test_who_was_there_neither_checks_after_nor_closes() -> None:
    for rule in (may_check_after, may_close):
        assert rule(1, {2, 3}) is None
        was_there, handled = rule(2, {2, 3}), rule(4, {2}, {4})
        assert was_there is not None
        assert was_there.code == "was_on_the_visit"
        assert handled is not None
        assert handled.code == "handled_it"


@pytest.mark.parametrize(
    ("hour", "minute", "dark"), [(21, 59, False), (22, 0, True), (0, 0, True), (5, 59, True), (6, 0, False)]
)
def test_night(hour: int, minute: int, dark: bool) -> None:
    at = datetime(2026, 7, 1, hour, minute, tzinfo=CHINA)
    assert night(at) is dark
    assert night(at.astimezone(UTC)) is dark
    assert noise_limit(TABLE, "2", at) == (Decimal(50) if dark else Decimal(60))


def test_a_window_within_one_day() -> None:
    siesta = NightWindow(datetime(2026, 1, 1, 12).time(), datetime(2026, 1, 1, 14).time())
    assert night(NOON, siesta)
    assert not night(NOON + 2 * HOUR, siesta)


def test_no_limit_no_judgement() -> None:
    with pytest.raises(UnknownZone, match="9"):
        noise_limit(TABLE, "9", NOON)
    with pytest.raises(ValueError, match="number"):
        judge(Decimal("NaN"), Decimal(60))


@pytest.mark.parametrize(
    ("value", "comparator", "conforms", "by"),
    [
        ("2.0", Comparator.LE, True, "0"),
        ("2.1", Comparator.LE, False, "0.1"),
        ("2.0", Comparator.LT, False, "0"),
        ("1.5", Comparator.GE, False, "0.5"),
        ("2.0", Comparator.GT, False, "0"),
        ("2.0", Comparator.EQ, True, "0"),
        ("2.5", Comparator.EQ, False, "0.5"),
    ],
)
def test_judging(value: str, comparator: Comparator, conforms: bool, by: str) -> None:
    verdict = judge(Decimal(value), Decimal("2.0"), comparator)
    assert (verdict.conforms, verdict.by) == (conforms, Decimal(by))


measured = st.decimals(-100, 200, places=2)


@given(measured, measured)
def test_a_value_is_on_one_side_of_its_limit(value: Decimal, limit: Decimal) -> None:
    assert judge(value, limit, Comparator.LE).conforms != judge(value, limit, Comparator.GT).conforms
    assert judge(value, limit, Comparator.GE).conforms != judge(value, limit, Comparator.LT).conforms
    assert judge(value, limit).by == max(Decimal(0), value - limit)


def test_summary_ceiling() -> None:
    assert summary_allowed(Decimal(200), "citizen") is None
    assert summary_allowed(Decimal(3000), "organisation") is None
    refused = summary_allowed(Decimal("200.01"), "citizen")
    assert refused is not None
    assert refused.params["ceiling"] == "200"


def test_the_basis_is_chosen_by_the_day_of_the_conduct() -> None:
    old = Basis("old", date(2018, 1, 1), date(2026, 8, 14))
    new = Basis("new", date(2026, 8, 15), to_confirm=True)
    assert basis_on([old, new], date(2026, 8, 14)) == old
    assert basis_on([new, old], date(2026, 8, 15)) == new
    assert basis_on([old, new], date(2017, 1, 1)) is None
    newer = Basis("newer", date(2020, 1, 1))
    assert basis_on([old, newer], date(2021, 1, 1)) == newer
