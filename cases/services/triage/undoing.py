"""Taking the last decision back at once: the step that the flow has for it, with the reason written."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseStage, Disposition
from cases.refusals import Refused
from cases.services.triage.asking import case_resume, case_take_back
from cases.services.triage.joining import case_return
from teams.policies import Actor

UNDOABLE = frozenset(
    {
        Disposition.INSPECTION.value,
        Disposition.HANDLING.value,
        Disposition.MEDIATION.value,
        Disposition.TRANSFER.value,
        Disposition.QUESTION.value,
        Disposition.REJECTED.value,
    }
)
"""Decisions that the flow leads back from; an answer has been read by then, and a joined case has no way out."""

_RETURNING = frozenset({CaseStage.PLANNING.value, CaseStage.DISPATCHED.value, CaseStage.MEDIATING.value})
_TAKING_BACK = frozenset({CaseStage.TRANSFERRED.value, CaseStage.REJECTED.value})


def decision_undo(*, actor: Actor, case_id: int, reason: str) -> Case:
    """Back to triage from wherever the decision led. [case.returned | case.taken_back | case.resumed]

    ``Refused("cannot_undo")`` where the flow has no way back (answered, joined, the visit has begun), and whatever the
    step itself refuses.
    """
    stage = Case.objects.filter(pk=case_id).values_list("stage", flat=True).first()
    if stage in _RETURNING:
        return case_return(actor=actor, case_id=case_id, reason=reason)
    if stage in _TAKING_BACK:
        return case_take_back(actor=actor, case_id=case_id, reason=reason)
    if stage == CaseStage.ASKING:
        return case_resume(actor=actor, case_id=case_id)
    raise Refused("cannot_undo", _("This decision can't be taken back. Open the case to see what is still possible."))
