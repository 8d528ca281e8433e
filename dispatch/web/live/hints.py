"""Telling the stream, from any thread or process, without ever waiting or failing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, TypeVar

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.web.breaker import Breaker

T = TypeVar("T")

PREFIX = "live:"
CONTROL = "live!control"  # kills and "you may have missed something", heard by every worker
EPOCH = "live!epoch"  # gone when Redis was emptied
LENGTH = 10_000
KEEP = 24 * 3600  # seconds a silent topic's stream is kept
TIMEOUT = 0.05

_breaker = Breaker(rest=2.0)
_lock = Lock()
_client: Redis | None = None
_missed = False  # a hint was dropped: the next one that gets through says so
_catching_up = Lock()  # held by the thread that says it where no next one comes


def _redis() -> Redis:
    global _client
    with _lock:
        if _client is None:
            _client = Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            )
        return _client


Hint = tuple[Sequence[str], str, int | str, int]
"""Topics, kind, id, seq."""


def publish(topics: Sequence[str], kind: str, id: int | str, seq: int) -> None:
    """Hint to everyone on ``topics`` that ``kind`` ``id`` is now at ``seq``. Call it after the commit.

    Takes 50 ms at most, nothing while Redis is away, and never raises: a page that misses a hint is told to refetch
    as soon as Redis answers again, by whatever comes first: the next hint or a thread that tries until it is heard.
    """
    publish_all([(topics, kind, id, seq)])


def publish_all(hints: Iterable[Hint]) -> None:
    """``publish`` of several, in one way to Redis and back."""
    entries: list[tuple[str, dict[Any, Any]]] = []
    for topics, kind, subject, seq in hints:
        body = json.dumps({"kind": kind, "id": subject, "seq": seq}, separators=(",", ":"))
        entries += [(PREFIX + topic, {"d": body}) for topic in topics]
    _write(entries)


def revoke(holder: int | str) -> None:
    """Close the streams of a person (number) or a session (``s:<id>``) and refuse the grants they hold: log-out, a
    changed role, a closed account, an ended session."""
    _write([(CONTROL, {"kill": str(holder)})])


def ask(act: Callable[[Redis], T], default: T) -> T:
    """What ``act`` answers from Redis, or ``default`` while it is away: 50 ms at most, never raises."""
    if _breaker.blocked():
        return default
    try:
        found = act(_redis())
    except (RedisError, OSError):
        _breaker.failed()
        return default
    _breaker.worked()
    return found


def _write(entries: Sequence[tuple[str, dict[Any, Any]]]) -> None:
    global _missed
    if not entries:
        return
    if _breaker.blocked():
        _miss()
        return
    try:
        with _redis().pipeline(transaction=False) as pipe:
            if _missed:
                pipe.xadd(CONTROL, {"reset": "1"}, maxlen=LENGTH, approximate=True)
            for stream, fields in entries:
                pipe.xadd(stream, fields, maxlen=LENGTH, approximate=True)
                pipe.expire(stream, KEEP)
            pipe.execute()
    except (RedisError, OSError):
        _breaker.failed()
        _miss()
    else:
        _missed = False
        _breaker.worked()


def _miss() -> None:
    global _missed
    _missed = True
    if _catching_up.acquire(blocking=False):
        Thread(target=_catch_up, name="live catch-up", daemon=True).start()


def _catch_up() -> None:
    """At night nobody may write for an hour: pages must not wait for that to learn that they missed something."""
    global _missed
    try:
        while _missed:
            time.sleep(_breaker.rest)
            if not _missed:
                return
            with suppress(RedisError, OSError):
                _redis().xadd(CONTROL, {"reset": "1"}, maxlen=LENGTH, approximate=True)
                _missed = False
    finally:
        _catching_up.release()
    if _missed:  # missed again between the last look and the release
        _miss()
