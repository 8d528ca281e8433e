"""Which needs of one target may share a check-once order."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.merge import (
    Cause,
    Hours,
    Need,
    Order,
    choose_order,
    joined_window,
    may_join,
    split,
    visits_of,
)
from cases.planner.trigger import Window, piercing

CHINA = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
ZERO = datetime(2026, 7, 1, tzinfo=CHINA)


def need(number: int = 1, opens: int = 0, due: int = 5, **changes: object) -> Need:
    plain = Need(number, 7, ("market",), ZERO + opens * DAY, ZERO + due * DAY, Cause.COMPLAINT)
    return replace(plain, **changes)  # type: ignore[arg-type]


def order(opens: int = 0, due: int = 5, **changes: object) -> Order:
    plain = Order(3, 7, ZERO + opens * DAY, ZERO + due * DAY, announced=False, live=True)
    return replace(plain, **changes)  # type: ignore[arg-type]


def codes(one: Need, other: Order) -> list[str]:
    return [note.code for note in may_join(one, other)]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (need(), order(), []),
        (need(opens=5), order(due=5), []),
        (need(opens=6, due=9), order(due=5), ["windows_apart"]),
        (need(due=0), order(opens=1), ["windows_apart"]),
        (need(target_id=8), order(), ["other_target"]),
        (need(), order(live=False), ["order_not_live"]),
        (need(announced=True), order(), ["announcement_differs"]),
        (need(announced=True), order(announced=True), []),
        (need(alone=True), order(), ["stays_alone"]),
        (need(), order(alone=True), ["stays_alone"]),
        (need(cause=Cause.RECHECK, cause_order_id=3), order(), ["recheck_of_this_visit"]),
        (need(cause=Cause.RECHECK, cause_order_id=2, cause_visit_on=date(2026, 6, 30)), order(), []),
        (
            need(cause=Cause.RECHECK, cause_order_id=2, cause_visit_on=date(2026, 7, 3)),
            order(due=2),
            ["windows_apart"],
        ),
    ],
)
def test_who_may_join(one: Need, other: Order, why: list[str]) -> None:
    assert codes(one, other) == why


def test_what_is_overdue_goes_along_with_what_is_fresh() -> None:
    late, fresh, now = need(1, 0, 2), need(2, 5, 9), ZERO + 6 * DAY
    assert codes(fresh, order(due=2)) == ["windows_apart"]
    assert may_join(fresh, order(due=2), now=now) == ()
    assert len(split([late, fresh])) == 2
    assert len(split([late, fresh], now=now)) == 1
    opens, due = joined_window(None, [late, fresh])
    assert (opens, due) == (fresh.opens, late.due)


def test_choosing_the_order_that_goes_first() -> None:
    early, late = order(due=3), replace(order(due=4), id=4)
    assert choose_order(need(), [late, early]) == early
    assert choose_order(need(announced=True), [late, early]) is None
    assert joined_window(early, [need(opens=1)]) == (ZERO + DAY, ZERO + 3 * DAY)


days = st.integers(0, 20)
hours_of = st.builds(
    Hours, st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.sampled_from([time(0), time(6), time(22)])
)


@st.composite
def need_lists(draw: st.DrawFn) -> list[Need]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        opens = draw(days)
        found.append(
            need(
                number,
                opens,
                opens + draw(st.integers(0, 8)),
                target_id=draw(st.sampled_from([7, 8])),
                announced=draw(st.booleans()),
                alone=draw(st.integers(0, 5)) == 0,
                urgent=draw(st.booleans()),
                hours=draw(st.none() | hours_of),
                cause=draw(st.sampled_from(list(Cause))),
                cause_visit_on=draw(st.none() | st.dates(date(2026, 6, 25), date(2026, 7, 20))),
            )
        )
    # A recheck's window is never over before it may begin: needs.need_open refuses such a one.
    return [one for one in found if one.opens_from <= one.due]


@given(need_lists())
def test_groups_share_what_they_may(needs: list[Need]) -> None:
    groups = split(needs)
    assert sorted(one.id for group in groups for one in group) == sorted(one.id for one in needs)
    for group in groups:
        assert len({(one.target_id, one.announced) for one in group}) == 1
        assert len(group) == 1 or not any(one.alone for one in group)
        opens, due = joined_window(None, group)
        assert opens <= due
        for one in group:
            assert one.cause_visit_on is None or due.date() > one.cause_visit_on
    assert split(reversed(needs)) == groups
    assert [group for group in groups if any(one.urgent for one in group)] == groups[
        : sum(any(one.urgent for one in group) for group in groups)
    ]


@given(need_lists())
def test_groups_are_as_few_as_can_be(needs: list[Need]) -> None:
    least = sum(one.alone for one in needs)
    for target in (7, 8):
        for announced in (True, False):
            rows = [
                Window((one.opens_from - ZERO).days, (one.due - ZERO).days)
                for one in needs
                if not one.alone and (one.target_id, one.announced) == (target, announced)
            ]
            least += len(piercing(rows))
    assert len(split(needs)) == least


@given(need_lists(), st.booleans())
def test_splitting_twice_changes_nothing(needs: list[Need], late: bool) -> None:
    """What was split stays so: a group by itself, the groups left when the first has gone, and all of them anew."""
    now = ZERO + 9 * DAY if late else None
    groups = split(needs, now=now)
    assert split([one for group in groups for one in group], now=now) == groups
    assert all(split(group, now=now) == [group] for group in groups)
    assert split([one for group in groups[1:] for one in group], now=now) == groups[1:]


@given(need_lists())
def test_every_group_of_a_split_could_have_joined_one_by_one(needs: list[Need]) -> None:
    for group in split(needs):
        first, *others = group
        opened = Order(99, first.target_id, first.opens_from, first.due, first.announced, True, first.alone)
        for one in others:
            assert may_join(one, opened) == ()
            opens, due = joined_window(opened, [one])
            opened = replace(opened, opens=opens, due=due)


def test_hours_that_exclude_each_other_become_two_visits() -> None:
    at_night = Hours(time(22), time(2))
    morning = Hours(time(9), time(12))
    needs = [
        need(1, hours=at_night),
        need(2, hours=morning),
        need(3),
        need(4, hours=Hours(time(23), time(1))),
    ]
    night, day = visits_of(needs)
    assert night[0] == Hours(time(23), time(1))
    assert [one.id for one in night[1]] == [1, 3, 4]
    assert day == (morning, (needs[1],))
    assert visits_of([need(1), need(2)]) == [(None, (need(1), need(2)))]
    assert visits_of([]) == []
    assert visits_of([need(1, hours=Hours(time(8), time(8)))])[0][0] is None


@given(need_lists())
def test_every_visit_has_an_hour_for_all_its_needs(needs: list[Need]) -> None:
    found = visits_of(needs)
    assert sorted(one.id for _hours, rows in found for one in rows) == sorted(one.id for one in needs)
    shared: list[int] = []
    for hours, rows in found:
        mask = hours.mask if hours is not None else (1 << 1440) - 1
        for one in rows:
            assert one.hours is None or mask & one.hours.mask == mask
        shared.append(mask)
    bound = [one.hours.mask for one in needs if one.hours is not None]
    if len(found) > 1:
        assert any(not one & two for one, two in combinations(bound, 2))
