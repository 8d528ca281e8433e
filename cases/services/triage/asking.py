"""Accepting, rejecting, asking back: the decisions that need no party."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import Case, Complaint, Disposition, LineKind
from cases.refusals import Refused
from cases.services import casefile, deadlines, intake
from cases.services.triage.telling import TOLD_REJECTED, fresh, tell, written
from teams.policies import Actor


def case_accept(*, actor: Actor, case_id: int) -> Case:
    """Register the case; whoever accepts it has it in hand. [case.accepted]"""
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.accept", street_id=case.street_id)
        case.owner_id = actor.user_id
        casefile.case_move(case=case, action="accept", actor=actor, kind="case.accepted", fields=["owner"])
    return case


def case_reject(*, actor: Actor, case_id: int, reason: str) -> Case:
    """Not taken up; each complainant reads why. [case.rejected]"""
    words = written(reason)
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.reject", street_id=case.street_id)
        case.disposition = Disposition.REJECTED
        tell(case=case, actor=actor, message=TOLD_REJECTED, params={"reason": words}, kind=LineKind.RESULT)
        casefile.case_move(
            case=case, action="reject", actor=actor, kind="case.rejected", reason=words, fields=["disposition"]
        )
    return fresh(case)


def case_ask(*, actor: Actor, case_id: int, complaint_id: int, question: str) -> Case:
    """Ask one complainant; the case waits for the answer. [case.asked]"""
    words = question.strip()
    if not words:
        raise Refused("text_needed", _("Write the question."), field="question", status=422)
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        complaint = Complaint.objects.filter(
            pk=complaint_id, case_links__case=case, withdrawn_at__isnull=True, token_hash__isnull=False
        ).first()
        if complaint is None:
            raise Refused(
                "nobody_to_ask", _("This complainant has no private page to answer on."), field="complaint", status=422
            )
        casefile.case_move(
            case=case, action="ask", actor=actor, kind="case.asked", body={"complaint": complaint.pk}, refresh=False
        )
        line = intake.line_put(complaint=complaint, kind=LineKind.QUESTION, text=words, actor=actor)
        intake.line_recorded(case=case, line=line, actor=actor)
        deadlines.case_due_refresh(case_ids=[case.pk])
    return fresh(case)


def case_resume(*, actor: Actor, case_id: int) -> Case:
    """Go on without waiting for the answer. [case.resumed]"""
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        casefile.case_move(case=case, action="resume", actor=actor, kind="case.resumed")
    return case


def case_settle(*, actor: Actor, case_id: int, words: str) -> Case:
    """Mediation came to an end; ``words`` is what was agreed. [case.mediated]"""
    text = written(words)
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.triage", street_id=case.street_id)
        case.result_text = text
        casefile.case_move(case=case, action="settle", actor=actor, kind="case.mediated", fields=["result_text"])
    return case


def case_take_back(*, actor: Actor, case_id: int, reason: str) -> Case:
    """A transferred or rejected case comes back to triage. [case.taken_back]"""
    words = written(reason)
    with transaction.atomic():
        case = casefile.case_lock(case_id)
        policies.require(actor, "case.return", street_id=case.street_id)
        case.disposition = ""
        case.transferred_to = ""
        casefile.case_move(
            case=case,
            action="take_back",
            actor=actor,
            kind="case.taken_back",
            reason=words,
            fields=["disposition", "transferred_to"],
        )
    return case
