"""An agency's plan of inspections for a year: its file rehearsed, published as reasons to visit, withdrawn."""

from cases.services.planfiles.columns import FIELDS
from cases.services.planfiles.rows import reason_of
from cases.services.planfiles.running import (
    plan_compare,
    plan_create,
    plan_execute,
    plan_header,
    plan_publish,
    plan_sample,
    plans_due,
)
from cases.services.planfiles.withdrawing import plan_withdraw

__all__ = [
    "FIELDS",
    "plan_compare",
    "plan_create",
    "plan_execute",
    "plan_header",
    "plan_publish",
    "plan_sample",
    "plan_withdraw",
    "plans_due",
    "reason_of",
]
