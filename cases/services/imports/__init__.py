"""The hotline's file: read row by row, taken up in batches, quoting orders joined, bad rows reported."""

from cases.services.imports.columns import FIELDS, REQUIRED, columns_guess
from cases.services.imports.rows import REASONS
from cases.services.imports.running import run_create, run_execute, run_header, run_sample, run_start, runs_due
from cases.services.imports.sweeping import uploads_sweep

__all__ = [
    "FIELDS",
    "REASONS",
    "REQUIRED",
    "columns_guess",
    "run_create",
    "run_execute",
    "run_header",
    "run_sample",
    "run_start",
    "runs_due",
    "uploads_sweep",
]
