"""Who lives and does nothing: the signs of life in Redis, looked at every few seconds."""

from __future__ import annotations

import contextlib
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.embedded import HEARTBEAT_KEY

LOOK = 5.0  # seconds


class Pulse:
    """Tells which part has shown no sign of life for ``stuck`` seconds although Redis was there all that time.

    Beat shows one when it sends its heartbeat, the worker when it takes it: of a worker nothing can be said while beat
    is silent. Both are kept in Redis; while that is away, and until it has been back long enough, nobody is accused.
    """

    def __init__(self, url: str, stuck: float) -> None:
        self._url, self._stuck = url, stuck
        self._next = 0.0
        self._there_since: float | None = None

    def silent(self) -> str:
        """``beat``, ``worker`` or nothing. Asks Redis (half a second at most) when it is time to look again."""
        now = time.monotonic()
        if now < self._next:
            return ""
        self._next = now + LOOK
        ages = self._ages()
        if ages is None:
            self._there_since = None
            return ""
        self._there_since = self._there_since or now
        if now - self._there_since < self._stuck:
            return ""
        return next((part for part in ("beat", "worker") if ages[part] > self._stuck), "")

    def _ages(self) -> dict[str, float] | None:
        """Seconds since each part's last sign (endless where there is none); None without Redis."""
        parts = ("beat", "worker")
        redis = Redis.from_url(self._url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
        with contextlib.suppress(RedisError, OSError), redis:
            seen = redis.mget([HEARTBEAT_KEY + part for part in parts])
            return {part: time.time() - float(at) if at else float("inf") for part, at in zip(parts, seen, strict=True)}
        return None
