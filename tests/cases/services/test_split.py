"""One complaint, two problems; and the last decision taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.clock.moment import now, pretend
from cases.models import CaseStage, Complaint, Deadline, DeadlineKind, DeadlineState, Disposition, OrderState
from cases.selectors.tracking import track
from cases.services import feedback, identity, intake, triage
from tests.cast import Cast, refused
from tests.onscene import kinds
from tests.stage import planned_case

TEXT = "演示·楼下烧烤油烟很大，隔壁超市把纸箱堆满人行道，电话13900001234"


@pytest.fixture
def made(cast: Cast) -> intake.Intake:
    sent = intake.complaint_create(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, source="office", text=TEXT, name="演示·甲"
    )
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=sent.case.pk)
    return sent


def test_a_second_case_from_the_same_complaint(cast: Cast, made: intake.Intake) -> None:
    dispatcher = cast.act(cast.dispatcher)
    with pretend(now() + timedelta(minutes=20)):
        new = triage.case_split(
            actor=dispatcher,
            case_id=made.case.pk,
            problem="超市占道堆放，问13900001234",
            category_id=cast.categories["05-07"].pk,
        )
    assert (new.stage, new.street_id, new.owner_id) == (CaseStage.ACCEPTED, cast.street.pk, cast.dispatcher.pk)
    assert "13900001234" not in new.title
    assert list(new.complaints.all()) == [made.complaint]
    assert new.complaint_count == 1
    assert kinds(new) == ["case.received", "case.split_off", "case.accepted"]
    assert kinds(made.case)[-2:] == ["case.split", "case.line_written"]
    whole = {
        row.case_id: row for row in Deadline.objects.filter(kind=DeadlineKind.WHOLE_CASE, state=DeadlineState.RUNNING)
    }
    assert whole[new.pk].due_at == whole[made.case.pk].due_at, "the resident's term does not begin anew"
    assert Deadline.objects.filter(case=new, kind=DeadlineKind.TRIAGE, state=DeadlineState.RUNNING).exists()
    new.refresh_from_db()
    assert new.due_kind == DeadlineKind.TRIAGE


def test_the_resident_reads_and_rates_both(cast: Cast, made: intake.Intake) -> None:
    dispatcher = cast.act(cast.dispatcher)
    new = triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="超市占道堆放")
    for case, reply in ((made.case, "演示·油烟已答复"), (new, "演示·堆放已答复")):
        triage.case_triage(actor=dispatcher, case_id=case.pk, disposition=Disposition.ANSWERED, reply=reply)
    assert made.token
    hashed = identity.token_hash(made.token)
    found = track(hashed)
    assert found is not None
    assert [matter.stage for matter in found.matters] == ["closed", "closed"]
    results = [line.text for line in found.lines if line.kind == "result"]
    assert results == ["演示·油烟已答复", "演示·堆放已答复"]
    for case in (made.case, new):
        feedback.feedback_create(token_hash=hashed, case_id=case.pk, contacted=True, solved=True, satisfied=5, words="")
    again = track(hashed)
    assert again is not None
    assert again.to_rate is None


def test_what_is_refused_when_splitting(cast: Cast, made: intake.Intake) -> None:
    dispatcher = cast.act(cast.dispatcher)
    with refused("text_needed"):
        triage.case_split(actor=dispatcher, case_id=made.case.pk, problem=" ")
    with refused("not_allowed", status=403):
        triage.case_split(actor=cast.act(cast.outsider), case_id=made.case.pk, problem="演示")
    with refused("category_needed"):
        triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="演示", category_id=cast.categories["05"].pk)
    planned, _need = planned_case(cast)
    with refused("wrong_stage"):
        triage.case_split(actor=dispatcher, case_id=planned.pk, problem="演示")
    stacking = cast.categories["05-07"].pk
    triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="演示·堆放", category_id=stacking)
    with refused("already_split"):
        triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="演示·堆放", category_id=stacking)
    Complaint.objects.update(withdrawn_at=timezone.now())
    with refused("nothing_to_split"):
        triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="演示·别的")


def test_a_split_case_may_be_joined_back(cast: Cast, made: intake.Intake) -> None:
    dispatcher = cast.act(cast.dispatcher)
    new = triage.case_split(actor=dispatcher, case_id=made.case.pk, problem="超市占道堆放")
    triage.case_join(actor=dispatcher, case_id=new.pk, into_case_id=made.case.pk)
    made.case.refresh_from_db()
    assert made.case.complaint_count == 1
    assert list(made.case.complaints.all()) == [made.complaint]


@pytest.mark.parametrize(
    ("disposition", "more", "stage"),
    [
        (Disposition.HANDLING, {"squad": "urban"}, CaseStage.DISPATCHED),
        (Disposition.INSPECTION, {}, CaseStage.PLANNING),
        (Disposition.MEDIATION, {}, CaseStage.MEDIATING),
        (Disposition.TRANSFER, {"transfer_to": "演示·他办"}, CaseStage.TRANSFERRED),
        (Disposition.REJECTED, {"reason": "演示·不属实"}, CaseStage.REJECTED),
    ],
)
def test_the_last_decision_is_taken_back(
    cast: Cast, made: intake.Intake, disposition: str, more: dict[str, str], stage: str
) -> None:
    dispatcher = cast.act(cast.dispatcher)
    facts: dict[str, object] = {key: value for key, value in more.items() if key != "squad"}
    if "squad" in more:
        facts["squad_id"] = cast.squads[more["squad"]].pk
    if disposition in (Disposition.HANDLING, Disposition.INSPECTION):
        facts |= {
            "category_id": cast.categories["05-10"].pk,
            "target_id": cast.target.pk,
            "brief": "演示·烧烤",
            "brief_confirmed": True,
            "agency_ids": cast.agency_ids("urban") if disposition == Disposition.INSPECTION else [],
        }
    case = triage.case_triage(actor=dispatcher, case_id=made.case.pk, disposition=disposition, **facts)  # type: ignore[arg-type]
    assert case.stage == stage
    with refused("reason_needed"):
        triage.decision_undo(actor=dispatcher, case_id=case.pk, reason=" ")
    back = triage.decision_undo(actor=dispatcher, case_id=case.pk, reason="按错了")
    assert (back.stage, back.disposition) == (CaseStage.ACCEPTED, "")
    for link in case.needs.all():
        for order in link.orders.all():
            assert order.state == OrderState.CANCELLED


def test_a_question_is_taken_back_and_an_answer_is_not(cast: Cast, made: intake.Intake) -> None:
    dispatcher = cast.act(cast.dispatcher)
    triage.case_ask(actor=dispatcher, case_id=made.case.pk, complaint_id=made.complaint.pk, question="哪一家？")
    assert triage.decision_undo(actor=dispatcher, case_id=made.case.pk, reason="按错了").stage == CaseStage.ACCEPTED
    triage.case_triage(actor=dispatcher, case_id=made.case.pk, disposition=Disposition.ANSWERED, reply="演示·已答复")
    with refused("cannot_undo"):
        triage.decision_undo(actor=dispatcher, case_id=made.case.pk, reason="按错了")
