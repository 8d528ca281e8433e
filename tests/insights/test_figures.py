"""Each figure on a history made by hand, with its number worked out beside it; stored days say what live ones say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.clock.moment import pretend
from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Deadline,
    DeadlineState,
    Feedback,
    Order,
    OrderState,
    Part,
    ReportIn,
    Visit,
)
from dispatch.insights import models
from dispatch.insights.facts import FACTS
from dispatch.insights.models import CaseDay, Rollup, VisitDay
from dispatch.insights.periods import Period, custom, period_of
from dispatch.insights.report import AgeRow, Rate, Report, Row, StageRow, Sums, report
from dispatch.insights.rollup import refresh, sweep
from dispatch.insights.streets import level_of, street_areas, streets_now
from dispatch.insights.wall import wall
from tests.cast import Cast

NOON = datetime(2026, 8, 19, 4, 0, tzinfo=UTC)  # Wednesday, 12:00 in Taiyuan
AUGUST = period_of("month", date(2026, 8, 19))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def wednesday() -> Any:
    with pretend(NOON):
        yield


def case(cast: Cast, at: datetime = NOON, **more: Any) -> Case:
    number = Case.objects.count()
    facts: dict[str, Any] = {"street": cast.street, "stage": CaseStage.ACCEPTED, "source": "portal", "title": "演示"}
    return Case.objects.create(reference=f"f-{number:05}", opened_at=at, stage_at=at, **(facts | more))


def clock(of: Case, kind: str, *, state: str = "met", took: timedelta = HOUR, **more: Any) -> Deadline:
    facts: dict[str, Any] = {"starts_at": of.opened_at, "warn_at": of.opened_at, "due_at": of.opened_at + DAY}
    facts |= {"ended_at": of.opened_at + took} if state == "met" else {}
    return Deadline.objects.create(case=of, kind=kind, state=state, **(facts | more))


def rating(of: Case, satisfied: int, *, solved: bool) -> Feedback:
    number = Complaint.objects.count()
    made = Complaint.objects.create(
        reference=f"c-{number:05}", street=of.street, source="portal", text="演示", received_at=of.opened_at
    )
    return Feedback.objects.create(
        complaint=made, case=of, contacted=True, solved=solved, satisfied=satisfied, at=of.opened_at
    )


def visit(cast: Cast, functions: tuple[str, ...], *, at: datetime = NOON, absent: str = "", **more: Any) -> Visit:
    facts: dict[str, Any] = {"target": cast.target, "street": cast.street, "kind": "case_led", "state": OrderState.DONE}
    order = Order.objects.create(number=f"o-{Order.objects.count()}", drafted_at=at, issued_at=at, **(facts | more))
    made = Visit.objects.create(order=order, started_at=at, state="closed")
    for function in functions:
        squad = cast.squads[function]
        part = Part.objects.create(order=order, squad=squad, agency=squad.agency, state="done", on_scene_at=at)
        if function != absent:
            ReportIn.objects.create(visit=made, part=part, by=cast.leader, at=at)
    return made


def figures(cast: Cast, period: Period = AUGUST, **more: Any) -> Report:
    return report(actor=cast.act(cast.head), period=period, **more)


def test_response_rate(cast: Cast) -> None:
    for late in (False, False, False, True):  # four made, one of them late
        clock(case(cast), "contact", late=late)
    clock(case(cast, NOON - 3 * DAY), "contact", state="running")  # due two days ago and still owed: missed
    clock(case(cast), "contact", state="running")  # due tomorrow: not decided yet
    clock(case(cast), "contact", state="cancelled")  # never owed in the end
    clock(case(cast), "contact", late=True, late_exempt=True)  # exempted on appeal: left out
    clock(case(cast, NOON - 40 * DAY), "contact")  # another month's
    rate = figures(cast).total.response
    assert (rate.part, rate.whole, rate.share) == (3, 5, 60.0)


def test_resolution_and_satisfaction(cast: Cast) -> None:
    for satisfied, solved in ((5, True), (4, True), (3, True), (1, False), (4, False)):
        rating(case(cast), satisfied, solved=solved)
    total = figures(cast).total
    assert total.resolution == Rate(3, 5)
    assert total.satisfaction == Rate(3, 5)
    assert total.satisfaction.share == 60.0


def test_a_share_of_few_is_not_a_percentage() -> None:
    assert Rate(3, 4).share is None
    assert Rate(3, 5).share == 60.0
    assert Rate(0, 0).share is None


def test_received_and_closed(cast: Cast) -> None:
    first = case(cast, NOON - 2 * DAY, stage=CaseStage.CLOSED, closed_at=NOON)
    case(cast, stage=CaseStage.JOINED, merged_into=first)  # the same problem: once
    case(cast, stage=CaseStage.TRANSFERRED, closed_at=NOON)  # received, but not closed by the office
    case(cast, NOON - 30 * DAY, stage=CaseStage.CLOSED, closed_at=NOON)  # of July, closed now
    found = figures(cast)
    assert (found.total.opened, found.total.closed) == (2, 2)
    assert (found.before.opened, found.before.closed) == (0, 0), "compared with 1 to 19 July"
    assert [row.sums.opened for row in found.series if row.key == date(2026, 8, 17)] == [1]


def test_a_day_is_a_local_day(cast: Cast) -> None:
    case(cast, datetime(2026, 7, 31, 15, 59, tzinfo=UTC))  # 23:59 on 31 July in Taiyuan
    case(cast, datetime(2026, 7, 31, 16, 0, tzinfo=UTC))  # 0:00 on 1 August
    assert figures(cast).total.opened == 1


def test_visits_saved_are_departments_merged_less_one(cast: Cast) -> None:
    visit(cast, ("market", "urban", "fire"))  # three departments, two visits saved
    visit(cast, ("market",))  # alone: none
    visit(cast, ("market", "urban"), absent="urban")  # the second never came: none
    visit(cast, ("market", "urban"), kind="handling")  # a task is no inspection
    visit(cast, ("market", "urban"), at=NOON - 40 * DAY)  # another month's
    total = figures(cast).total
    assert (total.visits, total.joint, total.departments, total.saved) == (3, 1, 5, 2)


def test_time_per_stage(cast: Cast) -> None:
    for hours in range(1, 11):
        clock(case(cast, NOON - DAY), "triage", took=hours * HOUR, late=hours > 8, late_exempt=hours == 10)
    [row] = [row for row in figures(cast).stages if row.kind == "triage"]
    assert row.median == 5.5 * 3600, "half way between the fifth and the sixth of ten"
    assert row.p90 == pytest.approx(9.1 * 3600)
    assert (row.ended, row.late, row.exempt) == (10, 1, 1)
    assert row.in_time == Rate(8, 9), "the exempted one is left out"


def test_open_by_age(cast: Cast) -> None:
    for days in (0.5, 2, 2.5, 5, 10, 40):
        case(cast, NOON - days * DAY, due_at=NOON - HOUR if days > 4 else NOON + HOUR)
    case(cast, stage=CaseStage.CLOSED, closed_at=NOON)
    assert figures(cast).ages == [
        AgeRow(1, 1, 0),
        AgeRow(3, 2, 0),
        AgeRow(7, 1, 1),
        AgeRow(15, 1, 1),
        AgeRow(None, 1, 1),
    ]


def test_category_and_source_narrow_cases_only(cast: Cast) -> None:
    barbecue = cast.categories["05-10"]
    case(cast, category=barbecue, source="hotline")
    case(cast, source="hotline")
    case(cast)
    visit(cast, ("market",))
    found = figures(cast, category_id=barbecue.pk)
    assert (found.total.opened, found.total.visits) == (1, 1)
    assert figures(cast, case_source="hotline").total.opened == 2
    found = figures(cast)
    assert [(row.key, row.sums.opened) for row in found.categories] == [(barbecue.pk, 1), (None, 2)]
    assert {row.key: row.sums.opened for row in found.sources} == {"hotline": 2, "portal": 1}


def test_each_sees_their_own_streets(cast: Cast) -> None:
    case(cast)
    case(cast, street=cast.other_street)

    def opened(user: Any, **more: Any) -> int:
        return report(actor=cast.act(user), period=AUGUST, **more).total.opened

    assert opened(cast.dispatcher) == 1
    assert opened(cast.supervisor) == opened(cast.auditor) == 2
    assert opened(cast.supervisor, street_id=cast.street.pk) == 1
    assert opened(cast.dispatcher, street_id=cast.other_street.pk) == 0, "not theirs"
    assert opened(cast.system_admin) == opened(cast.leader) == 0


def a_history(cast: Cast) -> None:
    for back in range(6):
        at = NOON - back * DAY
        one = case(cast, at, stage=CaseStage.CLOSED, closed_at=at, category=cast.categories["05-10"])
        clock(one, "contact", late=back % 2 == 0)
        clock(one, "whole_case", took=HOUR)
        clock(one, "triage", took=(back + 1) * HOUR)
        rating(one, 5 - back % 3, solved=back % 2 == 0)
        visit(cast, ("market", "urban", "fire")[: 1 + back % 3], at=at)


def shown(found: Report) -> tuple[Any, ...]:
    return found.total, found.series, found.streets, found.categories, found.sources, sorted(found.stages, key=str)


def test_stored_days_say_what_live_ones_say(cast: Cast) -> None:
    a_history(cast)
    live = shown(figures(cast))
    assert live[0].opened == 6
    refresh(first=date(2026, 8, 15), last=date(2026, 8, 17))  # some stored, days before and after counted live
    assert shown(figures(cast)) == live
    assert sweep() > 0
    assert Rollup.objects.get().until == date(2026, 8, 19), "today is never stored"
    assert shown(figures(cast)) == live


def test_a_refresh_is_safe_twice_and_takes_changes_up(cast: Cast) -> None:
    a_history(cast)
    sweep()
    before = list(CaseDay.objects.order_by("day").values_list("day", "opened", "closed"))
    sweep()
    assert list(CaseDay.objects.order_by("day").values_list("day", "opened", "closed")) == before
    Deadline.objects.filter(kind="contact", late=True).update(late_exempt=True)  # appeals, months later or not
    assert figures(cast).total.response.whole != 3
    sweep()
    assert figures(cast).total.response == Rate(3, 3)
    refresh(first=date(2026, 7, 1), last=date(2026, 7, 2))
    assert Rollup.objects.get().since == date(2026, 7, 1)
    assert VisitDay.objects.count() == 5, "days between were filled too, none twice"


def test_an_empty_house(cast: Cast) -> None:
    assert sweep() == 0
    assert figures(cast).empty


def test_a_report_asks_few_questions(cast: Cast) -> None:
    a_history(cast)
    sweep()
    actor = cast.act(cast.head)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        report(actor=actor, period=AUGUST)
    assert len(asked) <= 14


def names_of(*classes: type[Any]) -> set[str]:
    found: set[str] = set()
    for one in classes:
        found |= {part.name for part in fields(one)}
    return found


def test_nothing_is_counted_by_officer_or_squad_and_nothing_by_fines() -> None:
    """Penalty Law art. 74, 国办发〔2024〕54号: fines and inspections are never targets or rankings."""
    columns = names_of(Report, Row, Sums, StageRow, AgeRow)
    for fact in FACTS:
        columns |= set(fact.columns)
    for model in (models.CaseDay, models.StageDay, models.VisitDay):
        columns |= {column.name for column in model._meta.get_fields()}
    forbidden = ("officer", "user", "actor", "squad", "person", "fine", "penalty", "ruling", "amount", "rank")
    assert not [column for column in columns for word in forbidden if word in column]
    assert not any(
        word in fact.select for fact in FACTS for word in ("squad_id", "actor_id", "ruled_by", "acknowledged_by")
    )


def test_streets_stand_by_code_whatever_their_numbers(cast: Cast) -> None:
    for _ in range(3):
        case(cast, street=cast.other_street, due_at=NOON - HOUR)
    rows = streets_now(cast.act(cast.supervisor))
    assert [row.street.code for row in rows] == sorted(row.street.code for row in rows)
    other = next(row for row in rows if row.street_id == cast.other_street.pk)
    assert (other.open, other.late) == (3, 3)
    areas = street_areas(rows)["features"]
    assert {area["properties"]["level"] for area in areas} <= {0, 1, 2, 3}


@pytest.mark.parametrize(("count", "most", "level"), [(0, 0, 0), (0, 9, 0), (1, 9, 1), (3, 9, 1), (4, 9, 2), (9, 9, 3)])
def test_levels(count: int, most: int, level: int) -> None:
    assert level_of(count, most) == level


def test_the_wall_names_no_person_and_no_home(cast: Cast) -> None:
    home = cast.target
    home.kind, home.name = "vendor", "演示·张三"
    home.save()
    case(cast, target=home, due_at=NOON - HOUR, due_kind="triage", address="演示路1号3单元502")
    case(cast, target=cast.supermarket, due_at=NOON - 2 * HOUR)
    found = wall(cast.act(cast.head))
    assert found is not None
    assert [row.where for row in found.late] == [cast.supermarket.name, ""], (
        "the latest first; a vendor has no name here"
    )
    assert "单元502" not in str(found)
    assert wall(cast.act(cast.head), cast.other_street.pk) is None
    assert wall(cast.act(cast.system_admin)) is None


def test_the_wall_asks_few_questions(cast: Cast, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    a_history(cast)
    sweep()
    actor = cast.act(cast.supervisor)
    with django_assert_max_num_queries(32):
        wall(actor)


def test_paused_is_not_missed(cast: Cast) -> None:
    clock(case(cast, NOON - 3 * DAY), "contact", state=DeadlineState.PAUSED)
    assert figures(cast, custom(date(2026, 8, 1), date(2026, 8, 19))).total.response == Rate(0, 0)
