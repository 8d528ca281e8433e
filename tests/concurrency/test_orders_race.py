"""Two people do the same thing at once: one wins, the other reads why. Each race is shown with the guard off first."""

from __future__ import annotations

from functools import partial

import pytest

from cases.models import Event, Need, Order, OrderState, Part, PartState, Target
from cases.services import orders
from cases.services.orders import calling, issuing, opening
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_constraint
from tests.stage import issued_order, planned_case

pytestmark = pytest.mark.concurrency


def _one_wins(outcomes: list[Outcome], *codes: str) -> None:
    assert [outcome.fault for outcome in outcomes] == [None] * len(outcomes)
    assert sum(outcome.won for outcome in outcomes) == 1
    losers = [outcome.refused for outcome in outcomes if outcome.refused is not None]
    assert {refused.code for refused in losers} <= set(codes)
    assert all(str(refused) for refused in losers)


def _open(stage: Cast, need_id: int) -> Order:
    return orders.order_open(actor=stage.act(stage.dispatcher), target_id=stage.target.pk, need_ids=[need_id])


def test_without_lock_and_index_a_party_gets_two_live_orders(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [planned_case(stage)[1].pk for _ in range(2)]
    monkeypatch.setattr(opening, "target_lock", lambda pk: Target.objects.get(pk=pk))
    monkeypatch.setattr(opening, "live_refuse", Rendezvous(opening.live_refuse))
    with without_constraint(Order, "order_one_live_a_target"):
        outcomes = together(*(lambda pk=pk: _open(stage, pk) for pk in needs))
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert Order.objects.filter(state=OrderState.DRAFTED).count() == 2
        Order.objects.filter(pk=outcomes[1].value.pk).update(state=OrderState.CANCELLED)


def test_without_the_lock_the_index_still_refuses(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [planned_case(stage)[1].pk for _ in range(2)]
    monkeypatch.setattr(opening, "target_lock", lambda pk: Target.objects.get(pk=pk))
    monkeypatch.setattr(opening, "live_refuse", Rendezvous(opening.live_refuse))
    _one_wins(together(*(lambda pk=pk: _open(stage, pk) for pk in needs)), "live_order_exists")
    assert Order.objects.count() == 1


def test_two_dispatchers_open_an_order_for_one_party(stage: Cast) -> None:
    needs = [planned_case(stage)[1].pk for _ in range(2)]
    _one_wins(together(*(lambda pk=pk: _open(stage, pk) for pk in needs)), "live_order_exists")
    assert Order.objects.count() == 1
    assert Event.objects.filter(kind="order.drafted").count() == 1


def _unlocked_order(order_id: int) -> Order:
    return Order.objects.select_related("target").get(pk=order_id)


def _issue(stage: Cast, order: Order) -> Order:
    return orders.order_issue(actor=stage.act(stage.dispatcher), order_id=order.pk)


def _approved(stage: Cast) -> Order:
    planned_case(stage)
    order = orders.order_open(actor=stage.act(stage.dispatcher), target_id=stage.target.pk)
    orders.order_submit(actor=stage.act(stage.dispatcher), order_id=order.pk)
    return orders.order_approve(actor=stage.act(stage.head), order_id=order.pk)


def test_without_the_lock_an_order_is_issued_twice(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order = _approved(stage)
    monkeypatch.setattr(issuing, "order_lock", Rendezvous(_unlocked_order))
    monkeypatch.setattr(issuing, "cases_of", lambda order: [])
    monkeypatch.setattr(issuing, "parts_of", lambda order: [])
    outcomes = together(lambda: _issue(stage, order), lambda: _issue(stage, order))
    assert [outcome.won for outcome in outcomes] == [True, True]
    assert Event.objects.filter(kind="order.issued").count() == 2


def test_two_dispatchers_issue_one_order(stage: Cast) -> None:
    order = _approved(stage)
    _one_wins(together(lambda: _issue(stage, order), lambda: _issue(stage, order)), "wrong_stage", "approval_needed")
    assert Event.objects.filter(kind="order.issued").count() == 1


def _acknowledge(stage: Cast, part: Part, index: int) -> Part:
    return orders.part_acknowledge(actor=stage.act(stage.market_officers[index]), part_id=part.pk)


def test_without_the_lock_two_officers_both_acknowledge(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order = issued_order(stage)
    part = order.parts.get(squad=stage.squads["market"])

    def unlocked(part_id: int) -> tuple[Part, Order]:
        row = Part.objects.select_related("order", "squad", "agency").get(pk=part_id)
        return row, row.order

    monkeypatch.setattr(calling, "part_lock", Rendezvous(unlocked))
    monkeypatch.setattr(calling, "cases_of", lambda order: [])
    outcomes = together(lambda: _acknowledge(stage, part, 0), lambda: _acknowledge(stage, part, 1))
    assert [outcome.won for outcome in outcomes] == [True, True]


def test_two_officers_acknowledge_one_part(stage: Cast) -> None:
    order = issued_order(stage)
    part = order.parts.get(squad=stage.squads["market"])
    _one_wins(together(lambda: _acknowledge(stage, part, 0), lambda: _acknowledge(stage, part, 1)), "wrong_stage")
    assert Event.objects.filter(kind="order.part_acknowledged").count() == 1


def test_acknowledging_and_cancelling_at_once(stage: Cast) -> None:
    for _round in range(5):
        order = issued_order(stage)
        part = order.parts.get(squad=stage.squads["market"])
        outcomes = together(
            partial(_acknowledge, stage, part, 0),
            partial(orders.order_cancel, actor=stage.act(stage.head), order_id=order.pk, reason="对象停业"),
        )
        assert [outcome.fault for outcome in outcomes] == [None, None]
        order.refresh_from_db()
        assert order.state == OrderState.CANCELLED
        assert set(order.parts.values_list("state", flat=True)) == {PartState.RELEASED}
        Need.objects.update(state="withdrawn")


def test_a_need_arriving_while_the_order_is_cancelled_is_never_lost(stage: Cast) -> None:
    for _round in range(5):
        order = issued_order(stage, functions=["market"])
        _case, need = planned_case(stage, functions=["fire"])
        outcomes = together(
            partial(orders.need_place, actor=stage.act(stage.dispatcher), need_id=need.pk),
            partial(orders.order_cancel, actor=stage.act(stage.head), order_id=order.pk, reason="对象停业"),
        )
        assert [outcome.fault for outcome in outcomes] == [None, None]
        need.refresh_from_db()
        assert need.state == "open"
        assert not need.order_links.filter(released_at__isnull=True).exists()
        Need.objects.update(state="withdrawn")


def test_the_lock_order_starts_at_the_target(stage: Cast) -> None:
    """An order whose target changes between the two reads of ``order_lock`` is locked under its new target."""
    order = issued_order(stage)
    outcomes = together(
        lambda: orders.order_change_target(
            actor=stage.act(stage.dispatcher), order_id=order.pk, target_id=stage.supermarket.pk, reason="认错门"
        ),
        partial(orders.part_urge, actor=stage.act(stage.dispatcher), part_id=order.parts.all()[0].pk),
    )
    assert [outcome.fault for outcome in outcomes] == [None, None]
