"""The visit: who may stand there, what they answer, what goes to a laboratory, how it ends."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cases.models import (
    Answer,
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Finding,
    LabTest,
    Need,
    NeedState,
    Order,
    OrderState,
    Part,
    PartItem,
    PartState,
    ReportIn,
    Result,
    Visit,
    VisitOfficer,
)
from cases.services import casefile, followups, orders, visits
from tests.cast import LAT, Cast, officer, refused, unchanged
from tests.onscene import all_finish, all_there, answer, answer_rest, at, close, kinds, part_of, report_in
from tests.stage import issued_order, planned_case


@pytest.fixture
def order(cast: Cast) -> Order:
    return issued_order(cast, functions=["market", "urban"])


SQUADS = ("street", "market", "urban")


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


# reporting in


def test_the_first_report_in_ends_the_live_order(cast: Cast, order: Order) -> None:
    report = report_in(cast, order, "market", party_person="演示·店员", party_role="店员")
    case = Case.objects.get()
    assert fresh(order).state == OrderState.ON_SCENE
    assert case.stage == CaseStage.VISITING
    assert report.distance_m == pytest.approx(0, abs=1)
    assert set(VisitOfficer.objects.values_list("user_id", "counts")) == {(o.pk, True) for o in cast.market_officers}
    assert all(row.certificate for row in VisitOfficer.objects.all())
    part = part_of(order, cast, "market")
    assert (part.state, part.on_scene_at is not None) == (PartState.ON_SCENE, True)
    clocks = dict(Deadline.objects.filter(part=part).values_list("kind", "state"))
    assert clocks == {DeadlineKind.ACKNOWLEDGE: DeadlineState.MET, DeadlineKind.REPORT_IN: DeadlineState.MET}
    others = Deadline.objects.filter(part__order=order, kind=DeadlineKind.REPORT_IN).exclude(part=part)
    assert set(others.values_list("state", flat=True)) == {DeadlineState.RUNNING}
    event = order.events.get(kind="order.reported_in")
    assert event.used_seconds is not None
    assert event.late is False
    assert "case.visit_started" in kinds(case)
    # the target is free for the next urgent order
    planned_case(cast, functions=["fire"])
    assert orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk).pk != order.pk


def test_the_second_squad_joins_the_same_visit(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    assert Visit.objects.count() == 1
    assert ReportIn.objects.count() == 3
    assert kinds(Case.objects.get()).count("case.visit_started") == 1
    with refused("wrong_stage"):
        report_in(cast, order, "market")


def test_fewer_than_two_valid_certificates_is_refused_and_says_why(cast: Cast, order: Order) -> None:
    people = [cast.leader, cast.auxiliary, cast.expired_officer, cast.market_officers[0]]
    with refused("too_few_officers", status=422) as caught:
        report_in(cast, order, "street", officer_ids=[person.pk for person in people])
    codes = {note["code"] for note in caught.value.params["notes"]}  # type: ignore[attr-defined]
    assert codes == {"officer_is_auxiliary", "certificate_expired", "officer_of_another_agency"}
    assert caught.value.params["have"] == 1
    sentence = str(caught.value)
    for person in people[1:]:
        assert person.name in sentence
    assert cast.leader.name not in sentence


def test_revoked_and_unknown_people_do_not_count(cast: Cast, order: Order) -> None:
    first, second = cast.market_officers
    second.certificates.update(revoked_on="2024-01-01")
    with refused("too_few_officers") as caught:
        report_in(cast, order, "market")
    assert caught.value.params["notes"][0]["code"] == "certificate_revoked"  # type: ignore[index]
    second.is_active = False
    second.save()
    with refused("person_unknown"):
        report_in(cast, order, "market", officer_ids=[first.pk, second.pk])


def test_one_person_counts_for_one_squad_only(cast: Cast, order: Order) -> None:
    report_in(cast, order, "market")
    double = cast.market_officers[1]
    officer("double", "两证队员", cast.squads["urban"])
    from teams.models import Assignment, Certificate

    Assignment.objects.create(user=double, role="officer", squad=cast.squads["urban"], starts_on="2020-01-01")
    Certificate.objects.create(
        user=double, agency=cast.agencies["urban"], number="演示证双", valid_from="2020-01-01", valid_until="2099-01-01"
    )
    with refused("too_few_officers") as caught:
        report_in(cast, order, "urban", officer_ids=[cast.urban_officers[0].pk, double.pk])
    assert caught.value.params["notes"][0]["code"] == "officer_counted_already"  # type: ignore[index]


def test_an_auxiliary_may_come_along(cast: Cast, order: Order) -> None:
    report_in(cast, order, "street", officer_ids=[o.pk for o in (*cast.street_officers, cast.leader, cast.auxiliary)])
    assert VisitOfficer.objects.get(user=cast.auxiliary).counts is False


def test_only_the_called_squad_reports_in(cast: Cast, order: Order) -> None:
    part = part_of(order, cast, "market")
    ids = [o.pk for o in cast.market_officers]
    for person in (cast.dispatcher, cast.urban_officers[0], cast.auxiliary, cast.lab_technician, cast.grid_worker):
        with refused("not_allowed", status=403):
            visits.visit_report_in(actor=cast.act(person), part_id=part.pk, officer_ids=ids)
    with refused("not_found", status=404):
        visits.visit_report_in(actor=cast.act(cast.leader), part_id=0, officer_ids=ids)


def test_far_away_needs_a_reason(cast: Cast, order: Order) -> None:
    with refused("far_reason_needed", status=422) as caught:
        report_in(cast, order, "market", lat=LAT + 0.01)
    assert caught.value.field == "far_reason"
    report = report_in(cast, order, "market", lat=LAT + 0.01, far_reason="演示·地下室无信号")
    assert report.distance_m == pytest.approx(1112, abs=5)
    assert "地下室" in order.events.get(kind="order.reported_in").body


def test_the_offices_own_distance_goes_before(cast: Cast, order: Order) -> None:
    from cases.models import Setting

    Setting.objects.create(key="report_in_far_m", value=100)
    Setting.objects.create(key="report_in_far_m", value=2000, street=cast.street)
    report_in(cast, order, "market", lat=LAT + 0.01)


def test_the_same_key_twice_is_one_report(cast: Cast, order: Order) -> None:
    first = report_in(cast, order, "market", client_key="k1")
    with unchanged():
        assert report_in(cast, order, "market", client_key="k1") == first


def test_an_order_not_issued_has_no_visit(cast: Cast) -> None:
    planned_case(cast, functions=["market"])
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    with refused("wrong_stage"):
        report_in(cast, order, "market")


# answering


def test_a_measured_value_is_judged_by_zone_and_hour(cast: Cast) -> None:
    with at("2026-07-14 15:00"):
        order = issued_order(cast, functions=["street"])
        report_in(cast, order, "street")
        answer(cast, order, "ST-02", None, value=Decimal("56.0"), instrument="演示·声级计")
        assert Answer.objects.get().result == Result.CONFORMS  # zone 2 by day: 60
    with at("2026-07-14 22:10"):
        answer(cast, order, "ST-02", None, value=Decimal("56.0"))
        row = Answer.objects.get()
        assert (row.result, row.limit, row.standard) == (Result.FAILS, Decimal(50), "GB 22337-2008")
        with refused("note_needed"):
            answer(cast, order, "ST-02", Result.CONFORMS, value=Decimal("56.0"))
        answer(cast, order, "ST-02", Result.CONFORMS, value=Decimal("56.0"), note="演示·背景噪声修正后合格")
    assert Answer.objects.get().result == Result.CONFORMS


def test_without_a_limit_the_note_says_what_it_was_judged_by(cast: Cast) -> None:
    cast.target.noise_zone = None
    cast.target.save()
    order = issued_order(cast, functions=["street"])
    report_in(cast, order, "street")
    with refused("result_needed"):
        answer(cast, order, "ST-02", None, value=Decimal(56))
    with refused("note_needed"):
        answer(cast, order, "ST-02", Result.CONFORMS, value=Decimal(56))
    answer(cast, order, "ST-02", Result.CONFORMS, value=Decimal(56), note="演示·未划定声功能区")


def test_each_kind_asks_for_what_it_needs(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    for code, result, more, refusal in (
        ("MK-01", None, {}, "result_needed"),
        ("MK-01", "perhaps", {}, "result_needed"),
        ("MK-01", Result.SENT_TO_LAB, {}, "lab_only"),
        ("MK-02", Result.CONFORMS, {}, "photo_needed"),
        ("UR-01", Result.CONFORMS, {}, "choice_needed"),
        ("UR-01", Result.CONFORMS, {"text_value": "其他"}, "choice_needed"),
        ("UR-02", Result.CONFORMS, {"value": Decimal(1)}, "lab_only"),
    ):
        with refused(refusal):
            answer(cast, order, code, result, **more)
    answer(cast, order, "UR-02", Result.NOT_APPLICABLE)
    answer(cast, order, "MK-02", Result.CONFORMS, note="演示·证照齐全，拒绝拍照")


def test_judgement_that_fails_is_described(cast: Cast) -> None:
    order = issued_order(cast, functions=["street"])
    report_in(cast, order, "street")
    with refused("note_needed"):
        answer(cast, order, "ST-01", Result.FAILS)
    answer(cast, order, "ST-01", Result.FAILS, note="演示·顾客喧哗，门外十桌")


def test_answers_are_corrected_until_the_part_is_finished(cast: Cast, order: Order) -> None:
    report_in(cast, order, "market")
    answer(cast, order, "MK-01", Result.FAILS, client_key="a1")
    with unchanged():
        answer(cast, order, "MK-01", Result.CONFORMS, client_key="a1")
    answer(cast, order, "MK-01", Result.CONFORMS, client_key="a2")
    assert Answer.objects.get().result == Result.CONFORMS
    with refused("items_open") as caught:
        visits.part_finish(actor=cast.act(cast.market_officers[0]), part_id=part_of(order, cast, "market").pk)
    assert caught.value.params["count"] == 1
    before = len(kinds(order))
    all_finish(cast, order, ["market"])
    assert kinds(order)[before:] == ["order.part_finished"]
    with refused("part_not_on_scene"):
        answer(cast, order, "MK-01", Result.FAILS)


def test_only_those_who_reported_in_answer(cast: Cast, order: Order) -> None:
    ids = [o.pk for o in cast.street_officers]
    part = part_of(order, cast, "street")
    visits.visit_report_in(actor=cast.act(cast.street_officers[0]), part_id=part.pk, officer_ids=ids)
    report_in(cast, order, "market")
    item = PartItem.objects.get(part__order=order, item__code="MK-01")
    with refused("not_allowed", status=403):
        visits.answer_submit(actor=cast.act(cast.leader), part_item_id=item.pk, result=Result.CONFORMS)
    extra = officer("market3", "市监后备", cast.squads["market"])
    with refused("not_on_the_visit", status=403):
        visits.answer_submit(actor=cast.act(extra), part_item_id=item.pk, result=Result.CONFORMS)
    with refused("not_on_the_visit", status=403):
        visits.part_finish(actor=cast.act(extra), part_id=item.part_id)
    with refused("not_on_the_visit", status=403):
        visits.part_finish(actor=cast.act(cast.leader), part_id=part.pk)


# laboratory


def commission(cast: Cast, order: Order) -> LabTest:
    item = PartItem.objects.get(part__order=order, item__code="UR-02")
    return visits.lab_commission(
        actor=cast.act(cast.urban_officers[0]),
        part_item_id=item.pk,
        laboratory_id=cast.squads["laboratory"].pk,
        sample="演示·排口",
    )


def test_a_commission_answers_the_item_and_starts_a_clock(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    test = commission(cast, order)
    assert (test.limit, test.unit, test.standard) == (Decimal("2.0"), "mg/m³", "GB 18483-2001")
    assert Answer.objects.get().result == Result.SENT_TO_LAB
    assert Deadline.objects.get(lab_test=test).state == DeadlineState.RUNNING
    assert kinds(order)[-1] == "order.lab_commissioned"
    with refused("lab_commissioned"):
        commission(cast, order)
    with refused("lab_commissioned"):
        answer(cast, order, "UR-02", Result.NOT_APPLICABLE)
    item = PartItem.objects.get(part__order=order, item__code="UR-01")
    with refused("not_a_lab_item"):
        visits.lab_commission(
            actor=cast.act(cast.urban_officers[0]), part_item_id=item.pk, laboratory_id=cast.squads["laboratory"].pk
        )
    with refused("laboratory_unknown"):
        visits.lab_commission(
            actor=cast.act(cast.urban_officers[0]),
            part_item_id=PartItem.objects.get(part__order=order, item__code="UR-02").pk,
            laboratory_id=cast.squads["fire"].pk,
        )


def test_only_the_laboratory_reports_and_only_once(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    test = commission(cast, order)
    facts = {"lab_test_id": test.pk, "value": Decimal("1.2"), "method": "HJ 1077", "report_number": "演示-1"}
    with refused("not_allowed", status=403):
        followups.lab_report(actor=cast.act(cast.urban_officers[0]), **facts)  # type: ignore[arg-type]
    technician = cast.act(cast.lab_technician)
    with refused("value_needed"):
        followups.lab_report(actor=technician, **{**facts, "value": None})  # type: ignore[arg-type]
    with refused("report_number_needed"):
        followups.lab_report(actor=technician, **{**facts, "report_number": " "})  # type: ignore[arg-type]
    with refused("conforms_contradicts"):
        followups.lab_report(actor=technician, **facts, conforms=False)  # type: ignore[arg-type]
    done = followups.lab_report(actor=technician, **facts)  # type: ignore[arg-type]
    assert done.conforms is True
    assert not Finding.objects.exists()
    assert Deadline.objects.get(lab_test=test).state == DeadlineState.MET
    with refused("lab_reported"):
        followups.lab_report(actor=technician, **facts)  # type: ignore[arg-type]


def test_an_open_test_keeps_the_order_from_being_done_but_not_the_visit_from_closing(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    test = commission(cast, order)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    assert (fresh(order).state, Case.objects.get().stage) == (OrderState.RULING, CaseStage.RULING)
    assert followups.order_settle(actor=cast.act(cast.leader), order_id=order.pk) is False
    followups.lab_report(
        actor=cast.act(cast.lab_technician), lab_test_id=test.pk, value=Decimal("1.2"), report_number="演示-1"
    )
    assert (fresh(order).state, Case.objects.get().stage) == (OrderState.DONE, CaseStage.CHECKING)


def test_a_report_over_the_limit_makes_a_finding(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    test = commission(cast, order)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    followups.lab_report(
        actor=cast.act(cast.lab_technician), lab_test_id=test.pk, value=Decimal("3.5"), report_number="演示-2"
    )
    finding = Finding.objects.get()
    assert (finding.agency, finding.lab_test, finding.found_by) == (
        cast.agencies["urban"],
        test,
        cast.urban_officers[0],
    )
    assert finding.clause_group == "fumes"
    assert Deadline.objects.get(finding=finding).kind == DeadlineKind.RULING
    assert fresh(order).state == OrderState.RULING


# the end


def test_all_in_order_goes_straight_to_the_check_after(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    all_finish(cast, order, SQUADS)
    visit = close(cast, order, note="演示·无异常", party_opinion="核对无误")
    case = Case.objects.get()
    assert (visit.state, visit.outcome, visit.party_opinion) == ("closed", "done", "核对无误")
    assert (fresh(order).state, case.stage) == (OrderState.DONE, CaseStage.CHECKING)
    assert Need.objects.get().state == NeedState.SERVED
    assert kinds(order)[-2:] == ["order.visit_closed", "order.done"]
    assert kinds(case)[-1] == "case.checking"
    with refused("visit_closed"):
        close(cast, order)


def test_only_the_lead_closes_and_waits_for_the_others(cast: Cast, order: Order) -> None:
    all_there(cast, order, ["street", "market"])
    with refused("not_lead", status=403):
        close(cast, order, lead="market")
    with refused("not_allowed", status=403):
        followups.visit_close(actor=cast.act(cast.dispatcher), visit_id=Visit.objects.get().pk, outcome="done")
    with refused("outcome_unknown"):
        close(cast, order, outcome="whatever")
    with refused("parts_open") as caught:
        close(cast, order)
    assert cast.squads["market"].name in str(caught.value)
    all_finish(cast, order, ["street", "market"])
    with refused("parts_silent") as caught:
        close(cast, order)
    assert caught.value.params["parts"] == [part_of(order, cast, "urban").pk]


def test_an_absent_squads_agencies_are_visited_again(cast: Cast, order: Order) -> None:
    all_there(cast, order, ["street", "market"])
    all_finish(cast, order, ["street", "market"])
    with at(f"{timezone.localdate() + timedelta(days=1)} 18:00") as moment:
        close(cast, order, absent_part_ids=[part_of(order, cast, "urban").pk])
    case = Case.objects.get()
    served, again = Need.objects.order_by("pk")
    assert (served.state, again.state) == (NeedState.SERVED, NeedState.OPEN)
    assert list(again.agencies.all()) == [cast.agencies["urban"]]
    assert again.from_day == moment.date() + timedelta(days=1)
    assert again.case == case
    assert (fresh(order).state, case.stage) == (OrderState.DONE, CaseStage.PLANNING)
    assert part_of(order, cast, "urban").state == PartState.ABSENT
    assert kinds(case)[-1] == "case.need_opened" or "case.revisit" in kinds(case)
    assert not Deadline.objects.filter(part__order=order, state=DeadlineState.RUNNING).exists()


def test_a_need_of_the_absent_alone_is_released(cast: Cast) -> None:
    case, need = planned_case(cast, functions=["urban"])
    other, _ = planned_case(cast, functions=["market"])
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
    orders.order_issue(actor=dispatcher, order_id=order.pk)
    all_there(cast, order, ["street", "market"])
    all_finish(cast, order, ["street", "market"])
    close(cast, order, absent_part_ids=[part_of(order, cast, "urban").pk])
    need.refresh_from_db()
    assert need.state == NeedState.OPEN
    assert need.order_links.get().release_reason
    assert {c.pk: c.stage for c in Case.objects.all()} == {
        case.pk: CaseStage.PLANNING,
        other.pk: CaseStage.CHECKING,
    }


@pytest.mark.parametrize("outcome", ["closed", "refused", "not_found"])
def test_a_visit_that_did_not_take_place_leaves_the_needs_open(cast: Cast, order: Order, outcome: str) -> None:
    report_in(cast, order, "street")
    close(cast, order, outcome=outcome, note="演示·卷帘门已拉下")
    case, need = Case.objects.get(), Need.objects.get()
    assert (need.state, case.stage, fresh(order).state) == (NeedState.OPEN, CaseStage.PLANNING, OrderState.DONE)
    assert need.from_day > need.order_links.get().joined_at.date()
    assert need.due_day >= need.from_day
    assert set(Part.objects.values_list("state", flat=True)) == {PartState.DONE, PartState.ABSENT}
    assert "演示·卷帘门" in case.events.get(kind="case.revisit").body
    # planned again: the same need goes into a new order
    again = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    assert list(again.needs.all()) == [need]


# handling tasks


def test_a_handling_task_needs_no_certificates_and_no_checklist(cast: Cast) -> None:
    actor = cast.act(cast.dispatcher)
    case = casefile.case_open(actor=actor, street_id=cast.street.pk, source="office", title="演示·垃圾")
    casefile.case_move(case=case, action="accept", actor=actor, kind="case.accepted")
    case.target, case.category = cast.target, cast.categories["05-07"]
    casefile.case_move(case=case, action="plan", actor=actor, kind="case.triaged", fields=["target", "category"])
    order = orders.task_open(actor=actor, case_id=case.pk, squad_id=cast.squads["street"].pk, note="演示·清理")
    part = part_of(order, cast, "street")
    orders.part_acknowledge(actor=cast.act(cast.leader), part_id=part.pk)
    with refused("not_allowed", status=403):
        visits.visit_report_in(actor=cast.act(cast.market_officers[0]), part_id=part.pk)
    visits.visit_report_in(actor=cast.act(cast.auxiliary), part_id=part.pk, officer_ids=[cast.auxiliary.pk])
    followups.visit_close(
        actor=cast.act(cast.auxiliary), visit_id=Visit.objects.get().pk, outcome="done", note="演示·已清理"
    )
    case.refresh_from_db()
    assert (case.stage, fresh(order).state) == (CaseStage.CHECKING, OrderState.DONE)
    assert Need.objects.get().state == NeedState.SERVED


def test_unanswered_items_hold_a_part_back_but_not_a_closed_shop(cast: Cast, order: Order) -> None:
    all_there(cast, order, SQUADS)
    answer_rest(cast, order, "street")
    close(cast, order, outcome="refused")
    assert set(Part.objects.values_list("state", flat=True)) == {PartState.DONE}
