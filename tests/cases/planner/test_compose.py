"""The joint order: the street leads, one squad an agency, and the reasons can be read."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.compose import (
    OrderPlan,
    Part,
    Power,
    SquadFacts,
    SquadKind,
    added_parts,
    compose,
    visits_saved,
)
from cases.planner.merge import Cause, Hours, Need

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 1, 20, tzinfo=CHINA)
DAY = timedelta(days=1)

TEAM = SquadFacts(1, "street", SquadKind.STREET_TEAM, "s1")
MARKET = SquadFacts(2, "market", SquadKind.STATIONED, "s1")
URBAN = SquadFacts(3, "urban", SquadKind.STATIONED, "s1")
FIRE = SquadFacts(4, "fire", SquadKind.MODULE)
SQUADS = (TEAM, MARKET, URBAN, FIRE, SquadFacts(5, "market", SquadKind.STATIONED, "s2"))
POWERS = (
    Power("market", "05-10", ("licence", "hygiene")),
    Power("urban", "05-10", ("purifier",)),
    Power("fire", "05-10", ("exits",), obligatory=True),
    Power("urban", "05-08", ("noise",)),
)


def need(number: int = 1, *agencies: str, categories: tuple[str, ...] = ("05-10",), **changes: object) -> Need:
    plain = Need(number, 7, agencies, NOW - DAY, NOW + 3 * DAY, Cause.COMPLAINT, categories)
    return replace(plain, **changes)  # type: ignore[arg-type]


def plan_of(*needs: Need, squads: tuple[SquadFacts, ...] = SQUADS, lead: int | None = None) -> OrderPlan:
    return compose(needs, POWERS, squads, "s1", NOW, lead_squad_id=lead)


def codes(part: Part) -> list[str]:
    return [note.code for note in part.notes]


def test_the_barbecue_stall() -> None:
    plan = plan_of(need(1, "market", "urban"), need(2, "urban", categories=("05-08",)))
    assert plan.lead is not None
    assert (plan.lead.squad_id, plan.lead.lead, plan.lead.need_ids) == (1, True, (1, 2))
    by_agency = {part.agency: part for part in plan.joint}
    assert sorted(by_agency) == ["fire", "market", "urban"]
    assert by_agency["market"].items == ("licence", "hygiene")
    assert by_agency["urban"].items == ("purifier", "noise")
    assert by_agency["urban"].need_ids == (1, 2)
    assert codes(by_agency["market"]) == ["asked_for", "stationed_squad"]
    assert codes(by_agency["fire"]) == ["obligatory", "module_squad"]
    assert plan.visits_saved == 2
    assert plan.parts[0] is plan.lead


def test_without_named_agencies_all_with_the_power_join() -> None:
    assert {part.agency for part in plan_of(need(1)).joint} == {"market", "urban", "fire"}


def test_a_lead_of_the_street_that_was_asked_for_counts_as_a_department() -> None:
    plan = plan_of(need(1, "street", "market", categories=()))
    assert plan.visits_saved == 1
    assert plan_of(need(1, "market", categories=())).visits_saved == 0


def test_another_lead_needs_a_choice() -> None:
    plan = plan_of(need(1, "market", "urban"), lead=3)
    assert plan.lead is not None
    assert (plan.lead.agency, plan.lead.items, codes(plan.lead)) == ("urban", ("purifier",), ["lead_by_choice"])
    assert "urban" not in {part.agency for part in plan.joint}
    with pytest.raises(ValueError, match="lead"):
        plan_of(need(1, "market"), lead=5)


def test_a_street_without_a_team_says_so() -> None:
    plan = plan_of(need(1, "market"), squads=(MARKET,))
    assert plan.lead is None
    assert "no_street_team" in [note.code for note in plan.notes]


def test_an_agency_without_a_squad_stays_open() -> None:
    plan = plan_of(need(1, "market", "urban"), squads=(TEAM, MARKET))
    missing = [part for part in plan.parts if part.squad_id is None]
    assert [part.agency for part in missing] == ["fire", "urban"]
    assert "no_squad" in codes(missing[0])


@pytest.mark.parametrize(
    ("squads", "chosen"),
    [
        ((SquadFacts(9, "market", SquadKind.MODULE), MARKET), 2),  # stationed before module
        ((SquadFacts(9, "market", SquadKind.MODULE), replace(MARKET, on_duty=False)), 9),  # on duty before near
        (
            (
                SquadFacts(9, "market", SquadKind.MODULE, serves=frozenset({"s1"})),
                SquadFacts(8, "market", SquadKind.MODULE),
            ),
            9,
        ),
        ((SquadFacts(8, "market", SquadKind.MODULE, load=3), SquadFacts(9, "market", SquadKind.MODULE)), 9),
        ((SquadFacts(9, "market", SquadKind.MODULE, serves=frozenset({"s2"})),), None),
    ],
)
def test_which_squad_is_called(squads: tuple[SquadFacts, ...], chosen: int | None) -> None:
    (part,) = plan_of(need(1, "market", categories=()), squads=(TEAM, *squads)).joint
    assert part.squad_id == chosen


def test_a_squad_off_duty_is_said() -> None:
    (part,) = plan_of(need(1, "market", categories=()), squads=(TEAM, replace(MARKET, on_duty=False))).joint
    assert codes(part)[-1] == "squad_off_duty"


def test_why_now() -> None:
    plan = plan_of(
        need(1, "market", urgent=True),
        need(2, "market", cause=Cause.PLANNED, due=NOW + 60 * DAY),
        need(3, "market", due=NOW - DAY),
        need(4, "market", cause=Cause.RECHECK, cause_visit_on=date(2026, 6, 29)),
    )
    by_code = {note.code: note.params for note in plan.notes}
    assert by_code["now_urgent"]["need"] == 1
    assert by_code["rides_along"] == {"need": 2, "until": "2026-08-30"}
    assert by_code["now_overdue"]["need"] == 3
    assert by_code["recheck_after"]["visit"] == "2026-06-29"
    assert plan.urgent
    waiting = plan_of(need(2, "market", cause=Cause.PLANNED))
    assert "rides_along" not in [note.code for note in waiting.notes]
    assert "go_until" in [note.code for note in waiting.notes]


def test_hours_apart_are_two_visits_of_one_order() -> None:
    plan = plan_of(need(1, "market", hours=Hours(time(22), time(2))), need(2, "market", hours=Hours(time(9), time(12))))
    assert [visit.need_ids for visit in plan.visits] == [(1,), (2,)]
    assert "hours_apart" in [note.code for note in plan.notes]


def test_what_cannot_be_one_order_is_refused() -> None:
    for needs in ([], [need(1), need(2, announced=True)], [need(1), need(2, target_id=8)]):
        with pytest.raises(ValueError, match="need"):
            plan_of(*needs)


def test_a_joining_need_calls_only_what_it_adds() -> None:
    before = plan_of(need(1, "market", categories=()))
    after = plan_of(need(1, "market", categories=()), need(2, "urban", "market", categories=()))
    assert [part.agency for part in added_parts([part.agency for part in before.parts], after)] == ["urban"]


agencies = st.lists(st.sampled_from(["street", "market", "urban", "fire"]), max_size=4).map(tuple)


@given(st.lists(agencies, min_size=1, max_size=5), st.lists(st.sampled_from(SQUADS), max_size=5, unique=True))
def test_every_department_has_one_part(asked: list[tuple[str, ...]], squads: list[SquadFacts]) -> None:
    needs = [need(number, *rows) for number, rows in enumerate(asked)]
    plan = plan_of(*needs, squads=tuple(squads))
    named = [part.agency for part in plan.parts]
    assert len(named) == len(set(named))
    assert {agency for rows in asked for agency in rows} <= set(named)
    assert sorted(i for visit in plan.visits for i in visit.need_ids) == [one.id for one in needs]
    departments = set(named) - ({plan.lead.agency} if plan.lead else set())
    assert 0 <= plan.visits_saved <= len(departments)
    assert plan_of(*reversed(needs), squads=tuple(reversed(squads))) == plan
    for note in (*plan.notes, *(note for part in plan.parts for note in part.notes)):
        assert all(isinstance(value, str | int | list) for value in note.params.values())


def test_visits_saved() -> None:
    assert visits_saved([]) == 0
    assert visits_saved(["market"]) == 0
    assert visits_saved(["market", "urban", "market", "fire"]) == 2
