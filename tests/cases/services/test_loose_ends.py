"""An order that becomes urgent on the way, a test called off, files that don't stay."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases.clock.moment import now, pretend
from cases.models import (
    Answer,
    Deadline,
    DeadlineKind,
    DeadlineState,
    ImportRun,
    LabState,
    LabTest,
    Order,
    OrderState,
    PartItem,
    Result,
    RunState,
    Setting,
    VisitState,
)
from cases.services import followups, imports, orders, visits
from tests.cast import Cast, refused, unchanged
from tests.onscene import all_finish, all_there, answer, close, kinds, part_of
from tests.stage import issued_order, planned_case

# an order becomes urgent


def clocks(order: Order) -> dict[tuple[str, int], Deadline]:
    rows = Deadline.objects.filter(part__order=order, state=DeadlineState.RUNNING).select_related("part")
    return {(row.kind, row.part.squad_id): row for row in rows if row.part}


def test_an_urgent_need_makes_an_issued_order_urgent(cast: Cast) -> None:
    start = timezone.localtime().replace(hour=10, minute=0)
    with pretend(start):
        order = issued_order(cast, functions=["market"])
        orders.part_acknowledge(actor=cast.act(cast.market_officers[0]), part_id=part_of(order, cast, "market").pk)
        before = clocks(order)
    with pretend(start + timedelta(minutes=10)):
        case, need = planned_case(cast, functions=["market", "fire"], urgency="urgent")
        assert orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk) == order
        moment = now()
    order.refresh_from_db()
    case.refresh_from_db()
    assert order.urgency == "urgent"
    after = clocks(order)
    market, street, fire = (cast.squads[name].pk for name in ("market", "street", "fire"))
    half_hour, hour = moment + timedelta(minutes=30), moment + timedelta(minutes=60)
    assert (DeadlineKind.ACKNOWLEDGE, market) not in after, "what was answered is not asked again"
    for kind, squad, due in (
        (DeadlineKind.ACKNOWLEDGE, street, half_hour),
        (DeadlineKind.ACKNOWLEDGE, fire, half_hour),
        (DeadlineKind.REPORT_IN, market, hour),
        (DeadlineKind.REPORT_IN, street, hour),
        (DeadlineKind.REPORT_IN, fire, hour),
    ):
        row = after[kind, squad]
        assert (row.due_at, row.urgent, row.level) == (due, True, 0), (kind, squad)
        assert row.next_at == row.warn_at
        if (kind, squad) in before:
            assert row.due_at <= before[kind, squad].due_at
    assert case.due_at == half_hour
    event = order.events.order_by("-seq").first()
    assert event is not None
    assert '"hastened":true' in event.body


def test_a_clock_that_ends_sooner_anyway_is_not_lengthened(cast: Cast) -> None:
    start = timezone.localtime().replace(hour=10, minute=0)
    with pretend(start):
        order = issued_order(cast, functions=["market"])
    soon = {key: row.due_at for key, row in clocks(order).items()}
    with pretend(min(soon.values()) - timedelta(minutes=10)):
        _case, need = planned_case(cast, functions=["market"], urgency="urgent")
        orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk)
    after = clocks(order)
    for key, due in soon.items():
        assert after[key].due_at <= due
        assert after[key].urgent
    acknowledge = [key for key in soon if key[0] == DeadlineKind.ACKNOWLEDGE]
    assert all(after[key].due_at == soon[key] for key in acknowledge)


def test_a_general_need_changes_no_clock(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    before = {key: row.due_at for key, row in clocks(order).items()}
    _case, need = planned_case(cast, functions=["market"])
    orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk)
    order.refresh_from_db()
    assert order.urgency == "general"
    assert {key: row.due_at for key, row in clocks(order).items()} == before


# a test is called off


@pytest.fixture
def tested(cast: Cast) -> LabTest:
    order = issued_order(cast, functions=["urban"])
    all_there(cast, order, ["street", "urban"])
    item = PartItem.objects.get(part__order=order, item__code="UR-02")
    return visits.lab_commission(
        actor=cast.act(cast.urban_officers[0]), part_item_id=item.pk, laboratory_id=cast.squads["laboratory"].pk
    )


def test_called_off_on_scene_the_item_is_open_again(cast: Cast, tested: LabTest) -> None:
    order = tested.visit.order
    done = followups.lab_cancel(actor=cast.act(cast.urban_officers[0]), lab_test_id=tested.pk, reason="演示·采样管破损")
    assert done.state == LabState.CANCELLED
    assert not Answer.objects.filter(part_item=tested.part_item).exists()
    assert Deadline.objects.get(lab_test=tested).state == DeadlineState.CANCELLED
    assert kinds(order)[-1] == "order.lab_cancelled"
    answer(cast, order, "UR-02", Result.NOT_APPLICABLE)
    with refused("lab_cancelled"):
        followups.lab_cancel(actor=cast.act(cast.dispatcher), lab_test_id=tested.pk, reason="演示")
    with refused("lab_reported"):
        followups.lab_report(
            actor=cast.act(cast.lab_technician), lab_test_id=tested.pk, value=Decimal(1), report_number="1"
        )


def test_called_off_after_the_visit_the_order_is_settled(cast: Cast, tested: LabTest) -> None:
    order = tested.visit.order
    all_finish(cast, order, ["street", "urban"])
    visit = close(cast, order)
    assert visit.state == VisitState.CLOSED
    order.refresh_from_db()
    assert order.state == OrderState.RULING
    followups.lab_cancel(actor=cast.act(cast.dispatcher), lab_test_id=tested.pk, reason="演示·商户已停业")
    order.refresh_from_db()
    assert order.state == OrderState.DONE
    given = Answer.objects.get(part_item=tested.part_item)
    assert (given.result, given.note) == (Result.NOT_APPLICABLE, "演示·商户已停业")


def test_who_may_call_a_test_off(cast: Cast, tested: LabTest) -> None:
    for person in (cast.market_officers[0], cast.lab_technician, cast.auxiliary, cast.outsider, cast.checker):
        with refused("not_allowed", status=403):
            followups.lab_cancel(actor=cast.act(person), lab_test_id=tested.pk, reason="演示")
    with refused("reason_needed", status=422):
        followups.lab_cancel(actor=cast.act(cast.dispatcher), lab_test_id=tested.pk, reason=" ")
    followups.lab_report(
        actor=cast.act(cast.lab_technician), lab_test_id=tested.pk, value=Decimal(1), report_number="演-1"
    )
    with refused("lab_reported"):
        followups.lab_cancel(actor=cast.act(cast.dispatcher), lab_test_id=tested.pk, reason="演示")


# files don't stay

CSV = "工单编号,诉求内容\nYZ001,演示·油烟\n,演示·没有编号\n"


def uploaded(cast: Cast) -> ImportRun:
    upload = SimpleUploadedFile("orders.csv", CSV.encode())
    return imports.run_create(actor=cast.act(cast.dispatcher), street_id=cast.street.pk, upload=upload)


def test_a_file_that_nobody_takes_in_is_removed(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    Setting.objects.create(key="import_file_days", value=3, street=cast.street)
    dispatcher = cast.act(cast.dispatcher)
    looked_at, rehearsed, released = uploaded(cast), uploaded(cast), uploaded(cast)
    imports.run_start(actor=dispatcher, run_id=rehearsed.pk, dry_run=True)
    imports.run_execute(run_id=rehearsed.pk)
    imports.run_start(actor=dispatcher, run_id=released.pk)
    stray = Path(looked_at.path).with_name("stray")
    stray.write_text("x")
    os.utime(stray, (0, 0))
    assert imports.uploads_sweep() == 1, "only what no run names"
    with pretend(now() + timedelta(days=3, minutes=1)):
        assert imports.uploads_sweep() == 2
        with unchanged():
            assert imports.uploads_sweep() == 0
    for run in (looked_at, rehearsed):
        run.refresh_from_db()
        assert run.path == ""
        with refused("file_gone"):
            imports.run_start(actor=dispatcher, run_id=run.pk)
    assert (rehearsed.state, rehearsed.refused) == (RunState.DONE, 1), "what it said stays"
    assert imports.run_execute(run_id=released.pk).added == 1, "a released one goes on"
    assert list((tmp_path / "private" / "imports").iterdir()) == []
