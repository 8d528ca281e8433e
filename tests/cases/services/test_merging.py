"""Two entries were one party: everything moves, one live order stays, nothing is lost."""

from __future__ import annotations

import pytest

from cases.models import Case, Event, Need, NeedState, Order, OrderState, Target, TargetChange
from cases.selectors.partychange import changes_of
from cases.services import merging, needs, orders, parties
from tests.cast import Cast, refused
from tests.stage import issued_order, planned_case

WHY = "演示·同一家店录了两次"


def merge(cast: Cast, **more: object) -> Target:
    given = {"survivor_id": cast.target.pk, "absorbed_id": cast.supermarket.pk, "reason": WHY, **more}
    return merging.parties_merge(actor=cast.act(cast.dispatcher), **given)  # type: ignore[arg-type]


def test_everything_moves_and_is_told(cast: Cast) -> None:
    case, need = planned_case(cast, target=cast.supermarket)
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk)
    older = parties.target_create(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, name="演示·更早")
    Target.objects.filter(pk=older.pk).update(merged_into=cast.supermarket)
    survivor = merge(cast, take=["phone", "address"])
    for row in (case, need, order):
        row.refresh_from_db()
        assert row.target_id == survivor.pk
    assert survivor.aliases == [cast.supermarket.name]
    assert (survivor.address, survivor.name) == (cast.supermarket.address, cast.target.name)
    gone = Target.objects.get(pk=cast.supermarket.pk)
    assert gone.merged_into == survivor
    assert gone.name == cast.supermarket.name
    older.refresh_from_db()
    assert older.merged_into == survivor
    kinds = list(Event.objects.filter(kind__endswith=".target_changed").values_list("kind", flat=True).order_by("kind"))
    assert kinds == ["case.target_changed", "order.target_changed"]
    told = changes_of(survivor)[0]
    assert (told.kind, told.other, told.reason) == ("absorbed", gone, WHY)
    assert told.changes["moved"][1] == {
        "cases": [case.pk], "needs": [need.pk], "orders": [order.pk], "complaints": [],
    }  # fmt: skip
    assert TargetChange.objects.filter(target=gone, kind="merged", other=survivor).exists()


def test_of_two_live_orders_one_gives_way(cast: Cast) -> None:
    kept = issued_order(cast)
    case, need = planned_case(cast, target=cast.supermarket, functions=["fire"])
    dropped = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk)
    with refused("two_live_orders"):
        merge(cast)
    with refused("two_live_orders"):
        merge(cast, keep_order_id=0)
    with refused("not_allowed"):  # whoever edits parties cancels orders today; it is asked all the same
        merging._live_choose(cast.act(cast.checker), cast.target, cast.supermarket, kept.pk)
    merge(cast, keep_order_id=kept.pk)
    dropped.refresh_from_db()
    need.refresh_from_db()
    case.refresh_from_db()
    assert (dropped.state, dropped.cancelled_reason) == (OrderState.CANCELLED, WHY)
    assert need.state == NeedState.ORDERED
    assert need.order_links.get(released_at__isnull=True).order_id == kept.pk
    assert case.target_id == cast.target.pk
    assert Order.objects.filter(target=cast.target, parts__agency=cast.agencies["fire"], pk=kept.pk).exists()


def test_the_absorbed_ones_order_may_be_the_one_that_goes_on(cast: Cast) -> None:
    planned_case(cast)
    dropped = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    planned_case(cast, target=cast.supermarket)
    kept = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk)
    merge(cast, keep_order_id=kept.pk)
    kept.refresh_from_db()
    dropped.refresh_from_db()
    assert (kept.target_id, kept.state, dropped.state) == (cast.target.pk, OrderState.DRAFTED, OrderState.CANCELLED)
    assert Need.objects.filter(target=cast.target, state=NeedState.ORDERED).count() == 2
    assert Case.objects.filter(target=cast.target).count() == 2


def test_the_code_goes_along(cast: Cast) -> None:
    actor = cast.act(cast.dispatcher)
    parties.target_update(actor=actor, target_id=cast.supermarket.pk, uscc="91149901MA0000000A")
    survivor = merge(cast, take=["uscc"])
    assert survivor.uscc == "91149901MA0000000A"
    assert Target.objects.get(pk=cast.supermarket.pk).uscc is None


def test_what_is_refused(cast: Cast) -> None:
    with refused("merge_same", status=422):
        merge(cast, absorbed_id=cast.target.pk)
    with refused("reason_needed", status=422):
        merge(cast, reason=" ")
    with refused("not_allowed", status=403):
        merge(cast, absorbed_id=cast.foreign_target.pk)
    with refused("not_found", status=404):
        merge(cast, absorbed_id=0)
    with refused("target_stale"):
        merge(cast, versions={cast.target.pk: cast.target.version, cast.supermarket.pk: 7})
    for user in (cast.outsider, cast.leader, cast.auditor, cast.supervisor):
        with refused("not_allowed", status=403):
            merging.parties_merge(
                actor=cast.act(user), survivor_id=cast.target.pk, absorbed_id=cast.supermarket.pk, reason=WHY
            )
    with pytest.raises(TypeError):
        merge(cast, take=["street"])
    merge(cast)
    with refused("target_merged"):
        merge(cast)
    with refused("target_merged"):
        parties.target_update(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk, name="演示·改")
    with refused("target_merged"):
        orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk)
    with refused("target_merged"):
        needs.need_open(
            actor=cast.act(cast.dispatcher),
            target_id=cast.supermarket.pk,
            cause="planned",
            agency_ids=cast.agency_ids("market"),
        )
