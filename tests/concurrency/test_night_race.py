"""The night plan beside another planner, a dispatcher, an arriving need, and cut off in the middle by kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event as Flag
from urllib.parse import quote

import pytest
from django.db import connection

from cases import flow
from cases.clock.moment import now, pretend
from cases.models import (
    Event,
    Need,
    NeedCause,
    NeedState,
    NightParty,
    NightPlan,
    NightState,
    Order,
    OrderNeed,
    Target,
)
from cases.services import needs, nightplans, orders
from cases.services.imports import uploads
from cases.services.nightplans import batch, running
from cases.services.orders import opening
from dispatch.notify import nights
from dispatch.notify.models import Message
from dispatch.notify.texts import named
from teams.policies import SYSTEM
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_constraint, without_row_locks
from tests.stage import planned_case
from tests.walks.truths import broken_chains, inconsistencies

pytestmark = pytest.mark.concurrency

ROOT = Path(__file__).parents[2]


def _plan(stage: Cast) -> NightPlan:
    return nightplans.night_begin(actor=SYSTEM, street_id=stage.street.pk)


def _run(plan: NightPlan, size: int = 300) -> NightPlan:
    return nightplans.night_execute(plan_id=plan.pk, batch=size)


def _party(stage: Cast, number: int) -> Target:
    return Target.objects.create(street=stage.street, name=f"演示·店{number}", address=f"演示路{number}号")


def _check(stage: Cast) -> Need:
    """A planned check whose last day it is: of no case, so that no case's chain stands between two writers."""
    return needs.need_open(
        actor=stage.act(stage.dispatcher),
        target_id=stage.target.pk,
        cause=NeedCause.PLANNED,
        agency_ids=stage.agency_ids("market"),
    )


def _parties(stage: Cast, count: int) -> list[Target]:
    made = [
        Target.objects.create(street=stage.street, name=f"演示·店{n}", address=f"演示路{n}号") for n in range(count)
    ]
    for target in made:
        planned_case(stage, target=target, functions=["market"])
    return made


def _all_in_order() -> None:
    """Nobody is lost, nobody is visited twice, every chain holds."""
    live = Order.objects.filter(state__in=flow.LIVE).exclude(kind="handling")
    assert live.count() == live.values("target").distinct().count()
    ordered = Need.objects.filter(state=NeedState.ORDERED)
    assert OrderNeed.objects.filter(released_at__isnull=True).count() == ordered.count()
    assert inconsistencies() == []
    assert broken_chains() == []


def _unlocked(target_ids: Iterable[int]) -> dict[int, Target]:
    return {row.pk: row for row in Target.objects.filter(pk__in=set(target_ids))}


@contextmanager
def _everybody_alone(run_id: int, _number: int) -> Iterator[bool]:
    yield True


def test_without_locks_and_index_two_planners_open_two_orders(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(stage)
    plan = _plan(stage)
    monkeypatch.setattr(uploads, "sole", _everybody_alone)
    monkeypatch.setattr(batch, "needs_lock", Rendezvous(opening.needs_lock))
    names = ((Order, "order_one_live_a_target"), (OrderNeed, "need_in_one_order"), (NightParty, "night_party_once"))
    with without_constraint(*names[0]), without_constraint(*names[1]), without_constraint(*names[2]):
        with without_row_locks():
            outcomes = together(partial(_run, plan), partial(_run, plan))
        assert [outcome.fault for outcome in outcomes] == [None, None]
        assert Order.objects.count() == 2
        _drop_second()


def _drop_second() -> None:
    second = Order.objects.latest("pk")
    NightParty.objects.filter(order=second).delete()
    OrderNeed.objects.filter(order=second).delete()
    Order.objects.filter(pk=second.pk).update(state="cancelled")


def test_two_planners_at_once_open_each_order_once(stage: Cast) -> None:
    _parties(stage, 12)
    plan = _plan(stage)
    outcomes = together(*(partial(_run, plan, 3) for _ in range(4)))
    assert [outcome.fault for outcome in outcomes] == [None] * 4
    plan = _run(plan)
    assert (plan.state, plan.looked, plan.opened, Order.objects.count()) == (NightState.DONE, 12, 12, 12)
    _all_in_order()


def test_also_two_that_each_think_they_are_alone(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _parties(stage, 12)
    plan = _plan(stage)
    monkeypatch.setattr(uploads, "sole", _everybody_alone)
    outcomes = together(*(partial(_run, plan, 2) for _ in range(4)))
    assert [outcome.fault for outcome in outcomes] == [None] * 4
    plan.refresh_from_db()
    assert (plan.state, plan.looked, plan.opened, plan.needs, plan.held) == (NightState.DONE, 12, 12, 12, 0)
    assert Order.objects.count() == 12
    _all_in_order()


def test_two_nights_begun_at_once_are_one(stage: Cast) -> None:
    planned_case(stage)
    outcomes = together(*(partial(_plan, stage) for _ in range(4)))
    assert [outcome.fault for outcome in outcomes] == [None] * 4
    assert len({outcome.value.pk for outcome in outcomes}) == 1


def _open(stage: Cast, target: Target | None = None) -> Order:
    return orders.order_open(actor=stage.act(stage.dispatcher), target_id=(target or stage.target).pk)


def test_without_locks_and_index_planner_and_dispatcher_open_two_orders(
    stage: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check(stage)
    plan = _plan(stage)
    meet = Rendezvous(opening.needs_lock)
    monkeypatch.setattr(batch, "needs_lock", meet)
    monkeypatch.setattr(opening, "needs_lock", meet)
    with without_constraint(Order, "order_one_live_a_target"), without_constraint(OrderNeed, "need_in_one_order"):
        with without_row_locks():
            outcomes = together(partial(_run, plan), partial(_open, stage))
        assert [outcome.fault for outcome in outcomes] == [None, None]
        assert Order.objects.count() == 2
        _drop_second()


def test_without_the_locks_the_index_still_refuses_one(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(stage)
    plan = _plan(stage)
    read, meet = opening.needs_lock, Rendezvous(opening.needs_lock)
    monkeypatch.setattr(opening, "needs_lock", meet)
    met: list[int] = []

    def once(targets: Iterable[Target]) -> list[Need]:
        if met:  # refused by the index, it tries the party once more by itself
            return read(targets)
        met.append(1)
        found: list[Need] = meet(targets)
        return found

    monkeypatch.setattr(batch, "needs_lock", once)
    with without_row_locks():
        outcomes = together(partial(_run, plan), partial(_open, stage))
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert Order.objects.count() == 1
    _all_in_order()


def test_planner_and_dispatcher_open_one_order(stage: Cast) -> None:
    for number in range(5):
        target = _party(stage, number)
        _case, need = planned_case(stage, target=target)
        NightPlan.objects.all().delete()
        plan = _plan(stage)
        ran, opened = together(partial(_run, plan), partial(_open, stage, target))
        assert (ran.fault, opened.fault, ran.refused) == (None, None, None)
        assert opened.won or (opened.refused and opened.refused.code in ("live_order_exists", "no_open_need"))
        (live,) = Order.objects.filter(state__in=flow.LIVE, target=target)
        assert list(live.needs.all()) == [need]
        plan.refresh_from_db()
        assert (plan.state, plan.opened) == (NightState.DONE, int(not opened.won))
    _all_in_order()


def _arrive(stage: Cast, target: Target) -> None:
    _case, need = planned_case(stage, target=target, functions=["fire"])
    orders.need_place(actor=stage.act(stage.dispatcher), need_id=need.pk)


def test_without_the_locks_a_need_that_arrives_is_left_beside_the_order(
    stage: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_case(stage, functions=["market"])
    plan = _plan(stage)
    read, arrived = Flag(), Flag()

    def slowly(targets: Iterable[Target]) -> list[Need]:
        rows = opening.needs_lock(targets)
        read.set()
        assert arrived.wait(timeout=20)
        return rows

    def arrive() -> None:
        assert read.wait(timeout=20)
        _arrive(stage, stage.target)
        arrived.set()

    monkeypatch.setattr(batch, "needs_lock", slowly)
    with without_row_locks():
        outcomes = together(partial(_run, plan), arrive)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert Order.objects.get().needs.count() == 1
    assert Need.objects.filter(state=NeedState.OPEN).count() == 1


def test_a_need_that_arrives_during_the_night_is_never_lost(stage: Cast) -> None:
    for number in range(5):
        target = _party(stage, number)
        planned_case(stage, target=target, functions=["market"])
        NightPlan.objects.all().delete()
        plan = _plan(stage)
        ran, arrived = together(partial(_run, plan), partial(_arrive, stage, target))
        assert (ran.fault, arrived.fault, ran.refused, arrived.refused) == (None, None, None, None)
        (live,) = Order.objects.filter(state__in=flow.LIVE, target=target)
        assert live.needs.filter(order_links__released_at__isnull=True).count() == 2, "it came along or joined"
        assert live.parts.filter(squad=stage.squads["fire"]).count() == 1
    _all_in_order()


def test_planning_twice_changes_nothing(stage: Cast) -> None:
    _parties(stage, 4)
    _run(_plan(stage))
    before = (Order.objects.count(), Event.objects.count(), NightParty.objects.count())
    _run(_plan(stage))
    NightPlan.objects.all().delete()  # even a run that knows of no other opens nothing
    plan = _run(_plan(stage))
    assert (plan.state, plan.parties, plan.opened) == (NightState.DONE, 0, 0)
    assert (Order.objects.count(), Event.objects.count(), NightParty.objects.count() + 4) == before


def test_a_second_worker_leaves_a_run_that_is_under_way(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    _parties(stage, 2)
    plan = _plan(stage)
    inside, leave = Flag(), Flag()
    whole = batch.parties_plan

    def slowly(row: NightPlan, target_ids: list[int]) -> list[NightParty]:
        inside.set()
        assert leave.wait(timeout=20)
        return whole(row, target_ids)

    monkeypatch.setattr(running, "parties_plan", slowly)

    def second() -> NightPlan:
        assert inside.wait(timeout=20)
        seen = _run(plan)
        leave.set()
        return seen

    first, other = together(partial(_run, plan), second)
    assert (first.fault, other.fault) == (None, None)
    assert (other.value.state, other.value.looked) == (NightState.RUNNING, 0)
    assert (first.value.state, first.value.opened) == (NightState.DONE, 2)


def test_killed_in_the_middle_it_goes_on_where_it_stood(stage: Cast) -> None:
    _parties(stage, 40)
    plan = _plan(stage)
    planner = _planner(stage)
    assert planner.stderr is not None
    told = [planner.stderr.readline() for _ in range(3)]
    planner.send_signal(signal.SIGKILL)
    planner.wait(timeout=20)
    assert all("/40" in line for line in told), told
    plan.refresh_from_db()
    assert plan.state == NightState.RUNNING
    assert 3 <= plan.looked < 40
    assert plan.opened == plan.looked == Order.objects.count(), "how far it came is saved with the orders"
    _all_in_order()

    outcomes = _patiently(plan)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    plan.refresh_from_db()
    assert (plan.state, plan.looked, plan.opened, Order.objects.count()) == (NightState.DONE, 40, 40, 40)
    _all_in_order()


def _patiently(plan: NightPlan) -> list[Outcome]:
    """Two workers take over; the database may need a moment to notice that the dead one is gone."""
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute("SELECT count(*), pg_sleep(0.1) FROM pg_locks WHERE locktype = 'advisory'")
            if cursor.fetchone()[0] == 0:
                break
    return together(partial(_run, plan, 4), partial(_run, plan, 4))


def _planner(stage: Cast) -> subprocess.Popen[str]:
    """``manage.py plan_night`` as a process of its own, one party a transaction."""
    where = connection.settings_dict
    url = (
        f"postgres://{quote(where['USER'])}:{quote(where['PASSWORD'])}@{where['HOST']}:{where['PORT']}/{where['NAME']}"
    )
    return subprocess.Popen(
        [sys.executable, "manage.py", "plan_night", "--street", stage.street.code, "--batch", "1"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def test_two_sweeps_at_once_tell_the_office_once(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen that nobody was told yet."""
    _parties(stage, 1)
    _run(_plan(stage))
    monkeypatch.setattr(nights, "named", Rendezvous(named))

    def sweep() -> int:
        with pretend(now().astimezone().replace(hour=23)):
            return nights.nights_tell()

    both = together(sweep, sweep)
    assert [one.value for one in both] == [1, 1], both
    assert Message.objects.filter(text="night_done").count() == 1
