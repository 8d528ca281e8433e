"""A street's day: planned over live orders, changed by hand, confirmed into the orders, and open to a whistle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Case,
    DayPlan,
    DayVisit,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Event,
    Need,
    Order,
    Setting,
    Target,
)
from cases.selectors.dayfacts import DayFacts, changes, day_facts
from cases.selectors.daypool import pool, teams_proposed
from cases.services import dayplans, orders
from teams.models import Duty
from tests.cast import Cast, refused
from tests.stage import planned_case

pytestmark = pytest.mark.django_db
MORNING = timezone.make_aware(datetime(2026, 11, 25, 8, 0))  # a Wednesday
TODAY = MORNING.date()


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def rota(cast: Cast, *functions: str, hours: tuple[int, int] = (9, 17), people: int = 2) -> None:
    for function in functions:
        for user in cast.officers_of(function)[:people]:
            Duty.objects.create(
                squad=cast.squads[function],
                user=user,
                starts_at=MORNING.replace(hour=hours[0]),
                ends_at=MORNING.replace(hour=hours[1]),
            )


def party(cast: Cast, number: int, **more: object) -> Target:
    return Target.objects.create(
        street=cast.street,
        name=f"演示·商户{number}",
        address=f"演示路{number}号",
        lat=37.86,
        lng=112.58 + number / 1000,
        **more,
    )


def approved(cast: Cast, target: Target, *functions: str, urgency: str = "general", days: int = 3) -> Order:
    planned_case(
        cast, functions=functions or ("market",), target=target, urgency=urgency, due_day=TODAY + timedelta(days=days)
    )
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=target.pk)
    if urgency == "general":
        orders.order_submit(actor=cast.act(cast.dispatcher), order_id=order.pk)
        orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    return order


def made(cast: Cast) -> DayPlan:
    return dayplans.day_make(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, day=TODAY)


def facts_of(plan: DayPlan) -> DayFacts:
    return day_facts(DayPlan.objects.select_related("street").get(pk=plan.pk))


def test_the_rota_gives_as_many_teams_as_the_streets_own_has_pairs(cast: Cast) -> None:
    rota(cast, "street", people=3)
    rota(cast, "market", hours=(8, 20))
    (team,) = teams_proposed(cast.street.pk, TODAY)
    assert (team.starts, team.ends) == (540, 1020)
    assert set(team.squads) == {cast.squads["street"].pk, cast.squads["market"].pk}
    Setting.objects.create(key="officers_needed", value=1)
    assert [len(team.squads) for team in teams_proposed(cast.street.pk, TODAY)] == [2, 2, 1]
    Duty.objects.all().delete()
    assert [(team.starts, team.ends) for team in teams_proposed(cast.street.pk, TODAY)] == [(540, 1050)]


def test_a_day_is_proposed_and_changes_no_order(cast: Cast) -> None:
    rota(cast, "street", "market")
    rows = [approved(cast, party(cast, number)) for number in (1, 2, 3)]
    fire = approved(cast, party(cast, 4), "fire")
    closed = approved(cast, party(cast, 5, hours=[[1, "09:00", "18:00"]]))
    before = Event.objects.count()
    facts = facts_of(made(cast))
    (placed,) = facts.orders.values()
    assert sorted(placed) == [order.pk for order in rows]
    assert {one.stop: one.why.code for one in facts.routes.left_out} == {fire.pk: "no_team", closed.pk: "closed"}
    assert Event.objects.count() == before
    assert not Order.objects.exclude(planned_day=None).exists()
    assert len(changes(facts)) == 3


def test_confirming_tells_the_orders_once(cast: Cast) -> None:
    rota(cast, "street", "market")
    order = approved(cast, party(cast, 1))
    orders.order_issue(actor=cast.act(cast.dispatcher), order_id=order.pk)
    plan = made(cast)
    assert dayplans.day_confirm(actor=cast.act(cast.head), plan_id=plan.pk).count == 1
    order.refresh_from_db()
    assert order.planned_day == TODAY
    assert order.planned_from
    assert order.planned_until
    assert time(9) <= order.planned_from < order.planned_until
    due = Deadline.objects.filter(part__order=order, kind=DeadlineKind.REPORT_IN, state=DeadlineState.RUNNING)
    until = timezone.make_aware(datetime.combine(TODAY, order.planned_until))
    assert set(due.values_list("due_at", flat=True)) == {until}
    assert Case.objects.get(needs__orders=order).due_at is not None
    event = Event.objects.filter(order=order, kind="order.planned").get()
    assert "from" in event.body
    plan.refresh_from_db()
    assert dayplans.day_confirm(actor=cast.act(cast.dispatcher), plan_id=plan.pk, version=plan.version).count == 0
    assert Event.objects.filter(order=order, kind="order.planned").count() == 1


def test_one_that_cannot_be_confirmed_holds_up_no_other(cast: Cast) -> None:
    rota(cast, "street", "market")
    rows = [approved(cast, party(cast, number)) for number in (1, 2, 3)]
    plan = made(cast)
    # A reason that opens tomorrow joined an order of today's plan.
    Need.objects.filter(orders=rows[1]).update(from_day=TODAY + timedelta(days=1))
    done = dayplans.day_confirm(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    assert done.count == 2
    ((order, refused_),) = done.refused
    assert (order, refused_.code) == (rows[1], "day_outside_window")
    assert set(Order.objects.exclude(planned_day=None)) == {rows[0], rows[2]}
    plan.refresh_from_db()
    assert plan.confirmed_at
    assert Event.objects.filter(kind="order.planned").count() == 2
    assert [visit.order_id for visit, _hours in changes(facts_of(plan))] == [rows[1].pk], "it stays to be confirmed"
    again = dayplans.day_confirm(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    assert (again.count, len(again.refused)) == (0, 1)


def test_an_urgent_visit_is_the_first_also_when_it_lies_on_the_way_home(cast: Cast) -> None:
    rota(cast, "street", "market")
    for number in (1, 2, 3, 4):
        approved(cast, party(cast, number))
    far = approved(cast, party(cast, 20), urgency="urgent")
    facts = facts_of(made(cast))
    (row,) = facts.orders.values()
    assert row[0] == far.pk
    assert len(row) == 5
    assert facts.routes.sound


def test_a_visit_put_elsewhere_by_hand_stays_there(cast: Cast) -> None:
    Setting.objects.create(key="officers_needed", value=1)
    rota(cast, "street", "market")
    rows = [approved(cast, party(cast, number)) for number in (1, 2)]
    plan = made(cast)
    first, second = plan.teams.all()
    dayplans.visit_move(actor=cast.act(cast.dispatcher), plan_id=plan.pk, order_id=rows[0].pk, team_id=first.pk)
    dayplans.visit_move(
        actor=cast.act(cast.dispatcher), plan_id=plan.pk, order_id=rows[1].pk, team_id=second.pk, position=1
    )
    again = facts_of(made(cast))
    assert again.orders == {first.pk: [rows[0].pk], second.pk: [rows[1].pk]}
    dayplans.visit_move(actor=cast.act(cast.dispatcher), plan_id=plan.pk, order_id=rows[1].pk, team_id=None)
    left = facts_of(plan)
    assert left.orders == {first.pk: [rows[0].pk], second.pk: []}
    assert [one.why.code for one in left.routes.left_out] == ["not_worth"]


def test_another_day_takes_the_visit_off_this_one(cast: Cast) -> None:
    rota(cast, "street", "market")
    order = approved(cast, party(cast, 1))
    plan, tomorrow = made(cast), TODAY + timedelta(days=1)
    dayplans.visit_to_day(actor=cast.act(cast.dispatcher), plan_id=plan.pk, order_id=order.pk, day=tomorrow)
    order.refresh_from_db()
    assert (order.planned_day, order.planned_from) == (tomorrow, None)
    assert not DayVisit.objects.filter(order=order).exists()
    assert list(pool(cast.street.pk, tomorrow)) == [order]
    assert not facts_of(plan).visits


def test_what_is_refused_leaves_nothing_behind(cast: Cast) -> None:
    rota(cast, "street", "market")
    order = approved(cast, party(cast, 1))
    plan = made(cast)
    dispatcher = cast.act(cast.dispatcher)
    put: dict[str, Any] = {"actor": dispatcher, "plan_id": plan.pk, "order_id": order.pk}
    with refused("plan_changed"):
        dayplans.visit_move(**put, team_id=None, version=plan.version + 1)
    with refused("team_unknown"):
        dayplans.visit_move(**put, team_id=0)
    with refused("same_day"):
        dayplans.visit_to_day(**put, day=TODAY)
    with refused("day_outside_window"):
        dayplans.visit_to_day(**put, day=TODAY - timedelta(days=1))
    with refused("not_of_this_day"):
        dayplans.visit_move(**{**put, "order_id": 0}, team_id=None)
    for actor in (cast.act(cast.outsider), cast.act(cast.leader), cast.act(cast.auditor)):
        with refused("not_allowed"):
            dayplans.day_confirm(actor=actor, plan_id=plan.pk)
        with refused("not_allowed"):
            dayplans.day_make(actor=actor, street_id=cast.street.pk, day=TODAY)
    with refused("squads_needed"):
        dayplans.team_save(actor=dispatcher, plan_id=plan.pk, squad_ids=[], starts=540, ends=600)
    with refused("squad_unknown"):
        dayplans.team_save(actor=dispatcher, plan_id=plan.pk, squad_ids=[cast.squads["other"].pk], starts=540, ends=600)
    with refused("day_over"):
        dayplans.day_make(actor=dispatcher, street_id=cast.street.pk, day=TODAY - timedelta(days=1))
    with time_machine.travel(MORNING + timedelta(days=1), tick=False), refused("day_over"):
        dayplans.visit_move(**put, team_id=None)


def test_teams_are_changed_by_hand(cast: Cast) -> None:
    rota(cast, "street", "market")
    order = approved(cast, party(cast, 1), "fire")
    plan = made(cast)
    dispatcher = cast.act(cast.dispatcher)
    squads = [cast.squads["street"].pk, cast.squads["fire"].pk]
    team = dayplans.team_save(actor=dispatcher, plan_id=plan.pk, squad_ids=squads, starts=1200, ends=60, most=2)
    assert (team.number, team.ends) == (2, 1500)
    facts = facts_of(made(cast))
    assert facts.orders[team.pk] == [order.pk]
    assert dayplans.day_confirm(actor=dispatcher, plan_id=plan.pk).count == 1
    dayplans.team_drop(actor=dispatcher, plan_id=plan.pk, team_id=team.pk)
    assert [one.why.code for one in facts_of(plan).routes.left_out] == ["no_team"]


def test_a_whistle_goes_into_the_running_day(cast: Cast) -> None:
    rota(cast, "street", "market", hours=(9, 12))
    rows = [approved(cast, party(cast, number)) for number in (1, 2, 3)]
    plan = made(cast)
    dayplans.day_confirm(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    told = Event.objects.filter(kind="order.planned").count()
    with time_machine.travel(MORNING.replace(hour=10), tick=False):
        urgent = approved(cast, party(cast, 9), urgency="urgent")
        order = dayplans.order_whistle(actor=cast.act(cast.dispatcher), order_id=urgent.pk)
        assert (order.planned_day, order.state) == (TODAY, "issued")
        assert order.planned_from
        assert time(10) <= order.planned_from < time(11)
        assert Event.objects.filter(kind="order.planned").count() == told + 1
        facts = facts_of(plan)
        (row,) = facts.orders.values()
        assert row[0] == urgent.pk
        assert {order.pk for order in rows} == {*row[1:], *(one.stop for one in facts.routes.left_out)}
        due = Deadline.objects.get(
            part__order=order, part__is_lead=True, kind=DeadlineKind.REPORT_IN, state=DeadlineState.RUNNING
        )
        assert due.due_at <= now() + timedelta(minutes=60)


def test_a_whistle_without_a_team_is_a_whistle_all_the_same(cast: Cast) -> None:
    rota(cast, "street", "market", hours=(9, 10))
    plan = made(cast)
    dayplans.day_confirm(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    with time_machine.travel(MORNING.replace(hour=11), tick=False):
        urgent = approved(cast, party(cast, 1), urgency="urgent")
        order = dayplans.order_whistle(actor=cast.act(cast.dispatcher), order_id=urgent.pk)
        assert (order.state, order.planned_day) == ("issued", None)
        with refused("no_team_free"):
            dayplans.visit_insert(actor=cast.act(cast.dispatcher), plan_id=plan.pk, order_id=order.pk)
        assert [one.stop for one in facts_of(plan).routes.left_out] == [order.pk]
