"""A file of parties: compared with the register row by row, shown, and taken in as a person chose."""

from cases.services.partyfiles.choosing import rows_choose, rows_choose_all
from cases.services.partyfiles.columns import FIELDS, REQUIRED
from cases.services.partyfiles.rows import reason_of
from cases.services.partyfiles.running import (
    run_compare,
    run_create,
    run_execute,
    run_header,
    run_sample,
    run_take,
    runs_due,
)

__all__ = [
    "FIELDS",
    "REQUIRED",
    "reason_of",
    "rows_choose",
    "rows_choose_all",
    "run_compare",
    "run_create",
    "run_execute",
    "run_header",
    "run_sample",
    "run_take",
    "runs_due",
]
