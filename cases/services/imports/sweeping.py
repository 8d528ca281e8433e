"""Uploads don't stay: a hotline's file holds callers' phones, so one that nobody takes in is removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from cases.clock.moment import now
from cases.models import ImportRun, RunState
from cases.selectors.office import office_setting
from cases.services.imports.running import FOLDER

KEPT_DAYS = 7
"""When the setting ``import_file_days`` says nothing."""


def uploads_sweep() -> int:
    """Remove uploads only looked at, rehearsed or failed, ``import_file_days`` after their last use, and files that no
    run names. The run stays with its counts and refusals. Answers how many files went. Safe twice."""
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    if not folder.is_dir():
        return 0
    gone = 0
    idle = ImportRun.objects.exclude(state=RunState.RUNNING).filter(path__startswith=str(folder))
    for run_id in list(idle.order_by("pk").values_list("pk", flat=True)):
        gone += _forget(run_id)
    named = set(ImportRun.objects.filter(path__startswith=str(folder)).values_list("path", flat=True))
    long_ago = (now() - timedelta(days=1)).timestamp()  # an upload under way has no run yet
    for file in folder.iterdir():
        if str(file) not in named and file.is_file() and file.stat().st_mtime < long_ago:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def _forget(run_id: int) -> int:
    """Remove the file of one run if its time is over, with the run locked against being released meanwhile."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update(skip_locked=True).filter(pk=run_id).first()
        if run is None or run.state == RunState.RUNNING or not run.path:
            return 0
        path = Path(run.path)
        if path.exists() and _used_at(run) + timedelta(days=_days(run.street_id)) > now():
            return 0
        there = path.exists()
        path.unlink(missing_ok=True)
        run.path = ""
        run.save(update_fields=["path"])
    return int(there)


def _used_at(run: ImportRun) -> datetime:
    return run.finished_at or run.created_at


def _days(street_id: int) -> int:
    return office_setting("import_file_days", street_id, KEPT_DAYS)
