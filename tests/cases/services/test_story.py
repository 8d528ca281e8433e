"""Both stories of the domain from end to end, through the services alone."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from cases.models import (
    Answer,
    Case,
    CaseStage,
    Deadline,
    DeadlineState,
    Event,
    Feedback,
    Finding,
    LineKind,
    Need,
    NeedCause,
    NeedState,
    Order,
    OrderState,
    PartItem,
    ResidentLine,
    Result,
    Ruling,
)
from cases.papers.chain import GENESIS, Link, verify_chain
from cases.services import closure, feedback, followups, identity, intake, orders, patrols, triage, visits
from teams.policies import RESIDENT
from tests.cast import LAT, LNG, Cast
from tests.onscene import all_finish, all_there, answer, at, close, kinds, part_of, report_in, rule, whistle

SQUADS = ("street", "market", "urban", "fire")


def chains_hold() -> bool:
    for subject in (*Case.objects.all(), *Order.objects.all()):
        prev, links = GENESIS, []
        for event in subject.events.order_by("seq"):
            links.append(Link(event.seq, prev, event.body, event.hash))
            prev = event.hash
        if verify_chain(links, head=subject.chain.head) is not None:
            return False
    return True


def test_the_barbecue_stall(cast: Cast) -> None:
    dispatcher = cast.act(cast.dispatcher)
    with at("2026-07-14 22:05"):  # a Tuesday night
        sent = intake.complaint_create(
            actor=RESIDENT,
            source="portal",
            text="楼下烧烤店油烟大，半夜还在吵",
            party_name="演示·夜市烧烤店",
            lat=LAT,
            lng=LNG,
            name="演示住户",
            phone="13900000000",
        )
    case = sent.case
    assert case.street == cast.street
    with at("2026-07-15 09:00"):
        triage.case_accept(actor=dispatcher, case_id=case.pk)
        triage.case_triage(
            actor=dispatcher,
            case_id=case.pk,
            disposition="inspection",
            category_id=cast.categories["05-10"].pk,
            target_id=cast.target.pk,
            brief="门外烧烤，油烟，夜间吵闹",
            brief_confirmed=True,
            agency_ids=cast.agency_ids("market", "urban", "fire"),
            hour_from=time(21),
            hour_until=time(23),
        )
        order = orders.order_open(actor=dispatcher, target_id=cast.target.pk, planned_day=date(2026, 7, 15))
        whistle(cast, order)
    assert {part.squad_id for part in order.parts.all()} == {cast.squads[name].pk for name in SQUADS}
    with at("2026-07-15 09:30"):
        for name in SQUADS:
            orders.part_acknowledge(actor=cast.act(cast.officers_of(name)[0]), part_id=part_of(order, cast, name).pk)

    with at("2026-07-15 21:30"):
        report_in(cast, order, "street", party_person="演示·店主", party_role="负责人")
        all_there(cast, order, SQUADS[1:])
        answer(cast, order, "ST-01", Result.FAILS, note="门外十二桌，顾客喧哗")
        answer(cast, order, "MK-02", Result.CONFORMS, note="许可证在有效期内")
        answer(cast, order, "UR-01", Result.CONFORMS, text_value="运行")
        test = visits.lab_commission(
            actor=cast.act(cast.urban_officers[0]),
            part_item_id=PartItem.objects.get(part__order=order, item__code="UR-02").pk,
            laboratory_id=cast.squads["laboratory"].pk,
            sample="净化器排口",
        )
    with at("2026-07-15 22:10"):
        all_finish(cast, order, SQUADS)
        close(cast, order, party_opinion="核对无误")
        finding = Finding.objects.get()
        assert (finding.agency, finding.need, finding.clause_group) == (
            cast.agencies["street"],
            Need.objects.get(),
            "noise",
        )
        assert Answer.objects.filter(visit__order=order).count() == PartItem.objects.filter(part__order=order).count()
        ruling = rule(
            cast, finding, "rectification", measures="室外桌椅减至四张，22时后不在门外经营", due_day=date(2026, 7, 18)
        )
    assert ruling.paper_number == "（并）演示综执责改字〔2026〕第001号"
    assert ruling.proposal["step"] == "first_exempt"
    case.refresh_from_db()
    assert case.stage == CaseStage.RULING  # the laboratory's report is still open
    with at("2026-07-17 15:00"):
        followups.lab_report(
            actor=cast.act(cast.lab_technician),
            lab_test_id=test.pk,
            value=Decimal("1.2"),
            method="HJ 1077-2019",
            report_number="演示检-001",
        )
    case.refresh_from_db()
    order.refresh_from_db()
    assert (case.stage, order.state) == (CaseStage.RECTIFYING, OrderState.DONE)
    assert Finding.objects.count() == 1  # within the limit: no finding
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert (need.from_day, need.due_day) == (date(2026, 7, 18), date(2026, 7, 22))
    assert (need.hour_from, need.hour_until, need.state) == (time(21), time(23), NeedState.OPEN)

    with at("2026-07-20 09:00"):
        recheck = orders.order_open(actor=dispatcher, target_id=cast.target.pk, planned_day=date(2026, 7, 20))
        whistle(cast, recheck)
    assert set(PartItem.objects.filter(part__order=recheck).values_list("item__code", flat=True)) == {"ST-01"}
    with at("2026-07-20 21:40"):
        report_in(cast, recheck, "street")
        answer(cast, recheck, "ST-01", Result.CONFORMS, note="门外四桌，安静")
        all_finish(cast, recheck, ["street"])
        close(cast, recheck)
    case.refresh_from_db()
    ruling.refresh_from_db()
    assert case.stage == CaseStage.CHECKING
    assert ruling.corrected_at is not None

    with at("2026-07-21 22:00"):
        closure.checkafter_submit(actor=cast.act(cast.checker), case_id=case.pk, passed=True, words="同时段现场安静")
        closure.case_close(
            actor=cast.act(cast.checker),
            case_id=case.pk,
            result_text="已责令减少室外桌椅，复查合格；油烟检测达标。",
        )
    token_hash = identity.token_hash(sent.token or "")
    with at("2026-07-21 22:30"):
        feedback.feedback_create(
            token_hash=token_hash, case_id=case.pk, contacted=True, solved=True, satisfied=5, words="终于安静了"
        )
    case.refresh_from_db()
    assert case.stage == CaseStage.CLOSED
    line = ResidentLine.objects.filter(kind=LineKind.RESULT).get()
    assert line.text == case.result_text
    assert Feedback.objects.get().satisfied == 5
    assert not Deadline.objects.filter(state=DeadlineState.RUNNING).exists()
    assert chains_hold()
    bodies = "\n".join(Event.objects.values_list("body", flat=True))
    for secret in ("演示住户", "13900000000", "半夜还在吵", "终于安静了", sent.token or ""):
        assert secret not in bodies
    assert kinds(case) == [
        "case.received",
        "case.accepted",
        "case.triaged",
        "case.need_opened",
        "case.ordered",
        "case.dispatched",
        "case.visit_started",
        "case.to_rule",
        "case.rectifying",
        "case.need_opened",
        "case.recheck_planned",
        "case.ordered",
        "case.dispatched",
        "case.visit_started",
        "case.rectified",
        "case.checking",
        "case.checked_after",
        "case.line_written",
        "case.closed",
        "case.rated",
    ]


def test_the_supermarket(cast: Cast) -> None:
    leader, partner = cast.street_officers
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    with at("2026-07-15 10:00"):
        case = patrols.patrol_record(
            actor=cast.act(leader),
            squad_id=cast.squads["street"].pk,
            partner_ids=[partner.pk],
            target_id=cast.supermarket.pk,
            category_id=cast.categories["05-07"].pk,
            text="门外占道堆放货物，无人负责",
            outcome="caution_card",
            reason="首次、轻微，当场改正",
            measures="货物入店，指定专人负责",
            corrected_on_spot=True,
            item_id=cast.items["ST-03"].pk,
            lat=LAT + 0.005,
            lng=LNG,
            client_key="patrol-1",
        )
        ruling = Ruling.objects.get()
        order = Order.objects.get()
        orders.order_approve(actor=head, order_id=order.pk, note="巡查发现，补办审批")
    assert case.stage == CaseStage.RECTIFYING
    assert ruling.paper_number == "（并）演示综执黄牌字〔2026〕第001号"
    assert ruling.corrected_on_spot
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert (need.from_day, need.hour_from) == (date(2026, 7, 16), None)
    with at("2026-07-16 09:00"):
        recheck = orders.order_open(actor=dispatcher, target_id=cast.supermarket.pk)
        whistle(cast, recheck)
    with at("2026-07-16 10:00"):
        report_in(cast, recheck, "street", lat=LAT + 0.005)
        answer(cast, recheck, "ST-03", Result.CONFORMS)
        all_finish(cast, recheck, ["street"])
        close(cast, recheck)
        closure.checkafter_submit(actor=cast.act(cast.checker), case_id=case.pk, passed=True, words="通道已清空")
        closure.case_close(actor=cast.act(cast.checker), case_id=case.pk, result_text="已改正。")
    case.refresh_from_db()
    assert (case.stage, case.source) == (CaseStage.CLOSED, "patrol")
    assert not Deadline.objects.filter(state=DeadlineState.RUNNING).exists()
    assert chains_hold()
