"""A run over a file of parties: compared in slices, then taken in as chosen; resumable, safe twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import RUN_BUSY, ChangeKind, FileRunState, PartyRow, PartyRun, RowChoice, RowFate
from cases.refusals import Refused
from cases.services import parties
from cases.services.imports import columns as named_columns
from cases.services.imports import filerun, uploads
from cases.services.imports.reading import Record, header_of, sample_of
from cases.services.partyfiles.columns import FIELDS, REQUIRED, columns_guess
from cases.services.partyfiles.comparing import Seen, rows_compare, seen_before
from cases.services.partyfiles.rows import REASONS, row_read
from teams.policies import Actor

_LOCK_CLASS = 7_340_003  # of advisory locks; the second number is the run

Progress = Callable[[PartyRun], None]


def run_create(
    *,
    actor: Actor,
    street_id: int,
    upload: UploadedFile[Any] | None = None,
    path: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
) -> PartyRun:
    """A run over an uploaded file or one of this machine, its columns guessed; nothing is compared yet.

    ``Refused`` (422): ``file_empty``, ``file_kind``, ``file_unreadable``, ``field_unknown``; (403) ``not_allowed``.
    """
    policies.require(actor, "target.edit", street_id=street_id)
    return PartyRun.objects.create(
        street_id=street_id,
        started_by_id=actor.user_id,
        **uploads.received(
            upload, path, lambda header: named_columns.merged(columns_guess(header), columns or {}, FIELDS)
        ),
    )


def run_header(run: PartyRun) -> list[str]:
    """The columns of the run's file, for the form that corrects the guess. ``Refused``: ``file_gone``."""
    return header_of(uploads.present(run.path))


def run_sample(run: PartyRun) -> dict[str, str]:
    """What stands in the columns of the run's file (``sample_of``). ``Refused``: ``file_gone``."""
    return sample_of(uploads.present(run.path))


def run_compare(*, actor: Actor, run_id: int, columns: Mapping[str, str] | None = None) -> PartyRun:
    """Release a run for comparison from its first row, with the columns as corrected. The dry run: it writes nothing
    but its own rows. ``Refused`` (422): ``column_missing``, ``column_unknown``, ``column_twice``; ``run_done``;
    ``file_gone``."""
    with transaction.atomic():
        run = _locked(actor, run_id)
        if run.state in RUN_BUSY:
            return run
        if run.state == FileRunState.DONE:
            raise Refused("run_done", _("This file was imported already."))
        filerun.begin(run, columns, FIELDS, _columns_check)
        run.rows.all().delete()
    return run


def run_take(*, actor: Actor, run_id: int) -> PartyRun:
    """Release a compared run: its rows are written as they were chosen. ``Refused``: ``not_compared``,
    ``nothing_chosen``."""
    with transaction.atomic():
        run = _locked(actor, run_id)
        if run.state == FileRunState.TAKING:
            return run
        if run.state != FileRunState.COMPARED:
            raise Refused("not_compared", _("Compare the file first."))
        if not _waiting(run).exists():
            raise Refused("nothing_chosen", _("Nothing is chosen: there is nothing to take in."))
        run.state = FileRunState.TAKING
        run.started_by_id = actor.user_id or run.started_by_id
        run.save(update_fields=["state", "started_by"])
    return run


def runs_due() -> list[int]:
    """Runs that a worker has to carry on, oldest first."""
    return list(PartyRun.objects.filter(state__in=RUN_BUSY).order_by("pk").values_list("pk", flat=True))


def run_execute(*, run_id: int, seconds: float | None = None, progress: Progress | None = None) -> PartyRun:
    """Carry a released run on from where it stands, for at most ``seconds``. Safe twice: one worker has it at a time,
    and what is counted is saved with the rows it counts."""
    with uploads.sole(_LOCK_CLASS, run_id) as mine:
        run = PartyRun.objects.select_related("started_by").get(pk=run_id)
        if not mine or run.state not in RUN_BUSY:
            return run
        until = filerun.deadline(seconds)
        filerun.carry(run, compare=lambda: _compare(run, until, progress), take=lambda: _take(run, until, progress))
        return run


def _columns_check(columns: Mapping[str, str], header: Iterable[str]) -> None:
    named_columns.check(columns, header, FIELDS, REQUIRED)


def _compare(run: PartyRun, until: float, progress: Progress | None) -> None:
    header = header_of(uploads.present(run.path))
    _columns_check(run.columns, header)
    seen = seen_before(run) if run.read else Seen()

    def made(records: list[Record]) -> list[PartyRow]:
        return rows_compare(run, [row_read(number, cells, header, run.columns) for number, cells in records], seen)

    filerun.compare_on(run, PartyRow.objects, made, until=until, progress=progress)


def _take(run: PartyRun, until: float, progress: Progress | None) -> None:
    actor = filerun.actor_of_run(run)
    while rows := list(_waiting(run).select_related("target").order_by("row")[: filerun.BATCH]):
        with transaction.atomic():
            for row in rows:
                _row_take(actor, run, row)
            PartyRow.objects.bulk_update(rows, ["fate", "choice", "code", "notes", "target", "taken_at"])
            run.done += len(rows)
            run.save(update_fields=["done"])
        if progress:
            progress(run)
        if time.monotonic() > until:
            return
    parties.doubles_refresh(street_id=run.street_id)
    filerun.finish(run, FileRunState.DONE)
    uploads.forget(run.path)


def _row_take(actor: Actor, run: PartyRun, row: PartyRow) -> None:
    """One row in a savepoint of its own: what is refused is told on the row and stops nobody."""
    try:
        with transaction.atomic():
            if row.choice == RowChoice.ADD:
                row.target = parties.target_create(actor=actor, street_id=run.street_id, **row.facts)
            elif row.target_id is not None:
                _row_change(actor, run, row)
    except Refused as refusal:
        row.fate, row.choice = RowFate.REFUSED, RowChoice.LEAVE
        row.code = refusal.code if refusal.code in REASONS else "row_failed"
        row.notes = [{}]
    except (DatabaseError, TypeError, ValueError):
        row.fate, row.choice, row.code, row.notes = RowFate.REFUSED, RowChoice.LEAVE, "row_failed", [{}]
    row.taken_at = now()


def _row_change(actor: Actor, run: PartyRun, row: PartyRow) -> None:
    target = parties.target_lock(row.target_id or 0)
    present = parties.columns_of(target)
    if any(present.get(column) != row.changes[column][0] for column in row.fields):
        raise Refused("changed_meanwhile", REASONS["changed_meanwhile"])
    parties.target_update(
        actor=actor,
        target_id=target.pk,
        change=ChangeKind.IMPORTED,
        reason=f"{run.file_name} #{row.row}",
        **{column: row.changes[column][1] for column in row.fields},
    )


def _waiting(run: PartyRun) -> Any:
    return PartyRow.objects.filter(run=run, taken_at__isnull=True).exclude(choice=RowChoice.LEAVE)


def _locked(actor: Actor, run_id: int) -> PartyRun:
    run = PartyRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    policies.require(actor, "target.edit", street_id=run.street_id)
    return run
