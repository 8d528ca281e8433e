"""A day's routes: each stop once, no window broken, nothing lost; a hand-changed day rechecked; a whistle taken in."""

from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.management.routes.benchmarks import GOING as TENTHS_GOING
from cases.management.routes.benchmarks import TENTHS, problems
from cases.management.routes.days import GOING, made_up
from cases.planner.routing import (
    GRACE,
    Going,
    Routes,
    Stop,
    Team,
    along_streets,
    drive,
    insert_urgent,
    nearest_neighbour,
    on_plane,
    plan_day,
    recheck,
    soonest,
)

PROBLEMS = Path(__file__).parents[4] / "shared/data/routes"
HERE = Going(on_plane, pace=100)


@st.composite
def days(draw: st.DrawFn, most: int = 9) -> tuple[list[Team], list[Stop]]:
    teams = [
        Team(
            pk,
            (draw(st.integers(0, 2000)), 0),
            draw(st.sampled_from([0, 60])),
            draw(st.sampled_from([240, 480])),
            most_,
        )
        for pk, most_ in enumerate(draw(st.lists(st.sampled_from([None, 1, 3]), min_size=1, max_size=3)), start=1)
    ]
    stops = []
    for pk in range(1, draw(st.integers(0, most)) + 1):
        windows = []
        for first in sorted(draw(st.lists(st.sampled_from([0, 90, 300]), unique=True, max_size=2))):
            windows.append((first, first + draw(st.integers(0, 80))))
        stops.append(
            Stop(
                pk,
                draw(st.none() | st.tuples(st.integers(0, 2000), st.integers(0, 2000))),
                draw(st.integers(5, 60)),
                tuple(windows),
                required=draw(st.booleans()),
                prize=draw(st.integers(0, 20_000)),
                teams=draw(st.none() | st.frozensets(st.integers(1, 3), max_size=2)),
            )
        )
    return teams, stops


def nothing_lost(day: Routes, stops: list[Stop]) -> None:
    seen = [call.stop for route in day.routes for call in route.calls] + [one.stop for one in day.left_out]
    assert sorted(seen) == sorted(stop.id for stop in stops)


def all_kept(day: Routes, stops: list[Stop]) -> None:
    """Written anew, so that a fault of the module's own reckoning is seen."""
    known = {stop.id: stop for stop in stops}
    for route in day.routes:
        team, here, clock = route.team, route.team.at, route.team.starts
        assert team.most is None or len(route.calls) <= team.most
        for call in route.calls:
            stop = known[call.stop]
            assert call.arrives == clock + HERE.long(here, stop.at) <= call.begins
            assert not stop.windows or any(first <= call.begins <= last for first, last in stop.windows)
            assert stop.teams is None or team.id in stop.teams
            here, clock = stop.at, call.begins + stop.minutes
            assert call.leaves == clock
        assert not route.calls or clock + HERE.long(here, team.at) == route.back <= team.ends


@settings(max_examples=15, deadline=None)
@given(days())
def test_each_stop_once_and_every_promise_kept(day: tuple[list[Team], list[Stop]]) -> None:
    teams, stops = day
    for plan in (plan_day(teams, stops, HERE, steps=15), nearest_neighbour(teams, stops, HERE)):
        nothing_lost(plan, stops)
        all_kept(plan, stops)
        assert plan.sound


@settings(max_examples=40, deadline=None)
@given(days(), st.data())
def test_a_day_laid_by_hand_is_told_its_troubles(day: tuple[list[Team], list[Stop]], data: st.DataObject) -> None:
    teams, stops = day
    orders: dict[int, list[int]] = {team.id: [] for team in teams}
    for stop in data.draw(st.permutations(stops)):
        where = data.draw(st.sampled_from([None, *orders]))
        if where is not None:
            orders[where].append(stop.id)
    laid = recheck(teams, stops, orders, HERE)
    nothing_lost(laid, stops)
    assert {pk: list(order) for pk, order in laid.orders.items()} == orders
    try:
        all_kept(laid, stops)
    except AssertionError:
        assert not laid.sound
    else:
        assert laid.sound


@settings(max_examples=15, deadline=None)
@given(days(6), st.sets(st.integers(1, 6)))
def test_urgent_visits_are_made_as_soon_as_a_team_can_be_there(
    day: tuple[list[Team], list[Stop]], urgent: set[int]
) -> None:
    teams, stops = day
    cut = soonest(teams, stops, urgent, HERE)
    assert [stop.id for stop in cut] == [stop.id for stop in stops]
    for stop, before in zip(cut, stops, strict=True):
        assert stop.id in urgent or stop == before
        assert all(before.begin(first) == first for first, last in stop.windows if first <= last), "within its windows"
    plan = plan_day(teams, cut, HERE, steps=15)
    nothing_lost(plan, stops)
    all_kept(plan, stops)
    # One alone is there within the grace of whoever is there first.
    alone = [stop for stop in stops if stop.id in urgent and (stop.teams is None or stop.teams & {t.id for t in teams})]
    if len(alone) == 1 and (put := insert_urgent(teams, [], {}, alone[0], HERE)):
        called = [call for route in plan.routes for call in route.calls if call.stop == alone[0].id]
        assert all(call.begins <= put.begins + 2 * GRACE for call in called)


@settings(max_examples=40, deadline=None)
@given(days(6), st.integers(0, 2))
def test_a_whistle_loses_nothing_and_breaks_nobody_in_silence(day: tuple[list[Team], list[Stop]], fixed: int) -> None:
    teams, stops = day
    plan = nearest_neighbour(teams, stops, HERE)
    urgent = Stop(99, (900, 900), 30, ((0, 400),), required=True)
    held = {team.id: min(fixed, len(plan.orders[team.id])) for team in teams}
    found = insert_urgent(teams, stops, plan.orders, urgent, HERE, fixed=held)
    if found is None:
        return
    nothing_lost(found.routes, [*stops, urgent])
    for team in teams:
        before, after = plan.orders[team.id], found.routes.orders[team.id]
        assert after[: held[team.id]] == before[: held[team.id]]
        assert set(before) - set(after) == (set(found.displaced) if team.id == found.team else set())
    assert not any(call.troubles for route in found.routes.routes for call in route.calls)
    # Whoever goes is there within the grace of the first one that could be.
    known = {stop.id: stop for stop in stops}
    alone = [
        drive(team, [*(known[pk] for pk in plan.orders[team.id][: held[team.id]]), urgent], HERE) for team in teams
    ]
    soonest = min((route.calls[-1].begins for route in alone if route.sound), default=found.begins)
    assert found.begins <= soonest + GRACE


def test_the_same_seed_gives_the_same_day() -> None:
    teams, stops = made_up(3)
    first = plan_day(teams, stops, GOING, steps=60, seconds=60)
    assert plan_day(teams, list(reversed(list(reversed(stops)))), GOING, steps=60, seconds=60) == first


def test_why_a_visit_did_not_fit() -> None:
    teams = [Team(1, (0, 0), 60, 300, most=3)]
    stops = [
        Stop(1, (100, 0), 100, prize=9_000),
        Stop(2, (100, 0), 30, teams=frozenset({7})),
        Stop(3, (100, 0), 30, ((0, 20),)),
        Stop(4, (15_000, 0), 30, required=True),
        Stop(5, (100, 0), 150, prize=1_000),
    ]
    told = {one.stop: one.why.code for one in plan_day(teams, stops, HERE, steps=40).left_out}
    assert told == {2: "no_team", 3: "closed", 4: "far", 5: "no_room"}
    full = plan_day([Team(1, (0, 0), 0, 900, most=1)], [stops[0], Stop(6, (0, 0), 5)], HERE, steps=40)
    assert [(one.stop, one.why.code, dict(one.why.facts)) for one in full.left_out] == [
        (6, "full", {"load": 1, "most": 1})
    ]
    aside = plan_day([Team(1, (0, 0), 0, 900)], [Stop(1, (4_000, 0), 5, prize=10)], HERE, steps=40)
    assert aside.left_out[0].why.code == "not_worth"
    assert aside.left_out[0].why.facts == {"metres": 8_000, "worth": 10}


def test_a_required_visit_goes_before_one_that_may_slip() -> None:
    team = Team(1, (0, 0), 0, 100)
    slips, must = Stop(1, (0, 0), 60, prize=20_000), Stop(2, (1_000, 0), 60, required=True)
    day = plan_day([team], [slips, must], HERE, steps=40)
    assert day.orders == {1: (2,)}
    assert day.routes[0].filled == 80


def test_two_openings_a_day_are_one_visit() -> None:
    stop = Stop(1, (0, 0), 30, ((0, 10), (200, 220)), prize=1_000)
    day = plan_day([Team(1, (0, 0), 60, 400)], [stop], HERE, steps=40)
    assert [call.begins for call in day.routes[0].calls] == [200]
    assert stop.begin(5) == 5
    assert stop.begin(221) is None


def test_the_urgent_visit_goes_to_the_first_there_unless_another_spares_the_day() -> None:
    teams = [Team(1, (0, 0), 0, 480), Team(2, (1_000, 0), 0, 480)]
    near = Stop(1, (100, 0), 60, ((0, 10),), required=True)
    urgent = Stop(9, (200, 0), 30, ((0, 60),), required=True)
    found = insert_urgent(teams, [near], {1: [1], 2: []}, urgent, HERE)
    assert found is not None
    assert (found.team, found.begins, found.displaced) == (2, 8, ())
    alone = insert_urgent(teams[:1], [near], {1: [1]}, urgent, HERE, grace=0)
    assert alone is not None
    assert (alone.begins, alone.displaced) == (2, (1,))
    assert insert_urgent(teams[:1], [near], {1: [1]}, urgent, HERE, fixed={1: 1}) is None


def test_metres_along_streets() -> None:
    assert along_streets((37.86, 112.58), (37.87, 112.58)) == pytest.approx(1_113, abs=1)
    assert along_streets((37.86, 112.58), (37.86, 112.59)) == pytest.approx(879, abs=1)
    assert HERE.long(None, (0, 0)) == 6


def test_thirty_four_visits_and_four_teams() -> None:
    """A plan is much shorter than going to the nearest, and a change by hand is answered at once."""
    teams, stops = made_up(1)
    near = nearest_neighbour(teams, stops, GOING)
    plan = plan_day(teams, stops, GOING, steps=150, seconds=60)
    assert plan.served == near.served == len(stops)
    assert plan.metres <= 0.75 * near.metres
    begun = perf_counter()
    recheck(teams, stops, plan.orders, GOING)
    assert perf_counter() - begun < 0.3


@pytest.mark.skipif(not PROBLEMS.exists(), reason="the shared routing problems are not here")
def test_a_public_problem_comes_out_near_its_best() -> None:
    problem = next(problem for problem in problems(PROBLEMS) if problem.name == "c101")
    day = plan_day(problem.teams, problem.stops, TENTHS_GOING, steps=200, seconds=60)
    assert day.sound
    assert day.served == 100
    assert day.metres / TENTHS <= problem.best * 1.01
