"""What complainants say of the result, and what the office makes of "not solved"."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as translate_now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from cases import policies
from cases.clock.moment import now
from cases.law import may_check_after
from cases.models import Case, CaseComplaint, CaseStage, Complaint, Feedback, LineKind, ReworkState
from cases.refusals import Refused
from cases.services import casefile, closure, intake, journal, visits
from teams.policies import RESIDENT, Actor

TOLD_ACCEPTED = gettext_noop("You said it is not solved. The office takes it up again.")
TOLD_REFUSED = gettext_noop("You said it is not solved. The office does not take it up again. Reason: %(reason)s")


def feedback_create(
    *, token_hash: str, case_id: int, contacted: bool, solved: bool, satisfied: int, words: str = ""
) -> Feedback:
    """A complainant rates a closed case, once a closing; "not solved" asks for rework. [case.rated]

    ``satisfied`` 1 to 5. The words stay in the feedback, never in the journal. Refused: ``not_found``,
    ``not_closed``, ``rated_already``, ``scale``.
    """
    if satisfied not in range(1, 6):
        raise Refused("scale", _("Choose from 1 to 5."), field="satisfied", status=422)
    with transaction.atomic():
        complaint = Complaint.objects.filter(token_hash=token_hash).first() if token_hash else None
        linked = complaint and CaseComplaint.objects.filter(complaint=complaint, case_id=case_id).exists()
        if complaint is None or not linked:
            raise Refused("not_found", _("This report does not exist."), status=404)
        case = casefile.case_lock(case_id)
        if case.stage != CaseStage.CLOSED:
            raise Refused("not_closed", _("It can be rated once the office has closed it."))
        feedback = Feedback.objects.filter(complaint=complaint, case=case).first()
        if feedback is not None and not _earlier_round(feedback, case):
            raise Refused("rated_already", _("You have rated this already. Thank you."))
        feedback = feedback or Feedback(complaint=complaint, case=case)
        feedback.contacted = contacted
        feedback.solved = solved
        feedback.satisfied = satisfied
        feedback.words = words.strip()
        feedback.at = now()
        feedback.rework = ReworkState.NONE if solved else ReworkState.ASKED
        feedback.rework_reason, feedback.rework_by, feedback.rework_at = "", None, None
        try:
            with transaction.atomic():
                feedback.save()
        except IntegrityError as error:
            raise Refused("rated_already", _("You have rated this already. Thank you.")) from error
        journal.record(
            subject=case,
            kind="case.rated",
            actor=RESIDENT,
            body={
                "feedback": feedback.pk,
                "contacted": contacted,
                "solved": solved,
                "satisfied": satisfied,
                "rework": feedback.rework,
            },
        )
    return feedback


def _earlier_round(feedback: Feedback, case: Case) -> bool:
    """The rating is of a closing that was reworked since: the new result may be rated anew."""
    return case.closed_at is not None and feedback.at < case.closed_at


def rework_decide(*, actor: Actor, feedback_id: int, accept: bool, reason: str) -> Feedback:
    """Take a case up again because somebody says it is not solved, or say why not; all who asked are told.

    [case.rework | case.rework_refused] Refused: ``decided_already``, ``reason_needed``, ``was_on_the_visit``,
    ``handled_it``, ``not_allowed``.
    """
    with transaction.atomic():
        case_id = Feedback.objects.filter(pk=feedback_id).values_list("case_id", flat=True).first()
        if case_id is None:
            raise Refused("not_found", _("This rating does not exist."), status=404)
        case = casefile.case_lock(case_id)
        feedback = Feedback.objects.select_for_update(no_key=True, of=("self",)).get(pk=feedback_id)
        policies.require(actor, "case.rework", street_id=case.street_id)
        closure.apart_required(case=case, actor=actor, rule=may_check_after)
        if feedback.rework != ReworkState.ASKED:
            raise Refused("decided_already", _("This was decided already."))
        words = reason.strip()
        if not words:
            raise Refused("reason_needed", _("Give the reason of your decision."), field="reason", status=422)
        asked = [feedback]
        if accept:
            # One case is taken up again once, for everybody who asked.
            asked = list(
                Feedback.objects.select_for_update(no_key=True, of=("self",))
                .filter(case=case, rework=ReworkState.ASKED)
                .order_by("pk")
            )
        for row in asked:
            row.rework = ReworkState.ACCEPTED if accept else ReworkState.REFUSED
            row.rework_reason = words[:240]
            row.rework_by_id = visits.staff_id(actor)
            row.rework_at = now()
            row.save(update_fields=["rework", "rework_reason", "rework_by", "rework_at"])
            _tell(row, case, actor, accept, words)
        body: dict[str, object] = {"feedback": [row.pk for row in asked]}
        if accept:
            closure.rework(case=case, actor=actor, reason=words, body=body)
        else:
            journal.record(
                subject=case, kind="case.rework_refused", actor=actor, body={"feedback": feedback.pk, "reason": words}
            )
    return next(row for row in asked if row.pk == feedback_id)


def _tell(feedback: Feedback, case: Case, actor: Actor, accept: bool, reason: str) -> None:
    complaint = feedback.complaint
    with override(complaint.language):
        text = translate_now(TOLD_ACCEPTED) if accept else translate_now(TOLD_REFUSED) % {"reason": reason}
    line = intake.line_put(complaint=complaint, kind=LineKind.NOTICE, text=text, actor=actor)
    intake.line_recorded(case=case, line=line, actor=actor)
