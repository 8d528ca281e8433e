"""What a visit leads to: the acts that end in findings, a settled order and a recheck.

``visit_close``, ``lab_report`` and ``ruling_issue`` span stages, so they stand here, at the highest of them.
"""

from cases.services.followups.acts import lab_cancel, lab_report, ruling_issue, visit_close
from cases.services.followups.rechecks import followup_open, recheck_window
from cases.services.followups.settling import order_settle, settle

__all__ = [
    "followup_open",
    "lab_cancel",
    "lab_report",
    "order_settle",
    "recheck_window",
    "ruling_issue",
    "settle",
    "visit_close",
]
