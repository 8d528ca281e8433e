"""The same needs under another rule: one pass says what the slow way says, and every baseline is what it is called."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cases.management.checkonce.synthetic import street
from cases.planner.night import RULES as NIGHT_RULES
from cases.planner.night import rule_named
from cases.planner.replay import Asked, Recheck, by_due, live, live_with, lived_sum
from cases.planner.trigger import Rule, Window, earliest_due, immediate, riding, weekly
from cases.planner.whatif import BASELINES, MARGINS, NIGHTLY, WINDOWS, Choice, Way, outcome, what_if, widened

rechecks = st.recursive(
    st.builds(Recheck, st.integers(1, 9), st.integers(0, 9), st.sampled_from("abc"), st.just(())),
    lambda inner: st.builds(Recheck, st.integers(1, 9), st.integers(0, 9), st.sampled_from("abc"), st.tuples(inner)),
    max_leaves=3,
)


def by(agency: str, later: Recheck) -> Recheck:
    """A recheck is the department's own that asked for it."""
    return later._replace(agency=agency, follow=tuple(by(agency, one) for one in later.follow))


def asked(r: int, length: int, planned: bool, agency: str, follow: list[Recheck]) -> Asked:
    return Asked(Window(r, r + length, planned), agency, follow=tuple(by(agency, one) for one in follow))


needs = st.builds(
    asked,
    *(st.integers(0, 60), st.integers(0, 25), st.booleans()),
    *(st.sampled_from("abc"), st.lists(rechecks, max_size=1)),
)
streets = st.lists(st.lists(needs, min_size=1, max_size=5), min_size=1, max_size=4)
rules: st.SearchStrategy[Rule] = st.sampled_from(
    [immediate, earliest_due, riding(), riding(5), weekly(2), weekly(4, 5)]
)


@given(streets, rules)
def test_one_pass_says_what_living_day_by_day_says(targets: list[list[Asked]], rule: Rule) -> None:
    slow = [live(asked, rule) for asked in targets]
    found = lived_sum(targets, rule)
    assert found.visits == sum(len(one.visits) for one in slow)
    assert found.needs == sum(len(one.needs) for one in slow)
    assert found.squads == sum(len({one.needs[i].agency for i in v.served}) for one in slow for v in one.visits)
    assert found.late == 0
    assert live_with(targets, rule, a_day=len(targets), first=by_due) == found, "room for everybody is no limit"


@given(streets, st.integers(0, 6), st.integers(1, 4))
def test_a_weekly_day_is_kept_and_a_limit_delays(targets: list[list[Asked]], weekday: int, most: int) -> None:
    choice = Choice(rule=Way.WEEKLY, weekday=weekday)
    free = outcome(targets, Way.WEEKLY, choice)
    assert free.late == 0
    assert free == outcome(targets, Way.WEEKLY, replace(choice, a_day=10_000))
    tight = outcome(targets, Way.WEEKLY, replace(choice, a_day=most))
    assert (tight.needs, free.needs) == (free.needs, sum(_count(need) for asked in targets for need in asked))


def _count(need: Asked | Recheck) -> int:
    return 1 + sum(_count(one) for one in need.follow)


def test_the_day_of_the_week_is_that_of_the_calendar() -> None:
    monday = 739_000 - (739_000 - 1) % 7  # toordinal() - 1 is a multiple of seven on Mondays
    check, complaint = (
        Asked(Window(monday + 1, monday + 4, planned=True), "a"),
        Asked(Window(monday + 3, monday + 5), "b"),
    )
    # Of a Tuesday's check and a Thursday's complaint: together, unless the check has its day before, or for good.
    for weekday, made in ((0, 1), (1, 2), (2, 2), (3, 1), (4, 1), (5, 1), (6, 1)):
        for a_day in (None, 1):
            choice = Choice(rule=Way.WEEKLY, weekday=weekday, margin=0, a_day=a_day)
            assert outcome([[check, complaint]], Way.WEEKLY, choice).visits == made, (weekday, a_day)


@given(streets, st.sampled_from(list(NIGHTLY)), st.integers(0, 21), st.integers(0, 6))
def test_what_if_goes_by_the_rule_of_the_nights(
    targets: list[list[Asked]], way: Way, margin: int, weekday: int
) -> None:
    rule = rule_named(NIGHTLY[way], margin, weekday)
    assert outcome(targets, way, Choice(rule=way, margin=margin, weekday=weekday)) == lived_sum(targets, rule)
    assert set(NIGHTLY.values()) == set(NIGHT_RULES)


@given(streets, st.integers(0, 21), st.sampled_from(WINDOWS))
def test_the_tables_of_one_replay_agree(targets: list[list[Asked]], margin: int, window: int | None) -> None:
    told = what_if(targets, Choice(margin=margin, window=window))
    assert told.margins[margin] == told.ways[Way.RIDING] == told.windows[window]
    assert list(told.margins) == list(MARGINS)
    assert told.ways[Way.A].visits == told.ways[Way.A].needs == told.ways[Way.A].squads
    assert told.ways[Way.B1].squads == told.ways[Way.B1].visits, "a department by itself"
    assert all(one.late == 0 for one in told.ways.values())
    assert told.asked == sum(map(len, targets))


def test_only_planned_checks_become_wider() -> None:
    asked = [[Asked(Window(3, 9, planned=True), "a"), Asked(Window(3, 9), "b")]]
    assert widened(asked, None) is asked
    assert [need.window for need in widened(asked, 60)[0]] == [Window(3, 62, planned=True), Window(3, 9)]


def test_no_gain_where_nothing_can_ride() -> None:
    """One department a party: going together gains nothing over merging one's own."""
    lonely = [[Asked(Window(day, day + 5), "a") for day in (1, 30, 60)] for _party in range(5)]
    ways = what_if(lonely, Choice()).ways
    assert {ways[way].visits for way in Way if way != Way.WEEKLY} == {15}


def test_the_made_up_street_says_what_the_bench_says() -> None:
    """docs/planner.md: the baselines and the riding rule of ``bench_checkonce --synthetic 1``."""
    ways = what_if(street(1), Choice(margin=5)).ways
    assert [ways[way].visits for way in BASELINES] == [8060, 8053, 7550]
    assert (ways[Way.RIDING].visits, ways[Way.WAIT].visits, ways[Way.IMMEDIATE].visits) == (6192, 5842, 7794)
    tight = what_if(street(1), Choice(margin=5, a_day=16)).ways[Way.RIDING]
    assert tight.in_time >= 0.99, "the capacity that the bench finds"
