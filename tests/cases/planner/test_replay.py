"""Needs lived through: a recheck comes after its visit; room for all changes nothing, a full day does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.management.checkonce.synthetic import street
from cases.management.commands.bench_checkonce import fewest, lives, share_in_time, visits_in
from cases.planner.replay import Asked, by_arrival, by_due, capacity_for, live, live_with
from cases.planner.trigger import Rule, Window, earliest_due, immediate, riding

rules: st.SearchStrategy[Rule] = st.sampled_from([immediate, earliest_due, riding(), riding(5)])


@st.composite
def parties(draw: st.DrawFn, most: int = 4) -> list[list[Asked]]:
    need = st.builds(
        lambda r, length, planned, agency, again: Asked(Window(r, r + length, planned), agency, again),
        st.integers(0, 40), st.integers(0, 25), st.booleans(), st.sampled_from("abc"),
        st.none() | st.tuples(st.integers(1, 9), st.integers(0, 20)),
    )  # fmt: skip
    return draw(st.lists(st.lists(need, min_size=1, max_size=5), min_size=1, max_size=most))


@given(parties(1), rules)
def test_a_recheck_comes_after_the_visit_that_caused_it(targets: list[list[Asked]], rule: Rule) -> None:
    (needs,) = targets
    lived = live(needs, rule)
    asked = [need for need in needs if need.again]
    assert len(lived.needs) == len(needs) + len(asked)
    assert sorted(i for visit in lived.visits for i in visit.served) == list(range(len(lived.needs)))
    day_of = {i: visit.day for visit in lived.visits for i in visit.served}
    opened = sorted(lived.needs[i].window.r for i in range(len(needs), len(lived.needs)))
    assert opened == sorted(day_of[i] + need.again[0] for i, need in enumerate(needs) if need.again)
    for i in range(len(needs), len(lived.needs)):
        assert day_of[i] >= lived.needs[i].window.r


@given(parties(1), rules)
def test_no_recheck_shares_the_visit_that_caused_it(targets: list[list[Asked]], rule: Rule) -> None:
    """Whichever of the visits caused it: a recheck that could belong to a need is served on a later day."""
    (needs,) = targets
    lived = live(needs, rule)
    day_of = {i: visit.day for visit in lived.visits for i in visit.served}
    causes = [(day_of[i] + need.again[0], i) for i, need in enumerate(needs) if need.again]
    rechecks = [(lived.needs[i].window.r, i) for i in range(len(needs), len(lived.needs))]
    assert len(causes) == len(rechecks)
    for (_r, cause), (_opened, recheck) in zip(sorted(causes), sorted(rechecks), strict=True):
        assert day_of[recheck] > day_of[cause]
    for visit in lived.visits:
        assert all(lived.needs[i].window.r <= visit.day <= lived.needs[i].window.d for i in visit.served)


@given(parties(), rules)
def test_with_room_for_everybody_capacity_changes_nothing(targets: list[list[Asked]], rule: Rule) -> None:
    apart = [live(needs, rule) for needs in targets]
    outcome = live_with(targets, rule, a_day=len(targets), first=by_due)
    assert (outcome.visits, outcome.needs, outcome.late) == (visits_in(apart), sum(len(one.needs) for one in apart), 0)


@given(parties(), rules, st.sampled_from([by_due, by_arrival]))
def test_a_full_day_serves_everybody_later(targets: list[list[Asked]], rule: Rule, first: object) -> None:
    outcome = live_with(targets, rule, a_day=1, first=first)  # type: ignore[arg-type]
    assert outcome.needs >= sum(map(len, targets))
    assert 0 <= outcome.late <= outcome.needs
    assert 0 <= outcome.in_time <= 1


def test_who_is_due_first_goes_first() -> None:
    soon, later = [Asked(Window(0, 0), "a")], [Asked(Window(0, 9), "a")]
    assert live_with([later, soon], immediate, a_day=1, first=by_due).late == 0
    assert live_with([later, soon], immediate, a_day=1, first=by_arrival).late == 1
    assert capacity_for([later, soon], immediate, first=by_due, in_time=1) == 1
    assert capacity_for([later, soon], immediate, first=by_arrival, in_time=1) == 2


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="later day"):
        live([Asked(Window(0, 3), "a", (0, 5))], immediate)
    with pytest.raises(ValueError, match="one visit"):
        live_with([], immediate, a_day=0, first=by_due)
    with pytest.raises(ValueError, match="capacity"):
        capacity_for(
            [[Asked(Window(0, 0), "a")], [Asked(Window(0, 0), "b")]], immediate, first=by_due, in_time=1, most=1
        )


def test_the_made_up_street_gains_by_riding_and_by_waiting() -> None:
    found = lives(street(1, parties=300))
    made = {name: visits_in(one for groups in lived for one in groups) for name, lived in found.items()}
    assert (
        made["A every need by itself"]
        >= made["B1 each department, same day"]
        > made["B2 each department, merging well"]
    )
    assert made["reactive at once, planned riding"] < made["B2 each department, merging well"]
    assert made["earliest due"] == fewest(found["earliest due"])
    assert all(share_in_time(one for groups in lived for one in groups) == 1 for lived in found.values())
    assert street(1, parties=20) == street(1, parties=20) != street(2, parties=20)
