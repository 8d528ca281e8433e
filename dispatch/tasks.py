"""The roof's own interface to Celery."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dispatch import retention

SECONDS = 60  # of the worker's 90; what it leaves, the next one takes


@shared_task(name="dispatch.retain")
def retain() -> int:
    """At night, what was kept long enough goes. Returns how many rows."""
    if timezone.localtime().hour not in retention.NIGHT:
        return 0
    return sum(retention.retain(seconds=SECONDS).values())
