"""The one origin: stream, files and slow uploads natively async; every page in a pool of WSGI threads.

Threads with persistent database connections serve five times as many pages as Django's own ASGI handler.
"""

from __future__ import annotations

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings

from dispatch.web.collecting import Lasting
from dispatch.web.files import serve_media, serve_static
from dispatch.web.live.hub import Hub
from dispatch.web.live.stream import serve_live
from dispatch.web.metrics.counting import Counted
from dispatch.web.spool import App, Receive, Scope, Send, SpooledBodies
from dispatch.web.strict import strict
from dispatch.wsgi import application as pages_wsgi

THREADS = int(os.environ.get("WEB_THREADS", "8"))

hub = Hub(settings.REDIS_URL)
threads: Any = WSGIMiddleware(cast(Any, pages_wsgi), workers=THREADS)
counted = Counted(threads, lambda: len(hub.listeners))
pages: App = SpooledBodies(
    counted,
    limit=settings.BODY_MAX_BYTES,
    minimum_rate=settings.BODY_MIN_RATE,
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    # WSGI cannot tell X_Forwarded_Proto from X-Forwarded-Proto: a name with "_" could pose as the proxy's.
    scope["headers"] = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    send = strict(scope, send)
    path: str = scope["path"]
    if path == "/live/":
        await serve_live(hub, scope, receive, send)
    elif path.startswith(settings.MEDIA_URL):
        await serve_media(scope, receive, send)
    elif path.startswith(settings.STATIC_URL) and settings.STATIC_MANIFEST:
        await serve_static(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            counted.start()
            Lasting().begin()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.stop()
            await counted.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
