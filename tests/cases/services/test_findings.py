"""Findings: from failed answers, from reports, in an officer's words; each goes back to the case it came from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cases.models import (
    Attachment,
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    File,
    Finding,
    Order,
    Result,
)
from cases.services import findings, orders
from tests.cast import Cast, officer, refused
from tests.onscene import all_finish, all_there, answer, close, kinds, part_of, report_in, whistle
from tests.stage import issued_order, planned_case


@pytest.fixture
def order(cast: Cast) -> Order:
    return issued_order(cast, functions=["market", "urban"])


SQUADS = ("street", "market", "urban")


def test_each_failed_answer_makes_one_finding_with_a_clock(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    answer(cast, order, "MK-01", Result.FAILS, note="演示·执照未悬挂")
    answer(cast, order, "UR-01", Result.FAILS, text_value="停用")
    all_finish(cast, order, SQUADS)
    close(cast, order)
    by_code = {finding.item.code: finding for finding in Finding.objects.all() if finding.item}
    assert set(by_code) == {"MK-01", "UR-01"}
    assert by_code["MK-01"].text == "营业执照: 演示·执照未悬挂"
    assert by_code["MK-01"].clause_group == "licence"
    assert by_code["UR-01"].clause_group == "barbecue"  # the item has none: the category's
    assert by_code["MK-01"].found_by == cast.market_officers[0]
    clocks = Deadline.objects.filter(kind=DeadlineKind.RULING, state=DeadlineState.RUNNING)
    assert clocks.count() == 2
    case = Case.objects.get()
    assert (case.stage, case.due_kind) == (CaseStage.RULING, DeadlineKind.RULING)


def test_a_measured_finding_names_value_and_limit(cast: Cast) -> None:
    order = issued_order(cast, functions=["street"])
    report_in(cast, order, "street")
    answer(cast, order, "ST-02", None, value=Decimal("72.5"))
    all_finish(cast, order, ["street"])
    close(cast, order)
    text = Finding.objects.get().text
    assert "72.5 dB(A) > " in text
    assert "GB 22337-2008" in text


def test_a_finding_goes_back_to_the_case_it_came_from(cast: Cast) -> None:
    barbecue, _ = planned_case(cast, category="05-10", functions=["market", "urban"])
    fumes, need = planned_case(cast, category="01-16", functions=["urban"])
    order = whistle(cast, orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk))
    all_there(cast, order, SQUADS)
    answer(cast, order, "MK-02", Result.FAILS, note="演示·许可证过期")
    all_finish(cast, order, SQUADS)
    close(cast, order)
    finding = Finding.objects.get()
    assert finding.need is not None
    assert finding.need.case == barbecue
    assert findings.need_behind(order.pk, cast.agencies["urban"], cast.items["UR-02"]) is not None
    assert {case.stage for case in Case.objects.all()} == {CaseStage.RULING}
    assert fumes.needs.get() == need


def test_an_officer_adds_a_fact_in_words(cast: Cast, order: Order) -> None:
    report_in(cast, order, "market")
    part = part_of(order, cast, "market")
    file = File.objects.create(key="k", sha256="0" * 64, size=1, content_type="image/jpeg")
    finding = findings.finding_add(
        actor=cast.act(cast.market_officers[0]),
        part_id=part.pk,
        text="演示·后厨无防鼠设施",
        clause_group="hygiene",
        files=[file],
    )
    assert (finding.clause_group, finding.agency, finding.item) == ("hygiene", cast.agencies["market"], None)
    assert Attachment.objects.get().finding == finding
    assert kinds(order)[-1] == "order.finding_added"
    assert "后厨" not in order.events.order_by("seq").last().body  # type: ignore[union-attr]
    assert not Deadline.objects.filter(finding=finding).exists()  # the clock starts when the visit is closed


def test_who_may_add_a_finding_and_when(cast: Cast, order: Order) -> None:
    part = part_of(order, cast, "market")
    with refused("wrong_stage"):
        findings.finding_add(actor=cast.act(cast.market_officers[0]), part_id=part.pk, text="演示")
    report_in(cast, order, "market")
    for person, code in (
        (cast.urban_officers[0], "not_allowed"),
        (cast.auxiliary, "not_allowed"),
        (cast.dispatcher, "not_allowed"),
        (officer("market3", "市监后备", cast.squads["market"]), "not_on_the_visit"),
    ):
        with refused(code, status=403):
            findings.finding_add(actor=cast.act(person), part_id=part.pk, text="演示")
    actor = cast.act(cast.market_officers[0])
    with refused("text_needed"):
        findings.finding_add(actor=actor, part_id=part.pk, text=" ")
    with refused("item_unknown"):
        findings.finding_add(actor=actor, part_id=part.pk, text="演示", item_id=cast.items["FI-01"].pk)
    with refused("wrong_stage"):
        findings.finding_add(
            actor=cast.act(cast.urban_officers[0]), part_id=part_of(order, cast, "urban").pk, text="演示"
        )


def test_a_fact_added_after_the_visit_has_its_clock_at_once(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    answer(cast, order, "MK-01", Result.FAILS)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    finding = findings.finding_add(
        actor=cast.act(cast.market_officers[0]), part_id=part_of(order, cast, "market").pk, text="演示·补充"
    )
    assert Deadline.objects.get(finding=finding).state == DeadlineState.RUNNING
