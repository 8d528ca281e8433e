"""Celery's interface to the core: ids in, one service called, safe twice. Queues: sweep, notices, bulk."""

from __future__ import annotations

import time

from celery import shared_task

from cases.services import escalation, files

SECONDS = 20  # the longest a sweep goes on before it lets others have the worker


@shared_task(name="cases.deadlines_sweep", queue="sweep")
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


@shared_task(name="cases.file_reencode", queue="bulk")
def file_reencode(file_id: int) -> bool:
    """Make the copies of one photo that are shown."""
    return files.file_reencode(file_id)


@shared_task(name="cases.files_sweep", queue="bulk")
def files_sweep() -> int:
    """Make the copies of photos that still wait. Returns how many became ready."""
    return files.files_reencode_due()
