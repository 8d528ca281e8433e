"""Uploads don't stay: a hotline's file holds callers' phones, so one that nobody takes in is removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.db import transaction

from cases.clock.moment import now
from cases.models import RUN_BUSY, ImportRun, PartyRun, RunState, YearPlan
from cases.selectors.office import office_setting
from cases.services.imports.uploads import folder

KEPT_DAYS = 7
"""When the setting ``import_file_days`` says nothing."""
Run = ImportRun | PartyRun | YearPlan
RUNS: tuple[tuple[type[Run], frozenset[str]], ...] = (
    (ImportRun, frozenset({RunState.RUNNING})),
    (PartyRun, frozenset(RUN_BUSY)),
    (YearPlan, frozenset(RUN_BUSY)),
)
"""All kinds of run keep their files in one folder; the states in which a worker needs the file."""


def uploads_sweep(*, dry: bool = False) -> int:
    """Remove uploads only looked at, rehearsed, compared or failed, ``import_file_days`` after their last use, and
    files that no run names. The run stays with its counts and rows. Answers how many files went. Safe twice.
    ``dry`` only counts."""
    place = folder()
    if not place.is_dir():
        return 0
    gone = 0
    named: set[str] = set()
    for model, busy in RUNS:
        runs = model._default_manager.filter(path__startswith=str(place))
        for run_id in list(runs.exclude(state__in=busy).order_by("pk").values_list("pk", flat=True)):
            gone += _forget(model, busy, run_id, dry)
        named |= set(runs.values_list("path", flat=True))
    long_ago = (now() - timedelta(days=1)).timestamp()  # an upload under way has no run yet
    for file in place.iterdir():
        if str(file) not in named and file.is_file() and file.stat().st_mtime < long_ago:
            if not dry:
                file.unlink(missing_ok=True)
            gone += 1
    return gone


def _forget(model: type[Run], busy: frozenset[str], run_id: int, dry: bool) -> int:
    """Remove the file of one run if its time is over, with the run locked against being released meanwhile."""
    with transaction.atomic():
        run = model._default_manager.select_for_update(skip_locked=True).filter(pk=run_id).first()
        if run is None or run.state in busy or not run.path:
            return 0
        path = Path(run.path)
        kept = timedelta(days=office_setting("import_file_days", run.street_id, KEPT_DAYS))
        there = path.exists()
        if there and (run.finished_at or run.created_at) + kept > now():
            return 0
        if dry:
            return int(there)
        path.unlink(missing_ok=True)
        run.path = ""
        run.save(update_fields=["path"])
    return int(there)
