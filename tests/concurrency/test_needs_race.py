"""Needs that arrive at once while the party's order is live: each joins it once, a squad is called once."""

from __future__ import annotations

from functools import partial

import pytest

from cases.models import Event, Need, NeedState, Order, OrderNeed, Part
from cases.services import orders
from cases.services.orders import placing
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_constraint, without_row_locks
from tests.stage import issued_order, planned_case

pytestmark = pytest.mark.concurrency


def _place(stage: Cast, *needs: Need) -> list[Outcome]:
    actor = stage.act(stage.dispatcher)
    return together(*(partial(orders.need_place, actor=actor, need_id=need.pk) for need in needs))


def _two_for_fire(stage: Cast) -> tuple[Order, list[Need]]:
    """An issued order without the fire squad, and two needs that both ask for it."""
    order = issued_order(stage, functions=["market"])
    return order, [planned_case(stage, functions=["fire"])[1] for _ in range(2)]


def _fire_parts(order: Order, stage: Cast) -> int:
    return Part.objects.filter(order=order, squad=stage.squads["fire"]).count()


def test_without_locks_and_index_two_needs_call_one_squad_twice(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order, needs = _two_for_fire(stage)
    monkeypatch.setattr(placing, "target_lock", lambda pk: order.target)
    monkeypatch.setattr(placing, "parts_of", Rendezvous(lambda order: list(order.parts.all())))
    with without_constraint(Part, "part_once_a_squad"), without_row_locks():
        outcomes = _place(stage, *needs)
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert _fire_parts(order, stage) == 2
        Part.objects.filter(order=order, squad=stage.squads["fire"]).last().delete()  # type: ignore[union-attr]


def test_without_locks_the_index_still_refuses_a_second_call(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order, needs = _two_for_fire(stage)
    monkeypatch.setattr(placing, "target_lock", lambda pk: order.target)
    monkeypatch.setattr(placing, "parts_of", Rendezvous(lambda order: list(order.parts.all())))
    with without_row_locks():
        outcomes = _place(stage, *needs)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["squad_called"]
    assert _fire_parts(order, stage) == 1


def test_two_needs_join_one_order_and_call_the_squad_once(stage: Cast) -> None:
    order, needs = _two_for_fire(stage)
    outcomes = _place(stage, *needs)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert [outcome.value.pk for outcome in outcomes] == [order.pk, order.pk]
    assert _fire_parts(order, stage) == 1
    assert OrderNeed.objects.filter(order=order, released_at__isnull=True).count() == 3


def test_without_locks_and_index_one_need_stands_in_an_order_twice(
    stage: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = issued_order(stage, functions=["market"])
    _case, need = planned_case(stage, functions=["market"])
    monkeypatch.setattr(placing, "target_lock", lambda pk: order.target)
    monkeypatch.setattr(placing, "_needs_of", Rendezvous(placing._needs_of))
    with without_constraint(OrderNeed, "need_in_one_order"), without_row_locks():
        outcomes = _place(stage, need, need)
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert OrderNeed.objects.filter(need=need).count() == 2
        OrderNeed.objects.filter(need=need).last().delete()  # type: ignore[union-attr]


def test_one_need_placed_twice_at_once_joins_once(stage: Cast) -> None:
    order = issued_order(stage, functions=["market"])
    _case, need = planned_case(stage, functions=["market"])
    outcomes = _place(stage, need, need)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert sorted(outcome.value is None for outcome in outcomes) == [False, True]
    assert OrderNeed.objects.filter(need=need).count() == 1
    need.refresh_from_db()
    assert need.state == NeedState.ORDERED
    assert Event.objects.filter(kind="order.need_joined", order=order).count() == 1
