"""The interface to Celery."""

from __future__ import annotations

from celery import shared_task

from dispatch.api import sendings


@shared_task(name="api.sendings_forget")
def sendings_forget() -> int:
    """Keys past their time go. Returns how many."""
    return sendings.sendings_forget()
