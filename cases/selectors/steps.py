"""The stepper of the case page: the seven stages of GB/T 30428 and where a case stands among them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cases.models import Case, CaseStage

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


def steps_of(case: Case) -> list[dict[str, Any]]:
    """The stepper: seven stages, what is done, where the case stands."""
    words = {
        "collect": _("collected"),
        "register": _("registered"),
        "dispatch": _("dispatched"),
        "handle": _("on-site check"),
        "feed_back": _("feedback"),
        "check_after": _("checked after"),
        "close": _("closed"),
    }
    at = next((index for index, (_code, stages) in enumerate(STEPS) if case.stage in stages), 0)
    ended = case.closed_at is not None
    return [
        {
            "label": words[code],
            "state": "done" if index < at or (ended and index == at) else "now" if index == at else "todo",
            "at": case.stage_at if index == at else None,
        }
        for index, (code, _stages) in enumerate(STEPS)
    ]
