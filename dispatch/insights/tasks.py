"""The interface to Celery: no work here. Safe twice and at once."""

from __future__ import annotations

from celery import shared_task

from dispatch.insights.rollup import sweep


@shared_task(name="insights.rollup_sweep")
def rollup_sweep() -> int:
    """Bring the days added up to yesterday. Returns how many days were written."""
    return sweep()
