"""Check-after and closing: by somebody else, on a passed check, each complainant told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import (
    Case,
    CaseStage,
    CheckAfter,
    Deadline,
    DeadlineKind,
    DeadlineState,
    LineKind,
    Need,
    NeedCause,
    ResidentLine,
    Setting,
)
from cases.services import closure, intake, triage
from teams.models import Assignment, Role
from teams.policies import RESIDENT
from tests.cast import LONG_AGO, Cast, refused
from tests.onscene import all_finish, all_there, at, close, kinds
from tests.stage import issued_order

SQUADS = ("street", "market", "urban")


@pytest.fixture
def case(cast: Cast) -> Case:
    """A case that waits for its check-after, with two complainants."""
    order = issued_order(cast, functions=["market", "urban"])
    made = Case.objects.get()
    for number in (1, 2):
        sent = intake.complaint_create(
            actor=RESIDENT, street_id=cast.street.pk, source="portal", text=f"演示·油烟{number}", language="zh-hans"
        )
        dispatcher = cast.act(cast.dispatcher)
        triage.case_accept(actor=dispatcher, case_id=sent.case.pk)
        triage.case_join(actor=dispatcher, case_id=sent.case.pk, into_case_id=made.pk, reason="演示·同一家")
    all_there(cast, order, SQUADS)
    all_finish(cast, order, SQUADS)
    close(cast, order)
    return Case.objects.get(pk=made.pk)


def make_checker(cast: Cast, user_id: int) -> None:
    Assignment.objects.create(user_id=user_id, role=Role.CHECKER, street=cast.street, starts_on=LONG_AGO)


def passed(cast: Cast, case: Case) -> CheckAfter:
    return closure.checkafter_submit(
        actor=cast.act(cast.checker), case_id=case.pk, passed=True, words="演示·同时段现场无异常"
    )


def test_a_passed_check_then_the_close_tells_every_complainant(cast: Cast, case: Case) -> None:
    assert case.stage == CaseStage.CHECKING
    passed(cast, case)
    clocks = dict(Deadline.objects.filter(case=case).values_list("kind", "state"))
    assert clocks[DeadlineKind.CHECK_AFTER] == DeadlineState.MET
    assert clocks[DeadlineKind.ANSWER] == DeadlineState.RUNNING
    assert case.events.get(kind="case.checked_after").used_seconds is not None
    done = closure.case_close(actor=cast.act(cast.checker), case_id=case.pk, result_text="演示·已处理完毕")
    assert (done.stage, done.closed_at is not None) == (CaseStage.CLOSED, True)
    lines = ResidentLine.objects.filter(kind=LineKind.RESULT)
    assert {line.complaint_id for line in lines} == set(case.complaints.values_list("pk", flat=True))
    assert {line.text for line in lines} == {"演示·已处理完毕"}
    assert not Deadline.objects.filter(case=case, state=DeadlineState.RUNNING).exists()
    assert kinds(case)[-1] == "case.closed"
    assert "处理完毕" not in case.events.get(kind="case.closed").body
    with refused("wrong_stage"):
        closure.case_close(actor=cast.act(cast.checker), case_id=case.pk, result_text="演示")


def test_a_withdrawn_complaint_hears_nothing_more(cast: Cast, case: Case) -> None:
    first = case.complaints.order_by("pk").first()
    assert first is not None
    assert first.token_hash is not None
    intake.complaint_withdraw(token_hash=first.token_hash)
    passed(cast, case)
    closure.case_close(actor=cast.act(cast.checker), case_id=case.pk, result_text="演示·已处理")
    assert ResidentLine.objects.filter(kind=LineKind.RESULT).exclude(complaint=first).count() == 1
    assert not ResidentLine.objects.filter(kind=LineKind.RESULT, complaint=first).exists()


def test_closing_needs_a_passed_check(cast: Cast, case: Case) -> None:
    checker = cast.act(cast.checker)
    with refused("check_missing"):
        closure.case_close(actor=checker, case_id=case.pk, result_text="演示")
    with refused("condition_not_met"):
        closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示", condition_met=False)
    with refused("words_needed"):
        closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="  ")
    passed(cast, case)
    with refused("checked_already"):
        passed(cast, case)
    with refused("result_needed"):
        closure.case_close(actor=checker, case_id=case.pk, result_text=" ")


def test_an_office_may_hold_its_checkers_to_the_hour(cast: Cast, case: Case) -> None:
    Setting.objects.create(key="check_after_same_hour", value=1, street=cast.street)
    checker, tomorrow = cast.act(cast.checker), timezone.localdate() + timedelta(days=1)
    with at(f"{tomorrow} 15:00"), refused("wrong_hour"):
        closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示")
    with at(f"{tomorrow} 22:30"):
        closure.checkafter_submit(actor=checker, case_id=case.pk, passed=True, words="演示·夜间安静")


def test_a_failed_check_is_rework(cast: Cast, case: Case) -> None:
    closure.checkafter_submit(actor=cast.act(cast.checker), case_id=case.pk, passed=False, words="演示·油烟仍在")
    case.refresh_from_db()
    assert (case.stage, case.rework_count) == (CaseStage.ACCEPTED, 1)
    assert kinds(case)[-1] == "case.rework"
    assert "油烟仍在" in case.events.get(kind="case.rework").body
    assert Deadline.objects.get(case=case, kind=DeadlineKind.TRIAGE, state=DeadlineState.RUNNING)
    with refused("wrong_stage"):
        closure.case_close(actor=cast.act(cast.checker), case_id=case.pk, result_text="演示")
    triage.case_triage(
        actor=cast.act(cast.dispatcher),
        case_id=case.pk,
        disposition="inspection",
        category_id=cast.categories["05-10"].pk,
        target_id=cast.target.pk,
        brief="演示·再查",
        brief_confirmed=True,
        agency_ids=cast.agency_ids("urban"),
    )
    assert Need.objects.filter(case=case, cause=NeedCause.CASE).count() == 2


def test_whoever_was_on_the_visit_neither_checks_nor_closes(cast: Cast, case: Case) -> None:
    for user in (cast.leader, cast.market_officers[1]):
        make_checker(cast, user.pk)
        with refused("was_on_the_visit", status=403):
            closure.checkafter_submit(actor=cast.act(user), case_id=case.pk, passed=True, words="演示")
    passed(cast, case)
    with refused("was_on_the_visit", status=403):
        closure.case_close(actor=cast.act(cast.leader), case_id=case.pk, result_text="演示")
    make_checker(cast, cast.fire_officers[0].pk)  # of a squad that was not there
    closure.case_close(actor=cast.act(cast.fire_officers[0]), case_id=case.pk, result_text="演示·已处理")


def test_others_may_neither_check_nor_close(cast: Cast, case: Case) -> None:
    for user in (cast.outsider, cast.supervisor, cast.auditor, cast.grid_worker, cast.fire_officers[0]):
        with refused("not_allowed", status=403):
            closure.checkafter_submit(actor=cast.act(user), case_id=case.pk, passed=True, words="演示")
        with refused("not_allowed", status=403):
            closure.case_close(actor=cast.act(user), case_id=case.pk, result_text="演示")
    with refused("not_found", status=404):
        closure.case_close(actor=cast.act(cast.checker), case_id=0, result_text="演示")
