"""Rechecks: one need a case, what failed, the same hour, never the visit that caused it."""

from __future__ import annotations

from datetime import date, time

from django.utils import translation

from cases.models import (
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Finding,
    Followup,
    Need,
    NeedCause,
    NeedState,
    Order,
    OrderState,
    PartItem,
    Result,
    Ruling,
)
from cases.services import followups, orders, triage
from tests.cast import Cast, refused, unchanged
from tests.onscene import all_finish, all_there, answer, at, close, kinds, part_of, report_in, rule, whistle
from tests.stage import issued_order, planned_case

SQUADS = ("street", "market", "urban")


def visited(cast: Cast, *codes: str, day: str = "2026-07-15 21:30") -> list[Finding]:
    with at(day):
        order = issued_order(cast, functions=["market", "urban"])
        all_there(cast, order, SQUADS)
        for code in codes:
            answer(cast, order, code, Result.FAILS, note="演示", text_value="停用" if code == "UR-01" else "")
        all_finish(cast, order, SQUADS)
        close(cast, order)
    return list(Finding.objects.filter(visit__order=order).order_by("pk"))


def recheck_order(cast: Cast, day: str) -> Order:
    with at(day):
        return whistle(cast, orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk))


def test_rulings_of_one_case_share_one_recheck_of_what_failed(cast: Cast) -> None:
    licence, purifier, permit = visited(cast, "MK-01", "UR-01", "MK-02")
    with at("2026-07-15 22:30"):
        rule(cast, licence, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
        assert not Need.objects.filter(cause=NeedCause.RECHECK).exists()  # the order is not ruled through yet
        rule(cast, purifier, "rectification", measures="演示·开启", due_day=date(2026, 7, 22))
        rule(cast, permit, "guidance")
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert (need.from_day, need.state) == (date(2026, 7, 22), NeedState.OPEN)
    assert need.due_day == date(2026, 7, 27)  # three working days on: a weekend lies between
    asked = {link.agency_id: set(link.items.values_list("code", flat=True)) for link in need.agency_links.all()}
    assert asked == {cast.agencies["market"].pk: {"MK-01"}, cast.agencies["urban"].pk: {"UR-01"}}
    assert (need.hour_from, need.hour_until) == (time(21), time(23))  # a problem of the night
    case = Case.objects.get()
    assert case.stage == CaseStage.RECTIFYING
    assert Followup.objects.filter(need=need).count() == 2
    clock = Deadline.objects.get(case=case, kind=DeadlineKind.RECHECK, state=DeadlineState.RUNNING)
    assert clock.due_at.astimezone().date() >= date(2026, 7, 27)
    assert kinds(case)[-3:] == ["case.need_opened", "case.recheck_planned", "case.recheck_planned"]


def test_a_day_problem_is_rechecked_at_any_hour(cast: Cast) -> None:
    with at("2026-07-15 10:00"):
        planned_case(cast, category="01-16", functions=["urban"])
        order = whistle(cast, orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk))
        all_there(cast, order, ["street", "urban"])
        answer(cast, order, "UR-01", Result.FAILS, text_value="停用")
        all_finish(cast, order, ["street", "urban"])
        close(cast, order)
        rule(cast, Finding.objects.get(), "caution_card", measures="演示·开启", corrected_on_spot=True)
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert (need.hour_from, need.from_day) == (None, date(2026, 7, 16))


def test_nobody_rechecks_before_the_partys_term_is_over(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:30"):
        rule(cast, finding, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    again = recheck_order(cast, "2026-07-16 09:00")
    with translation.override("en"):
        with at("2026-07-17 09:00"), unchanged(), refused("too_early") as told:
            report_in(cast, again, "market")
        assert "18 Jul 2026" in str(told.value.message)


def test_guidance_asks_for_no_recheck(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:30"):
        rule(cast, finding, "caution_card")  # a word, without a day
    assert Case.objects.get().stage == CaseStage.CHECKING
    assert not Need.objects.filter(cause=NeedCause.RECHECK).exists()


def test_a_recheck_that_conforms_ends_the_term(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:30"):
        ruling = rule(cast, finding, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    again = recheck_order(cast, "2026-07-20 09:00")
    assert Case.objects.get().stage == CaseStage.DISPATCHED
    assert set(
        PartItem.objects.filter(part__order=again, part__agency__function="market").values_list("item__code")
    ) == {("MK-01",)}
    with at("2026-07-20 21:30"):
        all_there(cast, again, ["street", "market"])
        all_finish(cast, again, ["street", "market"])
        close(cast, again)
    ruling.refresh_from_db()
    case = Case.objects.get()
    assert ruling.corrected_at is not None
    assert case.stage == CaseStage.CHECKING
    clock = Deadline.objects.get(ruling=ruling)
    assert (clock.state, clock.late, clock.ended_at) == (DeadlineState.MET, False, ruling.due_at)
    assert Deadline.objects.get(case=case, kind=DeadlineKind.RECHECK).state == DeadlineState.MET
    assert "case.rectified" in kinds(case)


def test_a_recheck_that_fails_is_ruled_on_again(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:30"):
        first = rule(cast, finding, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    again = recheck_order(cast, "2026-07-20 09:00")
    with at("2026-07-20 21:30"):
        all_there(cast, again, ["street", "market"])
        answer(cast, again, "MK-01", Result.FAILS, note="演示·仍未悬挂")
        all_finish(cast, again, ["street", "market"])
        close(cast, again)
        second = Finding.objects.get(visit__order=again)
        assert second.need == Need.objects.get(cause=NeedCause.RECHECK)
        ruling = rule(cast, second, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 23))
    first.refresh_from_db()
    assert first.corrected_at is None
    term = Deadline.objects.get(ruling=first)
    assert (term.state, term.late) == (DeadlineState.MET, True)
    assert ruling.proposal["step"] != "first_exempt"
    case = Case.objects.get()
    assert case.stage == CaseStage.RECTIFYING
    need = Need.objects.get(cause=NeedCause.RECHECK, state=NeedState.OPEN)
    assert need.from_day == date(2026, 7, 23)


def test_a_recheck_joins_another_live_order_but_never_the_one_that_caused_it(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:00"):
        other, _ = planned_case(cast, functions=["fire"], due_day=date(2026, 7, 24))
        later = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
        rule(cast, finding, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    need = Need.objects.get(cause=NeedCause.RECHECK)
    assert need.state == NeedState.ORDERED
    assert need.order_links.get().order == later
    assert later.need_links.count() == 2
    assert part_of(later, cast, "market").items.get().item == cast.items["MK-01"]
    assert {case.stage for case in Case.objects.all()} == {CaseStage.RECTIFYING, CaseStage.PLANNING}
    assert other.needs.get().state == NeedState.ORDERED


def test_an_absent_squad_at_the_recheck_leaves_its_part_to_another(cast: Cast) -> None:
    licence, purifier = visited(cast, "MK-01", "UR-01")
    with at("2026-07-15 22:30"):
        for finding in (licence, purifier):
            rule(cast, finding, "rectification", measures="演示", due_day=date(2026, 7, 18))
    again = recheck_order(cast, "2026-07-20 09:00")
    with at("2026-07-20 21:30"):
        all_there(cast, again, ["street", "market"])
        all_finish(cast, again, ["street", "market"])
        close(cast, again, absent_part_ids=[part_of(again, cast, "urban").pk])
    done, left = Ruling.objects.order_by("pk")
    assert (done.corrected_at is not None, left.corrected_at) == (True, None)
    assert Case.objects.get().stage == CaseStage.PLANNING
    third = recheck_order(cast, "2026-07-21 09:00")
    assert set(PartItem.objects.filter(part__order=third).values_list("item__code", flat=True)) == {"UR-01"}
    with at("2026-07-21 21:30"):
        all_there(cast, third, ["street", "urban"])
        all_finish(cast, third, ["street", "urban"])
        close(cast, third)
    left.refresh_from_db()
    assert left.corrected_at is not None
    assert Case.objects.get().stage == CaseStage.CHECKING


def test_findings_of_a_half_attended_visit_are_rechecked_after_the_other_half(cast: Cast) -> None:
    with at("2026-07-15 21:30"):
        order = issued_order(cast, functions=["market", "urban"])
        all_there(cast, order, ["street", "market"])
        answer(cast, order, "MK-01", Result.FAILS, note="演示")
        all_finish(cast, order, ["street", "market"])
        close(cast, order, absent_part_ids=[part_of(order, cast, "urban").pk])
        assert Case.objects.get().stage == CaseStage.PLANNING
        rule(cast, Finding.objects.get(), "rectification", measures="演示", due_day=date(2026, 7, 25))
    order.refresh_from_db()
    assert order.state == OrderState.DONE
    assert not Followup.objects.exists()  # the case has a need open already
    again = recheck_order(cast, "2026-07-16 09:00")
    with at("2026-07-16 21:30"):
        all_there(cast, again, ["street", "urban"])
        all_finish(cast, again, ["street", "urban"])
        close(cast, again)
    assert Case.objects.get().stage == CaseStage.RECTIFYING
    assert Followup.objects.get().need.from_day == date(2026, 7, 25)


def test_settling_is_safe_twice_and_waits_for_every_ruling(cast: Cast) -> None:
    first, second = visited(cast, "MK-01", "UR-01")
    order_id = first.visit.order_id
    actor = cast.act(cast.leader)
    with unchanged():
        assert followups.order_settle(actor=actor, order_id=order_id) is False
    with at("2026-07-15 22:30"):
        rule(cast, first, "guidance")
        rule(cast, second, "guidance")
    with unchanged():
        assert followups.order_settle(actor=actor, order_id=order_id) is False
    with refused("wrong_stage"):
        report_in(cast, Order.objects.get(pk=order_id), "market")


def test_a_case_taken_back_from_its_recheck_and_ended_leaves_no_clock_running(cast: Cast) -> None:
    (finding,) = visited(cast, "MK-01")
    with at("2026-07-15 22:30"):
        ruling = rule(cast, finding, "rectification", measures="演示·悬挂", due_day=date(2026, 7, 18))
    case, office = Case.objects.get(), cast.act(cast.dispatcher)
    order = recheck_order(cast, "2026-07-18 10:00")
    live = Deadline.objects.filter(state=DeadlineState.RUNNING)
    with at("2026-07-18 10:05"):
        orders.order_cancel(actor=office, order_id=order.pk, reason="演示·改期")
        assert live.filter(case=case, kind=DeadlineKind.RECHECK).exists()
        triage.case_return(actor=office, case_id=case.pk, reason="演示·另行处理")
        assert not live.filter(case=case, kind=DeadlineKind.RECHECK).exists()
        assert live.filter(ruling=ruling).exists()
        triage.case_triage(actor=office, case_id=case.pk, disposition="answered", reply="演示·已办结")
    case.refresh_from_db()
    assert (case.stage, case.due_at) == (CaseStage.CLOSED, None)
    assert not live.exists()
