"""When to visit: earliest-due is the optimum, and what is known of the Boston requests comes out."""

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.management.checkonce.boston import boston
from cases.management.commands.bench_checkonce import counts
from cases.planner.trigger import WEEK, Rule, Window, earliest_due, immediate, piercing, riding, visits, weekly

BOSTON = Path(__file__).parents[4] / "shared/data/requests311/boston_2011h2.csv.gz"


@st.composite
def windows_of(draw: st.DrawFn, most: int = 12) -> list[Window]:
    rows = draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25), st.booleans()), max_size=most))
    return [Window(r, r + length, planned) for r, length, planned in rows]


rules: st.SearchStrategy[Rule] = st.sampled_from(
    [immediate, earliest_due, riding(), riding(5), riding(40), *(weekly(day) for day in range(WEEK)), weekly(2, 5)]
)


def largest_disjoint(windows: list[Window]) -> int:
    """By trying: the largest set of windows of which no two overlap."""
    for size in range(len(windows), 0, -1):
        for chosen in combinations(sorted(windows), size):
            if all(two.r > one.d for one, two in pairwise(chosen)):
                return size
    return 0


@given(windows_of(8))
def test_earliest_due_is_the_optimum(windows: list[Window]) -> None:
    assert len(visits(windows, earliest_due)) == len(piercing(windows)) == largest_disjoint(windows)


@given(windows_of(), rules)
def test_every_need_is_served_once_and_within_its_window(windows: list[Window], rule: Rule) -> None:
    found = visits(windows, rule)
    assert sorted(i for visit in found for i in visit.served) == list(range(len(windows)))
    for visit in found:
        assert all(windows[i].r <= visit.day <= windows[i].d for i in visit.served)
    days = [visit.day for visit in found]
    assert days == sorted(set(days))
    assert len(found) >= len(piercing(windows))


@given(windows_of(), rules)
def test_needs_arriving_one_by_one_change_nothing(windows: list[Window], rule: Rule) -> None:
    """Day by day, knowing only what has arrived: the visits are those of who knew it all."""
    waiting: dict[int, int] = {}
    lived: list[tuple[int, frozenset[int]]] = []
    for day in range(120):
        waiting |= {i: rule(window) for i, window in enumerate(windows) if window.r == day}
        if waiting and min(waiting.values()) == day:
            lived.append((day, frozenset(waiting)))
            waiting = {}
    assert lived == [(visit.day, frozenset(visit.served)) for visit in visits(windows, rule)]


@given(windows_of(), rules, st.data())
def test_planning_twice_changes_nothing(windows: list[Window], rule: Rule, data: st.DataObject) -> None:
    """Planned anew after some of the visits were made, the needs told in any order: the visits left are the same."""
    plan = visits(windows, rule)
    made = data.draw(st.integers(0, len(plan)))
    served = {i for visit in plan[:made] for i in visit.served}
    left = data.draw(st.permutations([i for i in range(len(windows)) if i not in served]))
    again = visits([windows[i] for i in left], rule)
    assert [(visit.day, {left[i] for i in visit.served}) for visit in again] == [
        (visit.day, set(visit.served)) for visit in plan[made:]
    ]


@given(windows_of(), st.sampled_from([riding(5), weekly(2, 5), weekly(6)]))
def test_waiting_never_delays_who_waits(windows: list[Window], rule: Rule) -> None:
    for visit in visits(windows, rule):
        for i in visit.served:
            if not windows[i].planned:
                assert visit.day == windows[i].r


@given(windows_of(), st.integers(0, 6), st.integers(0, 9))
def test_a_visit_of_planned_checks_alone_is_on_the_weekday_unless_that_is_too_late(
    windows: list[Window], weekday: int, margin: int
) -> None:
    for visit in visits(windows, weekly(weekday, margin)):
        if all(windows[i].planned for i in visit.served) and (visit.day - 1) % WEEK != weekday:
            last = min(max(windows[i].r, windows[i].d - margin) for i in visit.served)
            assert visit.day == last, "the margin decides, or the first day where the window is shorter"
        assert all(visit.day <= max(windows[i].r, windows[i].d - margin) for i in visit.served if windows[i].planned)


def test_a_rule_may_not_leave_the_window() -> None:
    with pytest.raises(ValueError, match="window"):
        visits([Window(1, 3)], lambda window: window.d + 1)
    with pytest.raises(ValueError, match="window"):
        visits([Window(3, 1)], immediate)
    with pytest.raises(ValueError, match="margin"):
        riding(-1)
    with pytest.raises(ValueError, match="margin"):
        weekly(2, -1)


@pytest.mark.skipif(not BOSTON.exists(), reason="../shared/data is not here: the Boston requests are not ours to copy")
def test_what_is_known_of_boston() -> None:
    targets, dropped = boston(BOSTON)
    assert (len(targets), sum(map(len, targets)), dropped) == (27_002, 44_690, 13_561)
    assert counts(targets) == {
        "A every need by itself": 44_690,
        "B1 each department, same day": 40_323,
        "B2 each department, merging well": 36_359,
        "immediate": 39_915,
        "reactive at once, planned riding": 36_716,
        "the same, margin 5 days": 36_787,
        "planned on one day a week, margin 5 days": 36_826,
        "earliest due": 34_852,
        "optimum": 34_852,
    }
