"""A plan's file: compared in slices, then published, each new row as a need; resumable, safe twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import RUN_BUSY, FileRunState, NeedCause, PlanFate, YearPlan, YearPlanRow
from cases.refusals import Refused
from cases.services import needs, parties
from cases.services.imports import columns as named_columns
from cases.services.imports import filerun, uploads
from cases.services.imports.reading import Record, header_of, sample_of
from cases.services.planfiles.columns import FIELDS, columns_check, columns_guess
from cases.services.planfiles.comparing import Checklist, check_of, planned_checks, rows_compare, seen_before
from cases.services.planfiles.rows import REASONS, row_read
from teams.policies import Actor

YEARS = range(2000, 3000)
_LOCK_CLASS = 7_340_004  # of advisory locks; the second number is the plan

Progress = Callable[[YearPlan], None]


def plan_create(
    *,
    actor: Actor,
    street_id: int,
    agency_id: int,
    year: int,
    upload: UploadedFile[Any] | None = None,
    path: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
) -> YearPlan:
    """A plan over an uploaded file or one of this machine, its columns guessed; nothing is compared yet.

    ``Refused`` (422): ``agency_elsewhere``, ``year_wrong``, ``file_empty``, ``file_kind``, ``file_unreadable``,
    ``field_unknown``; (403) ``not_allowed``.
    """
    policies.require(actor, "plan.publish", street_id=street_id)
    needs.competent_check([agency_id], street_id)
    if year not in YEARS:
        raise Refused("year_wrong", _("Write the year with four digits."), field="year", status=422)
    return YearPlan.objects.create(
        street_id=street_id,
        agency_id=agency_id,
        year=year,
        started_by_id=actor.user_id,
        **uploads.received(
            upload, path, lambda header: named_columns.merged(columns_guess(header), columns or {}, FIELDS)
        ),
    )


def plan_header(plan: YearPlan) -> list[str]:
    """The columns of the plan's file, for the form that corrects the guess. ``Refused``: ``file_gone``."""
    return header_of(uploads.present(plan.path))


def plan_sample(plan: YearPlan) -> dict[str, str]:
    """What stands in the columns of the plan's file (``sample_of``). ``Refused``: ``file_gone``."""
    return sample_of(uploads.present(plan.path))


def plan_compare(*, actor: Actor, plan_id: int, columns: Mapping[str, str] | None = None) -> YearPlan:
    """Release a plan for comparison from its first row, with the columns as corrected. The rehearsal: it writes nothing
    but its own rows. ``Refused`` (422): ``column_missing``, ``column_unknown``, ``column_twice``; ``plan_published``;
    ``file_gone``."""
    with transaction.atomic():
        plan = _locked(actor, plan_id)
        if plan.state in RUN_BUSY:
            return plan
        if plan.state == FileRunState.DONE:
            raise Refused("plan_published", _("This plan was published already."))
        filerun.begin(plan, columns, FIELDS, columns_check)
        plan.rows.all().delete()
    return plan


def plan_publish(*, actor: Actor, plan_id: int) -> YearPlan:
    """Release a compared plan: each of its new rows becomes a need. ``Refused``: ``not_compared``, ``nothing_new``."""
    with transaction.atomic():
        plan = _locked(actor, plan_id)
        if plan.state == FileRunState.TAKING:
            return plan
        if plan.state != FileRunState.COMPARED:
            raise Refused("not_compared", _("Compare the file first."))
        if not _waiting(plan).exists():
            raise Refused("nothing_new", _("This file plans nothing new: there is nothing to publish."))
        plan.state = FileRunState.TAKING
        plan.started_by_id = actor.user_id or plan.started_by_id
        plan.save(update_fields=["state", "started_by"])
    return plan


def plans_due() -> list[int]:
    """Plans that a worker has to carry on, oldest first."""
    return list(YearPlan.objects.filter(state__in=RUN_BUSY).order_by("pk").values_list("pk", flat=True))


def plan_execute(*, plan_id: int, seconds: float | None = None, progress: Progress | None = None) -> YearPlan:
    """Carry a released plan on from where it stands, for at most ``seconds``. Safe twice: one worker has it at a time,
    and what is counted is saved with the rows it counts."""
    with uploads.sole(_LOCK_CLASS, plan_id) as mine:
        plan = YearPlan.objects.select_related("started_by", "agency").get(pk=plan_id)
        if not mine or plan.state not in RUN_BUSY:
            return plan
        until = filerun.deadline(seconds)
        filerun.carry(
            plan, compare=lambda: _compare(plan, until, progress), take=lambda: _publish(plan, until, progress)
        )
        return plan


def _compare(plan: YearPlan, until: float, progress: Progress | None) -> None:
    header = header_of(uploads.present(plan.path))
    columns_check(plan.columns, header)
    checklist = Checklist.of(plan.agency)
    seen = seen_before(plan) if plan.read else {}
    today = timezone.localdate(now())

    def made(records: list[Record]) -> list[YearPlanRow]:
        reads = [
            row_read(number, cells, header, plan.columns, year=plan.year, today=today) for number, cells in records
        ]
        return rows_compare(plan, reads, checklist, seen)

    filerun.compare_on(plan, YearPlanRow.objects, made, until=until, progress=progress)


def _publish(plan: YearPlan, until: float, progress: Progress | None) -> None:
    actor = filerun.actor_of_run(plan)
    while rows := list(_waiting(plan).order_by("row")[: filerun.BATCH]):
        with transaction.atomic():
            # All parties of the batch first, by their ids: rows name them in any order.
            ids = {row.target_id for row in rows if row.target_id is not None}
            parties.targets_lock(ids)
            planned = planned_checks(plan.agency_id, ids)
            for row in rows:
                if check_of(row) in planned:
                    row.fate = PlanFate.SAME
                else:
                    _row_publish(actor, plan, row)
                row.taken_at = now()
            YearPlanRow.objects.bulk_update(rows, ["fate", "code", "params", "need", "taken_at"])
            plan.done += sum(row.need_id is not None for row in rows)
            plan.save(update_fields=["done"])
        if progress:
            progress(plan)
        if time.monotonic() > until:
            return
    filerun.finish(plan, FileRunState.DONE)
    uploads.forget(plan.path)


def _row_publish(actor: Actor, plan: YearPlan, row: YearPlanRow) -> None:
    """One row in a savepoint of its own: what is refused is told on the row and stops nobody."""
    try:
        with transaction.atomic():
            row.need = needs.need_open(
                actor=actor,
                target_id=row.target_id or 0,
                cause=NeedCause.PLANNED,
                agency_ids=[plan.agency_id],
                from_day=row.from_day,
                due_day=row.due_day,
                items={plan.agency_id: row.item_ids},
                note=str(row.facts.get("note", "")),
            )
    except Refused as refusal:
        row.code = refusal.code if refusal.code in REASONS else "row_failed"
        row.fate, row.params = PlanFate.REFUSED, {}
    except (DatabaseError, TypeError, ValueError):
        row.fate, row.code, row.params = PlanFate.REFUSED, "row_failed", {}


def _waiting(plan: YearPlan) -> Any:
    return YearPlanRow.objects.filter(plan=plan, fate=PlanFate.NEW, taken_at__isnull=True)


def _locked(actor: Actor, plan_id: int) -> YearPlan:
    plan = YearPlan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    policies.require(actor, "plan.publish", street_id=plan.street_id)
    return plan
