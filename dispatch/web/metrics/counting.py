"""Requests and open streams of one web process, added up in Redis every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import defaultdict
from collections.abc import Callable

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dispatch.web.spool import App, Message, Receive, Scope, Send

REQUESTS, STREAMS = "metrics:requests", "metrics:streams"
EVERY = 5.0
"""Seconds between two additions; what a process that is killed had counted since the last one is lost."""
FORGOTTEN = 30.0
"""Seconds after which a process that has said nothing counts for no stream."""
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; slower ones are above the last."""
FACES = frozenset({"console", "field", "api", "accounts"})
_PORTAL = frozenset({"", "report", "lookup", "privacy", "t"})
_UNSEEN = frozenset({"healthz", "readyz", "metrics"})


def face_of(path: str) -> str:
    """The part of the product that answers a path: one of a few words, whatever is asked for."""
    first = path.split("/", 2)[1] if path.startswith("/") else path
    if first in _UNSEEN:
        return ""
    return first if first in FACES else "portal" if first in _PORTAL else "other"


class Counted:
    """ASGI middleware around the pages, where a request's body is complete: the time waits for a thread, and has none
    of a slow sender's. ``streams`` tells how many are open."""

    def __init__(self, app: App, streams: Callable[[], int]) -> None:
        self._app, self._streams = app, streams
        self._counts: defaultdict[str, float] = defaultdict(float)
        self._task: asyncio.Task[None] | None = None
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        face = face_of(scope["path"])
        if not face:
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            spent = time.monotonic() - begun
            kind = "read" if scope["method"] in ("GET", "HEAD", "OPTIONS") else "write"
            bucket = next((edge for edge in BUCKETS if spent <= edge), "+Inf")
            self._counts[f"n {face} {kind} {status // 100}xx"] += 1
            self._counts[f"b {face} {bucket}"] += 1
            self._counts[f"s {face}"] += spent

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_adding(), name="metrics")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._add(0)

    async def _keep_adding(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._add(self._streams())

    async def _add(self, streams: int) -> None:
        taken, self._counts = self._counts, defaultdict(float)
        if not await asyncio.to_thread(self._written, taken, streams):
            for name, count in taken.items():
                self._counts[name] += count

    def _written(self, counts: dict[str, float], streams: int) -> bool:
        """All of it, or False while Redis is away."""
        try:
            with short(settings.REDIS_URL) as redis, redis.pipeline(transaction=True) as pipe:
                for name, count in counts.items():
                    pipe.hincrbyfloat(REQUESTS, name, count)
                pipe.hset(STREAMS, self._name, f"{streams} {time.time():.0f}")
                pipe.execute()
        except (RedisError, OSError):
            return False
        return True


def short(url: str) -> Redis:
    """A connection that nobody waits for longer than half a second."""
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
