"""A run over a hotline's file: 500 rows a transaction, smaller ones only where one fails, resumable."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseComplaint,
    Chain,
    Complaint,
    Deadline,
    Event,
    HotlineOrder,
    ImportRefusal,
    ImportRun,
    Outbox,
    QuotedNumber,
    RunState,
)
from cases.refusals import Refused
from cases.services.imports import uploads
from cases.services.imports.batch import rows_write
from cases.services.imports.columns import FIELDS, columns_guess, columns_wrong, merged
from cases.services.imports.reading import Record, header_of, rows_of, sample_of
from cases.services.imports.rows import REASONS, BadRow, Row, row_parse
from cases.services.imports.ties import known_about, newly_joined
from teams.policies import SYSTEM, Actor

BATCH = 500
ATTEMPTS = 5
MANY = 1_000
_LOCK_CLASS = 7_340_001  # of advisory locks; the second number is the run, 0 for whose turn it is

Progress = Callable[[ImportRun], None]


def run_create(
    *,
    actor: Actor,
    street_id: int,
    upload: UploadedFile[Any] | None = None,
    path: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> ImportRun:
    """A run over an uploaded file or one of this machine, its columns guessed; nothing is read in yet.

    ``columns``: field → column name, over the guess. ``Refused`` (422): ``file_empty``, ``file_kind``,
    ``file_unreadable``; (403) ``not_allowed``.
    """
    policies.require(actor, "import.run", street_id=street_id)
    return ImportRun.objects.create(
        street_id=street_id,
        dry_run=dry_run,
        started_by_id=actor.user_id,
        **uploads.received(upload, path, lambda header: merged(columns_guess(header), columns or {}, FIELDS)),
    )


def run_header(run: ImportRun) -> list[str]:
    """The columns of the run's file, for the form that corrects the guess. ``Refused``: ``file_gone``."""
    return header_of(uploads.present(run.path))


def run_sample(run: ImportRun) -> dict[str, str]:
    """What stands in the columns of the run's file (``sample_of``). ``Refused``: ``file_gone``."""
    return sample_of(uploads.present(run.path))


def run_start(
    *, actor: Actor, run_id: int, columns: Mapping[str, str] | None = None, dry_run: bool | None = None
) -> ImportRun:
    """Release a run to the worker, from its first row, with the columns as corrected. Safe twice while it runs.

    ``Refused`` (422): ``column_missing``, ``column_unknown``; ``run_done`` for one that was carried through.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        policies.require(actor, "import.run", street_id=run.street_id)
        if run.state == RunState.RUNNING:
            return run
        if run.state == RunState.DONE and not run.dry_run:
            raise Refused("run_done", _("This file was imported already."))
        file = uploads.present(run.path)
        run.columns = merged(run.columns, columns or {}, FIELDS)
        _check_columns(run.columns, header_of(file))
        if dry_run is not None:
            run.dry_run = dry_run
        run.state = RunState.RUNNING
        run.read = run.added = run.already = run.joined = run.refused = 0
        run.error, run.finished_at = "", None
        run.save()
        run.refusals.all().delete()
    return run


def runs_due() -> list[int]:
    """The sweep behind ``run_execute``: runs released and not finished, oldest first."""
    return list(ImportRun.objects.filter(state=RunState.RUNNING).order_by("pk").values_list("pk", flat=True))


def run_execute(*, run_id: int, seconds: float | None = None, progress: Progress | None = None) -> ImportRun:
    """Carry a released run on from where it stands, for at most ``seconds``. Safe twice: one worker at a time has it,
    counts are saved with the rows they count. A dry run writes nothing but its own counts and refusals."""
    with uploads.sole(_LOCK_CLASS, run_id) as mine:
        run = ImportRun.objects.get(pk=run_id)
        if not mine or run.state != RunState.RUNNING:
            return run
        until = None if seconds is None else time.monotonic() + seconds
        try:
            header = header_of(Path(run.path))
            _check_columns(run.columns, header)
            if run.dry_run:
                _rehearse(run, header, progress)
            else:
                for records in uploads.slices(rows_of(Path(run.path), skip=run.read), BATCH):
                    _batch(run, records, header)
                    if progress:
                        progress(run)
                    if until is not None and time.monotonic() > until and run.read < run.total:
                        return run
        except Refused as refusal:
            return _finish(run, RunState.FAILED, str(refusal))
        return _finish(run, RunState.DONE)


def _batch(run: ImportRun, records: Sequence[Record], header: Sequence[str]) -> None:
    """One transaction. Where the database refuses it, each half is tried for itself, down to the row at fault; where it
    only had to wait too long for another writer, it is tried again."""
    rows, bad = _parsed(run, records, header)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                _in_turn()
                fresh = _unknown(rows)
                joined = rows_write(actor=_actor(run), street_id=run.street_id, rows=fresh)
                _count(run, len(records), len(fresh), len(rows) - len(fresh), joined, bad)
            return
        except OperationalError:
            run.refresh_from_db()
            if attempt == ATTEMPTS - 1:
                raise  # the run stays released: the sweep goes on with it
        except (IntegrityError, DataError, ValueError, ArithmeticError):
            run.refresh_from_db()
            break
    if len(rows) <= 1:
        _count(run, len(records), 0, 0, 0, [*bad, *(BadRow(row.row, "row_failed") for row in rows)])
        return
    middle = len(records) // 2
    _batch(run, records[:middle], header)
    _batch(run, records[middle:], header)


def _rehearse(run: ImportRun, header: Sequence[str], progress: Progress | None) -> None:
    """A dry run: the same reading and the same questions to the database, no row written."""
    new: dict[str, Row] = {}
    for records in uploads.slices(rows_of(Path(run.path)), BATCH):
        rows, bad = _parsed(run, records, header)
        fresh = [row for row in _unknown(rows) if row.number not in new]
        new.update((row.number, row) for row in fresh)
        _count(run, len(records), len(fresh), len(rows) - len(fresh), 0, bad)
        if progress:
            progress(run)
    run.joined = newly_joined(list(new.values()), known_about(new.values()))


def _parsed(run: ImportRun, records: Sequence[Record], header: Sequence[str]) -> tuple[list[Row], list[BadRow]]:
    rows: list[Row] = []
    bad: list[BadRow] = []
    for number, cells in records:
        parsed = row_parse(number, cells, header, run.columns)
        if isinstance(parsed, Row):
            rows.append(parsed)
        else:
            bad.append(parsed)
    return rows, bad


def _unknown(rows: Sequence[Row]) -> list[Row]:
    """Rows whose number is neither in the database nor earlier in the list."""
    there = set(HotlineOrder.objects.filter(number__in=[row.number for row in rows]).values_list("number", flat=True))
    fresh: list[Row] = []
    for row in rows:
        if row.number not in there:
            there.add(row.number)
            fresh.append(row)
    return fresh


def _count(run: ImportRun, read: int, added: int, already: int, joined: int, bad: Sequence[BadRow]) -> None:
    run.read += read
    run.added += added
    run.already += already
    run.joined += joined
    run.refused += len(bad)
    run.save(update_fields=["read", "added", "already", "joined", "refused"])
    ImportRefusal.objects.bulk_create(
        ImportRefusal(run=run, row=row.row, code=row.code, reason=str(REASONS[row.code])[:240]) for row in bad
    )


def _finish(run: ImportRun, state: str, error: str = "") -> ImportRun:
    run.state = state
    run.error = error[:240]
    run.finished_at = now()
    run.save(update_fields=["state", "error", "finished_at", "joined"])
    if state == RunState.DONE and not run.dry_run:
        uploads.forget(run.path)
        if run.added >= MANY:
            _statistics_renew()
    return run


def _check_columns(columns: Mapping[str, str], header: Sequence[str]) -> None:
    for field in columns_wrong(columns, header):
        if columns.get(field):
            raise Refused(
                "column_unknown",
                _("The file has no column “%(column)s”.") % {"column": columns[field]},
                field=field,
                status=422,
            )
        raise Refused(
            "column_missing", _("Say which column is “%(field)s”.") % {"field": FIELDS[field]}, field=field, status=422
        )


def _actor(run: ImportRun) -> Actor:
    return Actor(user_id=run.started_by_id, kind="system") if run.started_by_id else SYSTEM


def _in_turn() -> None:
    """Batches of all runs one after the other: two that quote one number at once would open a case each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_CLASS])


def _statistics_renew() -> None:
    """Tell the database at once what its tables hold now; until it looked by itself it would plan for empty ones."""
    tables = (Complaint, HotlineOrder, QuotedNumber, Case, CaseComplaint, Deadline, Chain, Event, Outbox)
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
