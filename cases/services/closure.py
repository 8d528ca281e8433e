"""Check-after and closing, by somebody who neither handled the case nor was on a visit of it (监管分离)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.law import Note, may_check_after, may_close, night
from cases.models import (
    Case,
    CaseStage,
    CheckAfter,
    Complaint,
    DeadlineKind,
    LineKind,
    NeedState,
)
from cases.refusals import Refused
from cases.selectors.apart import handlers, passed_check, visit_members
from cases.selectors.office import office_setting
from cases.services import casefile, deadlines, intake, journal, visits
from teams.policies import Actor

Rule = Callable[[int, Collection[int], Collection[int]], Note | None]


def checkafter_submit(
    *, actor: Actor, case_id: int, passed: bool, words: str, condition_met: bool | None = None
) -> CheckAfter:
    """The office has looked whether it was really solved. [case.checked_after | case.rework]

    ``passed`` confirms the closing condition of the category; not passed is rework, back to triage. Refused:
    ``was_on_the_visit``, ``handled_it``, ``words_needed``, ``condition_not_met``, ``checked_already``,
    ``wrong_hour``, ``wrong_stage``, ``not_allowed``.
    """
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.check_after", street_id=case.street_id)
        apart_required(case=case, actor=actor, rule=may_check_after)
        if case.stage != CaseStage.CHECKING:
            raise Refused("wrong_stage", _("This case does not wait for a check after handling."))
        if not words.strip():
            raise Refused("words_needed", _("Write what you saw."), field="words", status=422)
        if passed and condition_met is False:
            raise Refused(
                "condition_not_met",
                _("The closing condition is not met, so the check is not passed: send it back for rework."),
                field="condition_met",
                status=422,
            )
        if passed and _hour_matters(case) and not night(now()):
            raise Refused("wrong_hour", _("This is a problem of the night: check after it at night, when it happens."))
        if passed_check(case) is not None:
            raise Refused("checked_already", _("This case was checked already. It can be closed."))
        check = CheckAfter.objects.create(
            case=case, passed=passed, words=words.strip(), by_id=visits.staff_id(actor), at=now()
        )
        body = {"check": check.pk, "passed": passed, "category": case.category.code if case.category else None}
        if passed:
            used = deadlines.deadline_end(kind=DeadlineKind.CHECK_AFTER, subject=case)
            deadlines.deadline_start(
                kind=DeadlineKind.ANSWER, subject=case, street_id=case.street_id, urgent=casefile.urgent(case)
            )
            journal.record(
                subject=case,
                kind="case.checked_after",
                actor=actor,
                body=body,
                used_seconds=used.seconds if used else None,
                late=used.late if used else None,
            )
            deadlines.case_due_refresh(case_ids=[case.pk])
        else:
            rework(case=case, actor=actor, reason=words.strip(), body=body)
    return check


def case_close(*, actor: Actor, case_id: int, result_text: str) -> Case:
    """Close a case whose check-after is passed; each complainant reads the words. [case.line_written, case.closed]

    ``result_text`` is confirmed by the office: it goes to every complainant as it is. Refused: ``check_missing``,
    ``result_needed``, ``was_on_the_visit``, ``handled_it``, ``visit_open``, ``wrong_stage``, ``not_allowed``.
    """
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.close", street_id=case.street_id)
        apart_required(case=case, actor=actor, rule=may_close)
        if case.stage != CaseStage.CHECKING:
            raise Refused("wrong_stage", _("This case can't be closed from where it stands."))
        if not result_text.strip():
            raise Refused(
                "result_needed", _("Write the result in words for the complainants."), field="result_text", status=422
            )
        check = passed_check(case)
        if check is None:
            raise Refused("check_missing", _("Check after handling first: a case closes on a passed check."))
        if case.needs.filter(state__in=[NeedState.OPEN, NeedState.ORDERED]).exists():
            raise Refused("visit_open", _("A visit for this case is still planned."))
        case.result_text = result_text.strip()
        told = _tell_result(case, actor)
        deadlines.deadline_end(kind=DeadlineKind.ANSWER, subject=case)
        casefile.case_move(
            case=case,
            action="close",
            actor=actor,
            kind="case.closed",
            body={"check": check.pk, "complaints": told},
            fields=["result_text"],
        )
    return case


def _hour_matters(case: Case) -> bool:
    """Whether the office holds its checkers to the same hour (GB/T 30428); off until ``check_after_same_hour`` is 1."""
    if case.category is None or not case.category.night:
        return False
    return bool(office_setting("check_after_same_hour", case.street_id, 0))


def rework(*, case: Case, actor: Actor, reason: str, body: Mapping[str, object]) -> None:
    """Send a locked case back to triage. [case.rework]"""
    case.rework_count += 1
    case.result_text = ""
    casefile.case_move(
        case=case,
        action="rework",
        actor=actor,
        kind="case.rework",
        body=body,
        reason=reason,
        fields=["rework_count", "result_text"],
    )


def apart_required(*, case: Case, actor: Actor, rule: Rule) -> None:
    """``Refused`` with the code of the note when the actor handled what is to be judged."""
    if actor.user_id is None:
        return
    note = rule(actor.user_id, visit_members(case), handlers(case))
    if note is not None:
        raise Refused(
            note.code,
            _("You took part in handling this case. Somebody else checks and closes it."),
            note.params,
            status=403,
        )


def _tell_result(case: Case, actor: Actor) -> list[int]:
    complaints = Complaint.objects.filter(case_links__case=case, withdrawn_at__isnull=True).order_by("pk")
    told = []
    for complaint in complaints:
        line = intake.line_put(complaint=complaint, kind=LineKind.RESULT, text=case.result_text, actor=actor)
        intake.line_recorded(case=case, line=line, actor=actor)
        told.append(complaint.pk)
    return told
