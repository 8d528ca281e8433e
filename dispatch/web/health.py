"""``/healthz``: this process answers. ``/readyz``: what it needs answers too."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.celery import HEARTBEAT_SECONDS
from dispatch.embedded import HEARTBEAT_KEY, HEARTBEAT_PARTS

PATIENCE = 0.5  # seconds for Redis


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive; touches nothing."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis, worker and beat all answer, else 503; each part says ``ok`` or ``down``."""
    parts = states()
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if ready else "down", **parts}, status=200 if ready else 503)


def states() -> dict[str, str]:
    """``ok`` or ``down`` for each part; takes half a second at most for Redis."""
    parts = {"database": _database(), "redis": "down"} | dict.fromkeys(HEARTBEAT_PARTS, "down")
    redis = Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with redis:
            beats = redis.mget([HEARTBEAT_KEY + part for part in HEARTBEAT_PARTS])
    except (RedisError, OSError):
        return parts
    parts["redis"] = "ok"
    for part, seen in zip(HEARTBEAT_PARTS, beats, strict=True):
        if seen is not None and time.time() - float(seen) < 3 * HEARTBEAT_SECONDS:
            parts[part] = "ok"
    return parts


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "down"
    return "ok"
