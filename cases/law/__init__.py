"""What the law makes the software propose, refuse or ask for. Every number comes in as data."""

from cases.law.approval import MADE_UP_WITHIN, Approval, approval_state
from cases.law.bases import Basis, basis_on
from cases.law.duties import may_check_after, may_close
from cases.law.eligibility import Certificate, OfficerFacts, OfficerKind, Shortfall, counts_for, eligible
from cases.law.ladder import Band, Conduct, LadderRule, Proposal, Step, Violation, propose
from cases.law.limits import (
    SUMMARY_CEILING,
    Comparator,
    NightWindow,
    SummaryCeiling,
    UnknownZone,
    Verdict,
    judge,
    night,
    noise_limit,
    period,
    summary_allowed,
)
from cases.law.notes import Note

__all__ = [
    "MADE_UP_WITHIN",
    "SUMMARY_CEILING",
    "Approval",
    "Band",
    "Basis",
    "Certificate",
    "Comparator",
    "Conduct",
    "LadderRule",
    "NightWindow",
    "Note",
    "OfficerFacts",
    "OfficerKind",
    "Proposal",
    "Shortfall",
    "Step",
    "SummaryCeiling",
    "UnknownZone",
    "Verdict",
    "Violation",
    "approval_state",
    "basis_on",
    "counts_for",
    "eligible",
    "judge",
    "may_check_after",
    "may_close",
    "night",
    "noise_limit",
    "period",
    "propose",
    "summary_allowed",
]
