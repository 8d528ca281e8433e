"""Squads on scene at the same moment: one visit, one end, no answer after the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cases.models import (
    Answer,
    Case,
    Complaint,
    Event,
    Feedback,
    Order,
    Part,
    PartItem,
    PartState,
    ReportIn,
    Result,
    Visit,
)
from cases.services import closure, feedback, followups, intake, triage, visits
from cases.services.visits import Scene, answers, arrival
from teams.policies import RESIDENT
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together, without_constraint
from tests.onscene import all_finish, all_there, part_of, report_in
from tests.stage import issued_order

pytestmark = pytest.mark.concurrency


def _no_faults(outcomes: list[Outcome]) -> None:
    assert [outcome.fault for outcome in outcomes] == [None] * len(outcomes)


def _unlocked_scene(part_id: int) -> Scene:
    order = Order.objects.select_related("target").get(parts=part_id)
    cases = list(Case.objects.filter(needs__order_links__order=order))
    parts = list(Part.objects.filter(order=order).select_related("squad", "agency").order_by("pk"))
    return Scene(order, cases, parts, Visit.objects.filter(order=order).first())


def _arrivals(stage: Cast, order: Order) -> list[Callable[[], ReportIn]]:
    return [lambda: report_in(stage, order, "street"), lambda: report_in(stage, order, "market")]


def test_without_lock_and_index_two_squads_begin_two_visits(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order = issued_order(stage, functions=["market"])
    monkeypatch.setattr(arrival, "scene_of_part", Rendezvous(_unlocked_scene))
    with without_constraint(Visit, "visit_one_open"), without_constraint(Visit, "visit_sequence"):
        outcomes = together(*_arrivals(stage, order))
        assert [outcome.won for outcome in outcomes] == [True, True]
        assert Visit.objects.count() == 2
        Visit.objects.filter(pk=outcomes[1].value.visit_id).update(state="closed", sequence=2)


def test_without_the_lock_the_index_still_refuses_a_second_visit(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order = issued_order(stage, functions=["market"])
    monkeypatch.setattr(arrival, "scene_of_part", Rendezvous(_unlocked_scene))
    outcomes = together(*_arrivals(stage, order))
    _no_faults(outcomes)
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["visit_begun"]
    assert Visit.objects.count() == 1


def test_two_squads_report_in_at_once_to_one_visit(stage: Cast) -> None:
    order = issued_order(stage, functions=["market"])
    outcomes = together(*_arrivals(stage, order))
    _no_faults(outcomes)
    assert [outcome.won for outcome in outcomes] == [True, True]
    assert (Visit.objects.count(), ReportIn.objects.count()) == (1, 2)
    assert Event.objects.filter(kind="case.visit_started").count() == 1


def test_the_lead_closes_twice_and_once_is_enough(stage: Cast) -> None:
    order = issued_order(stage, functions=["market"])
    all_there(stage, order, ["street", "market"])
    all_finish(stage, order, ["street", "market"])
    visit = Visit.objects.get()

    def close_by(number: int) -> Visit:
        return followups.visit_close(
            actor=stage.act(stage.officers_of("street")[number]), visit_id=visit.pk, outcome="done"
        )

    outcomes = together(lambda: close_by(0), lambda: close_by(1))
    _no_faults(outcomes)
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["visit_closed"]
    assert Event.objects.filter(kind="order.visit_closed").count() == 1


def _answer_and_finish(stage: Cast, order: Order) -> list[Callable[[], object]]:
    first, second = stage.market_officers
    part = part_of(order, stage, "market")
    item = PartItem.objects.get(part=part, item__code="MK-01")
    return [
        lambda: visits.answer_submit(actor=stage.act(first), part_item_id=item.pk, result=Result.FAILS),
        lambda: visits.part_finish(actor=stage.act(second), part_id=part.pk),
    ]


def test_an_answer_never_changes_after_its_part_is_finished(stage: Cast) -> None:
    order = issued_order(stage, functions=["market"])
    report_in(stage, order, "market")
    for item in PartItem.objects.filter(part=part_of(order, stage, "market")):
        visits.answer_submit(
            actor=stage.act(stage.market_officers[0]), part_item_id=item.pk, result=Result.CONFORMS, note="演示"
        )
    outcomes = together(*_answer_and_finish(stage, order))
    _no_faults(outcomes)
    assert outcomes[1].won
    counted = Event.objects.get(kind="order.part_finished").body
    if outcomes[0].won:
        assert '"fails":1' in counted.replace(" ", "")
    else:
        assert outcomes[0].refused is not None
        assert outcomes[0].refused.code == "part_not_on_scene"
        assert Answer.objects.filter(result=Result.FAILS).count() == 0


def test_without_the_parts_lock_an_answer_slips_in_after_the_end(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    order = issued_order(stage, functions=["market"])
    report_in(stage, order, "market")
    for item in PartItem.objects.filter(part=part_of(order, stage, "market")):
        visits.answer_submit(
            actor=stage.act(stage.market_officers[0]), part_item_id=item.pk, result=Result.CONFORMS, note="演示"
        )
    write, finish = _answer_and_finish(stage, order)

    def unlocked(part_item_id: int, actor: object) -> tuple[PartItem, Part, Visit]:
        part_item = PartItem.objects.select_related("item", "part__order__target", "part__agency").get(pk=part_item_id)
        visit = Visit.objects.get(order_id=part_item.part.order_id)
        finish()  # the other officer is faster, on this very connection's view of the part
        return part_item, part_item.part, visit

    monkeypatch.setattr(answers, "answering", unlocked)
    write()
    assert part_of(order, stage, "market").state == PartState.DONE
    assert Answer.objects.filter(result=Result.FAILS).count() == 1
    assert "fails" not in Event.objects.get(kind="order.part_finished").body


def test_a_complainant_rates_once_however_often_the_button_is_pressed(stage: Cast) -> None:
    order = issued_order(stage, functions=["market"])
    case = Case.objects.get()
    sent = intake.complaint_create(actor=RESIDENT, street_id=stage.street.pk, source="portal", text="演示·吵闹")
    dispatcher = stage.act(stage.dispatcher)
    triage.case_accept(actor=dispatcher, case_id=sent.case.pk)
    triage.case_join(actor=dispatcher, case_id=sent.case.pk, into_case_id=case.pk, reason="演示")
    all_there(stage, order, ["street", "market"])
    all_finish(stage, order, ["street", "market"])
    followups.visit_close(actor=stage.act(stage.leader), visit_id=Visit.objects.get().pk, outcome="done")
    checker = stage.act(stage.checker)
    closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示")
    closure.case_close(actor=checker, case_id=case.pk, result_text="演示·已处理")
    token_hash = Complaint.objects.get().token_hash or ""

    def rate() -> Feedback:
        return feedback.feedback_create(
            token_hash=token_hash, case_id=case.pk, contacted=True, solved=True, satisfied=4
        )

    outcomes = together(rate, rate)
    _no_faults(outcomes)
    assert [outcome.refused.code for outcome in outcomes if outcome.refused] == ["rated_already"]
    assert Feedback.objects.count() == 1
