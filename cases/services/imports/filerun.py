"""What every run over a file that is looked at first shares: compared in slices, carried on, ended, in whose name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from cases.clock.moment import now
from cases.models import FileRun, FileRunState
from cases.refusals import Refused
from cases.services.imports import uploads
from cases.services.imports.columns import merged
from cases.services.imports.reading import Record, header_of, rows_of
from teams.policies import SYSTEM, Actor

BATCH = 200


def begin(
    run: FileRun,
    columns: Mapping[str, str] | None,
    fields: Mapping[str, object],
    check: Callable[[Mapping[str, str], list[str]], None],
) -> None:
    """A locked run stands at its first row, to be compared with the columns as corrected. ``Refused`` as ``check`` and
    ``file_gone``."""
    run.columns = merged({} if columns else run.columns, columns or {}, fields)
    check(run.columns, header_of(uploads.present(run.path)))
    run.state = FileRunState.COMPARING
    run.read = run.done = 0
    run.error, run.finished_at = "", None
    run.save()


def carry(run: FileRun, *, compare: Callable[[], None], take: Callable[[], None]) -> None:
    """Go on with what the run stands at; what is refused ends it with the reason."""
    try:
        (compare if run.state == FileRunState.COMPARING else take)()
    except Refused as refusal:
        finish(run, FileRunState.FAILED, str(refusal))


def compare_on(
    run: FileRun,
    rows: Any,
    made: Callable[[list[Record]], Sequence[Any]],
    *,
    until: float,
    progress: Callable[[Any], None] | None,
) -> None:
    """From where the run stands until ``until`` (of ``time.monotonic``): a slice of the file, the rows ``made`` of it
    (for the manager ``rows``) and their count in one transaction."""
    for records in uploads.slices(rows_of(Path(run.path), skip=run.read), BATCH):
        found = made(records)
        with transaction.atomic():
            rows.bulk_create(found)
            run.read += len(records)
            run.save(update_fields=["read"])
        if progress:
            progress(run)
        if time.monotonic() > until and run.read < run.total:
            return
    finish(run, FileRunState.COMPARED)


def deadline(seconds: float | None) -> float:
    """The moment of ``time.monotonic`` at which work of so many seconds ends."""
    return float("inf") if seconds is None else time.monotonic() + seconds


def finish(run: FileRun, state: str, error: str = "") -> None:
    """The run stands at a state in which nobody carries it on."""
    run.state, run.error, run.finished_at = state, error[:240], now()
    run.save(update_fields=["state", "error", "finished_at"])


def actor_of_run(run: FileRun) -> Actor:
    """The person who released it; the right was asked then."""
    return Actor(user_id=run.started_by_id, kind="system") if run.started_by_id else SYSTEM
