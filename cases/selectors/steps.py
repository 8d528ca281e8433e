"""The stepper of the case page: the seven stages of GB/T 30428 and where a case stands among them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Case, CaseStage, Disposition

STEPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("collect", frozenset({CaseStage.RECEIVED})),
    ("register", frozenset({CaseStage.ACCEPTED, CaseStage.ASKING})),
    ("dispatch", frozenset({CaseStage.PLANNING})),
    ("handle", frozenset({CaseStage.DISPATCHED, CaseStage.VISITING, CaseStage.MEDIATING})),
    ("feed_back", frozenset({CaseStage.RULING, CaseStage.RECTIFYING})),
    ("check_after", frozenset({CaseStage.CHECKING})),
    ("close", frozenset({CaseStage.CLOSED, CaseStage.TRANSFERRED, CaseStage.REJECTED, CaseStage.JOINED})),
)
"""The seven stages of GB/T 30428 and the stages of ours that lie in each."""
LEFT = (CaseStage.TRANSFERRED, CaseStage.REJECTED, CaseStage.JOINED)
"""It ended elsewhere, not at the end of the way; what lies between is not drawn as done."""
BETWEEN = ("dispatch", "handle", "feed_back", "check_after")


def steps_of(case: Case) -> list[dict[str, Any]]:
    """The stepper: seven stages, what is done, where the case stands."""
    words = {
        "collect": pgettext("step", "intake"),
        "register": pgettext("step", "registration"),
        "dispatch": pgettext("step", "dispatch"),
        "handle": _("on-site check"),
        "feed_back": _("feedback"),
        "check_after": pgettext("step", "check after"),
        "close": pgettext("step", "closing"),
    }
    if case.disposition == Disposition.MEDIATION:
        words["handle"] = _("mediation")
    unvisited = not case.result_text or case.disposition == Disposition.ANSWERED
    left = case.stage in LEFT or (case.stage == CaseStage.CLOSED and unvisited)
    if left:
        words["close"] = str(case.get_stage_display())
    at = next((index for index, (_code, stages) in enumerate(STEPS) if case.stage in stages), 0)
    ended = case.closed_at is not None
    rows = []
    for index, (code, _stages) in enumerate(STEPS):
        state = "done" if index < at or (ended and index == at) else "now" if index == at else "todo"
        if left and code in BETWEEN:
            state = "todo"  # it left the way, or was withdrawn: nobody need have gone there
        rows.append({"label": words[code], "state": state, "at": case.stage_at if index == at else None})
    return rows
