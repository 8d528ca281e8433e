"""Celery's interface to the core: ids in, one service called, safe twice. Queues: sweep, notices, bulk."""

from __future__ import annotations

import time

import structlog
from celery import shared_task

from cases.services import escalation, files, imports, nightplans, parties, partyfiles, planfiles
from teams.models import Street

log = structlog.get_logger(__name__)

SECONDS = 20  # the longest a sweep goes on before it lets others have the worker
RUN_SECONDS = 30  # the same for a slice of an import, which goes on from where it stands


@shared_task(name="cases.deadlines_sweep")
def deadlines_sweep() -> int:
    """Chase every deadline that is due. Returns how many moved up a level."""
    end = time.monotonic() + SECONDS
    fired = 0
    while time.monotonic() < end:
        swept = escalation.deadlines_sweep()
        fired += swept.fired
        if not swept.fired:
            break
    return fired


@shared_task(name="cases.file_reencode")
def file_reencode(file_id: int) -> bool:
    """Make the copies of one photo that are shown."""
    return files.file_reencode(file_id)


@shared_task(name="cases.files_sweep")
def files_sweep() -> int:
    """Make the copies of photos that still wait. Returns how many became ready."""
    return files.files_reencode_due()


@shared_task(name="cases.files_drop_abandoned")
def files_drop_abandoned() -> int:
    """Photos of reports that were begun and never sent go after a day. Returns how many went."""
    return files.files_drop_abandoned()


@shared_task(name="cases.import_run")
def import_run(run_id: int) -> str:
    """Carry a released import on for a while. Returns the state it stands at."""
    return imports.run_execute(run_id=run_id, seconds=RUN_SECONDS).state


@shared_task(name="cases.import_uploads_sweep")
def import_uploads_sweep() -> int:
    """Remove hotline files that nobody took in. Returns how many."""
    return imports.uploads_sweep()


@shared_task(name="cases.imports_sweep")
def imports_sweep() -> int:
    """Carry every released import on for a while, then queue behind what came meanwhile. Returns how many are left."""
    broken = 0
    for run_id in imports.runs_due():
        try:
            imports.run_execute(run_id=run_id, seconds=RUN_SECONDS)
        except Exception:  # the next sweep tries it again; the other runs go on
            log.exception("import_broke_off", run=run_id)
            broken += 1
    for run_id in partyfiles.runs_due():
        try:
            partyfiles.run_execute(run_id=run_id, seconds=RUN_SECONDS)
        except Exception:  # likewise
            log.exception("party_file_broke_off", run=run_id)
            broken += 1
    for plan_id in planfiles.plans_due():
        try:
            planfiles.plan_execute(plan_id=plan_id, seconds=RUN_SECONDS)
        except Exception:  # likewise
            log.exception("year_plan_broke_off", plan=plan_id)
            broken += 1
    left = len(imports.runs_due()) + len(partyfiles.runs_due()) + len(planfiles.plans_due())
    if left > broken:
        imports_sweep.apply_async(expires=RUN_SECONDS)
    return left


@shared_task(name="cases.doubles_sweep")
def doubles_sweep() -> int:
    """Compare the registers of all streets anew. Returns how many pairs wait for a decision."""
    return sum(parties.doubles_refresh(street_id=pk) for pk in Street.objects.values_list("pk", flat=True))


@shared_task(name="cases.nights_sweep")
def nights_sweep() -> int:
    """Begin the night's runs and carry on those under way. Returns how many are left."""
    nightplans.nights_begin()
    end = time.monotonic() + RUN_SECONDS
    for plan_id in nightplans.nights_due():
        try:
            nightplans.night_execute(plan_id=plan_id, seconds=max(0.0, end - time.monotonic()))
        except Exception:  # the next sweep tries it again; the other streets go on
            log.exception("night_plan_broke_off", plan=plan_id)
    left = len(nightplans.nights_due())
    if left and time.monotonic() >= end:  # what another worker has needs no second one behind it
        nights_sweep.apply_async(expires=RUN_SECONDS)
    return left
