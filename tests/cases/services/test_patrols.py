"""A patrol's finding in one write: nothing or everything."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Attachment,
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    File,
    Finding,
    Need,
    NeedCause,
    Order,
    OrderKind,
    OrderState,
    Part,
    PartState,
    ReportIn,
    Ruling,
    Target,
    VisitOfficer,
)
from cases.services import orders, patrols
from tests.cast import LAT, LNG, Cast, make_cast, refused, unchanged
from tests.onscene import kinds
from tests.stage import planned_case


def record(cast: Cast, **more: Any) -> Case:
    first, second = cast.street_officers
    facts: dict[str, Any] = {
        "squad_id": cast.squads["street"].pk,
        "partner_ids": [second.pk],
        "target_id": cast.supermarket.pk,
        "category_id": cast.categories["05-07"].pk,
        "text": "演示·门外堆放",
        "outcome": "caution_card",
        "reason": "演示·轻微",
        "corrected_on_spot": True,
        "lat": LAT + 0.005,
        "lng": LNG,
        **more,
    }
    return patrols.patrol_record(actor=cast.act(first), **facts)


def test_one_write_makes_the_whole_record(cast: Cast) -> None:
    file = File.objects.create(key="p", sha256="0" * 64, size=1, content_type="image/jpeg")
    case = record(cast, files=[file])
    order, part, ruling = Order.objects.get(), Part.objects.get(), Ruling.objects.get()
    assert (case.source, case.stage, case.target) == ("patrol", CaseStage.RECTIFYING, cast.supermarket)
    assert (order.kind, order.state, order.urgent_first) == (OrderKind.ROUTINE, OrderState.DONE, True)
    assert (part.state, part.is_lead) == (PartState.DONE, True)
    assert VisitOfficer.objects.filter(counts=True).count() == 2
    assert Finding.objects.get().clause_group == "stacking"
    assert Attachment.objects.get().finding == Finding.objects.get()
    assert ruling.corrected_at is not None
    approval = Deadline.objects.get(order=order)
    assert (approval.kind, approval.state) == (DeadlineKind.APPROVAL, DeadlineState.RUNNING)
    assert order.issued_at is not None
    assert abs(approval.due_at - order.issued_at - timedelta(hours=24)) < timedelta(seconds=5)  # by the office's rule
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert need.from_day == timezone.localdate(now()) + timedelta(days=1)
    assert kinds(order) == [
        "order.drafted",
        "order.issued",
        "order.reported_in",
        "order.visit_closed",
        "order.ruled",
        "order.done",
    ]
    assert kinds(case)[-1] == "case.recheck_planned"
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    assert Deadline.objects.get(order=order).state == DeadlineState.MET


def test_guidance_goes_to_the_check_after(cast: Cast) -> None:
    case = record(cast, outcome="guidance", corrected_on_spot=False)
    assert case.stage == CaseStage.CHECKING
    assert not Need.objects.filter(cause=NeedCause.RECHECK).exists()


def test_a_patrol_stands_in_no_live_orders_way(cast: Cast) -> None:
    planned_case(cast, functions=["market"])
    live = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    case = record(cast, target_id=cast.target.pk, lat=LAT, outcome="guidance", corrected_on_spot=False)
    assert case.needs.get().order_links.get().order != live
    live.refresh_from_db()
    assert live.state == OrderState.DRAFTED


def test_an_unregistered_party_is_made(cast: Cast) -> None:
    case = record(cast, target_id=None, new_party={"name": "演示·流动摊", "kind": "vendor"}, outcome="guidance")
    target = Target.objects.get(name="演示·流动摊")
    assert (case.target, target.street, target.lat) == (target, cast.street, LAT + 0.005)
    with refused("target_needed"):
        record(cast, target_id=None)


def test_a_squad_of_the_whole_district_is_placed_by_its_point(cast: Cast) -> None:
    first, second = cast.fire_officers
    facts: dict[str, Any] = {
        "actor": cast.act(first),
        "squad_id": cast.squads["fire"].pk,
        "partner_ids": [second.pk],
        "new_party": {"name": "演示·小仓库"},
        "category_id": cast.categories["05-07"].pk,
        "text": "演示·堵塞通道",
        "outcome": "guidance",
        "reason": "演示",
    }
    with refused("street_needed"):
        patrols.patrol_record(**facts)
    case = patrols.patrol_record(**facts, lat=LAT, lng=112.62)
    assert case.street == cast.other_street


def test_refusals_leave_nothing(cast: Cast) -> None:
    for more, code in (
        ({"partner_ids": []}, "too_few_officers"),
        ({"partner_ids": [cast.auxiliary.pk]}, "too_few_officers"),
        ({"partner_ids": [cast.market_officers[0].pk]}, "too_few_officers"),
        ({"text": " "}, "text_needed"),
        ({"category_id": 0}, "category_needed"),
        ({"target_id": cast.foreign_target.pk}, "other_street"),
        ({"lat": LAT + 0.1}, "far_reason_needed"),
        ({"item_id": cast.items["MK-01"].pk}, "item_unknown"),
        ({"outcome": "rectification", "corrected_on_spot": False, "measures": "演示"}, "due_needed"),
        ({"outcome": "hand_over"}, "handed_to_needed"),
        ({"reason": ""}, "reason_needed"),
        ({"squad_id": cast.squads["market"].pk}, "not_allowed"),
    ):
        with refused(code):
            record(cast, **more)
    for user in (cast.auxiliary, cast.dispatcher, cast.grid_worker):
        with refused("not_allowed", status=403):
            patrols.patrol_record(
                actor=cast.act(user),
                squad_id=cast.squads["street"].pk,
                partner_ids=[cast.leader.pk],
                target_id=cast.supermarket.pk,
                category_id=cast.categories["05-07"].pk,
                text="演示",
                outcome="guidance",
                reason="演示",
            )


def test_the_same_key_twice_is_one_patrol(cast: Cast) -> None:
    case = record(cast, client_key="p1")
    with unchanged():
        assert record(cast, client_key="p1") == case
    market = cast.market_officers
    with unchanged(), refused("already_sent", status=422):
        patrols.patrol_record(
            actor=cast.act(market[0]),
            squad_id=cast.squads["market"].pk,
            partner_ids=[market[1].pk],
            target_id=cast.supermarket.pk,
            category_id=cast.categories["05-07"].pk,
            text="演示·门外堆放",
            outcome="guidance",
            reason="演示",
            client_key="p1",
        )


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_once_are_one_patrol() -> None:
    cast = make_cast()
    barrier, made = Barrier(2), []

    def send() -> None:
        try:
            barrier.wait(5)
            made.append(record(cast, client_key="p2").pk)
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 2
    assert len(set(made)) == 1
    assert (ReportIn.objects.count(), Case.objects.count(), Order.objects.count()) == (1, 1, 1)
