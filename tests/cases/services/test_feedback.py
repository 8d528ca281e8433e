"""What complainants say of a closed case, and what the office makes of "not solved"."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Case, CaseStage, Complaint, Event, Feedback, LineKind, ResidentLine, ReworkState
from cases.services import feedback, identity, intake, triage
from cases.services.closure import case_close, checkafter_submit
from teams.policies import RESIDENT
from tests.cast import Cast, refused
from tests.onscene import all_finish, all_there, close, kinds, whistle
from tests.stage import issued_order


@pytest.fixture
def closed(cast: Cast) -> tuple[Case, list[str]]:
    """A closed case and the tokens of its two complainants."""
    order = issued_order(cast, functions=["market"])
    case, tokens = Case.objects.get(), []
    dispatcher = cast.act(cast.dispatcher)
    for number, language in ((1, "zh-hans"), (2, "en")):
        sent = intake.complaint_create(
            actor=RESIDENT, street_id=cast.street.pk, source="portal", text=f"演示·吵闹{number}", language=language
        )
        triage.case_accept(actor=dispatcher, case_id=sent.case.pk)
        triage.case_join(actor=dispatcher, case_id=sent.case.pk, into_case_id=case.pk, reason="演示·同一家")
        tokens.append(identity.token_hash(sent.token or ""))
    all_there(cast, order, ["street", "market"])
    all_finish(cast, order, ["street", "market"])
    close(cast, order)
    finish(cast, case)
    return Case.objects.get(pk=case.pk), tokens


def finish(cast: Cast, case: Case) -> None:
    checker = cast.act(cast.checker)
    checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示·现场安静")
    case_close(actor=checker, case_id=case.pk, result_text="演示·已处理")


def rate(token: str, case: Case, **more: Any) -> Feedback:
    facts: dict[str, Any] = {"contacted": True, "solved": True, "satisfied": 4, "words": "", **more}
    return feedback.feedback_create(token_hash=token, case_id=case.pk, **facts)


def test_each_complainant_rates_once(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    case, (first, second) = closed
    rate(first, case, words="谢谢，很满意")
    rate(second, case, solved=False, satisfied=2)
    assert list(Feedback.objects.order_by("pk").values_list("rework", flat=True)) == [
        ReworkState.NONE,
        ReworkState.ASKED,
    ]
    assert kinds(case)[-1] == "case.rated"
    assert not Event.objects.filter(body__contains="很满意").exists()
    assert case.events.filter(kind="case.rated", actor__isnull=True, actor_role="resident").count() == 2
    with refused("rated_already"):
        rate(first, case)


def test_only_a_complainant_of_a_closed_case_rates(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    case, (first, _second) = closed
    for token in ("", "0" * 64):
        with refused("not_found", status=404):
            rate(token, case)
    for value in (0, 6):
        with refused("scale", status=422):
            rate(first, case, satisfied=value)
    other = intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·别处")
    with refused("not_found"):
        rate(first, other.case)
    with refused("not_closed"):
        rate(identity.token_hash(other.token or ""), other.case)


def test_accepted_rework_reopens_the_case_once_for_all_who_asked(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    case, tokens = closed
    asked = [rate(token, case, solved=False, satisfied=1) for token in tokens]
    dispatcher = cast.act(cast.dispatcher)
    with refused("reason_needed"):
        feedback.rework_decide(actor=dispatcher, feedback_id=asked[0].pk, accept=True, reason=" ")
    done = feedback.rework_decide(actor=dispatcher, feedback_id=asked[0].pk, accept=True, reason="演示·再次核查")
    case.refresh_from_db()
    assert (case.stage, case.rework_count, case.closed_at) == (CaseStage.ACCEPTED, 1, None)
    assert (done.rework, done.rework_by) == (ReworkState.ACCEPTED, cast.dispatcher)
    assert set(Feedback.objects.values_list("rework", flat=True)) == {ReworkState.ACCEPTED}
    told = ResidentLine.objects.filter(kind=LineKind.NOTICE, written_by=cast.dispatcher).order_by("-pk")[:2]
    assert {line.complaint_id for line in told} == {row.complaint_id for row in asked}
    english = Complaint.objects.get(language="en")
    assert "takes it up again" in english.lines.filter(kind=LineKind.NOTICE).order_by("-pk")[0].text
    with refused("decided_already"):
        feedback.rework_decide(actor=dispatcher, feedback_id=asked[1].pk, accept=True, reason="演示")


def test_refused_rework_is_told_with_its_reason(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    case, (first, _second) = closed
    asked = rate(first, case, solved=False, satisfied=1)
    feedback.rework_decide(
        actor=cast.act(cast.head), feedback_id=asked.pk, accept=False, reason="演示·检测达标，未见新情况"
    )
    case.refresh_from_db()
    assert case.stage == CaseStage.CLOSED
    assert kinds(case)[-1] == "case.rework_refused"
    line = ResidentLine.objects.filter(complaint_id=asked.complaint_id).order_by("-pk")[0]
    assert "演示·检测达标" in line.text


def test_who_decides_on_rework(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    case, (first, _second) = closed
    asked = rate(first, case, solved=False, satisfied=1)
    for user in (cast.checker, cast.outsider, cast.leader, cast.auditor):
        with refused("not_allowed", status=403):
            feedback.rework_decide(actor=cast.act(user), feedback_id=asked.pk, accept=True, reason="演示")
    with refused("not_found", status=404):
        feedback.rework_decide(actor=cast.act(cast.head), feedback_id=0, accept=True, reason="演示")


def test_after_rework_the_new_result_is_rated_anew(cast: Cast, closed: tuple[Case, list[str]]) -> None:
    from cases.services import orders

    case, (first, second) = closed
    asked = rate(first, case, solved=False, satisfied=1)
    rate(second, case)
    dispatcher = cast.act(cast.dispatcher)
    feedback.rework_decide(actor=dispatcher, feedback_id=asked.pk, accept=True, reason="演示·再查")
    with refused("not_closed"):
        rate(first, case)
    triage.case_triage(
        actor=dispatcher,
        case_id=case.pk,
        disposition="inspection",
        category_id=cast.categories["05-10"].pk,
        target_id=cast.target.pk,
        brief="演示·再查",
        brief_confirmed=True,
        agency_ids=cast.agency_ids("market"),
    )
    order = whistle(cast, orders.order_open(actor=dispatcher, target_id=cast.target.pk))
    all_there(cast, order, ["street", "market"])
    all_finish(cast, order, ["street", "market"])
    close(cast, order)
    finish(cast, case)
    again = rate(first, case, solved=True, satisfied=5)
    assert (again.pk, again.rework, again.satisfied) == (asked.pk, ReworkState.NONE, 5)
    assert case.events.filter(kind="case.rated").count() == 3
