"""What every run over a file that is looked at first shares: its end, and in whose name it writes."""

from __future__ import annotations

from cases.clock.moment import now
from cases.models import FileRun
from teams.policies import SYSTEM, Actor


def finish(run: FileRun, state: str, error: str = "") -> None:
    """The run stands at a state in which nobody carries it on."""
    run.state, run.error, run.finished_at = state, error[:240], now()
    run.save(update_fields=["state", "error", "finished_at"])


def actor_of_run(run: FileRun) -> Actor:
    """The person who released it; the right was asked then."""
    return Actor(user_id=run.started_by_id, kind="system") if run.started_by_id else SYSTEM
