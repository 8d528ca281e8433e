"""What the office decides about a case before anything is planned. Not everything is an inspection (DOMAIN §3)."""

from cases.services.triage.asking import (
    case_accept,
    case_ask,
    case_reject,
    case_resume,
    case_settle,
    case_take_back,
)
from cases.services.triage.deciding import case_triage, due_day_default
from cases.services.triage.joining import case_join, case_return
from cases.services.triage.splitting import case_split
from cases.services.triage.undoing import UNDOABLE, decision_undo

__all__ = [
    "UNDOABLE",
    "case_accept",
    "case_ask",
    "case_join",
    "case_reject",
    "case_resume",
    "case_return",
    "case_settle",
    "case_split",
    "case_take_back",
    "case_triage",
    "decision_undo",
    "due_day_default",
]
