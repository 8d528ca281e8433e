"""``GET /live/``: server-sent events for one browser. Never touches the database."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs

from django.http.cookie import parse_cookie

from dispatch.web.live.hub import OVERLAP_MS, Hub, Item, Listener
from dispatch.web.live.topics import Grant, read_grants
from dispatch.web.spool import Receive, Scope, Send, answer, header

PING = 15.0  # seconds between signs of life
PAGE_OVERLAP_MS = 5000  # a first stream starts this long before its page was given out
MOST_LISTENERS = 5000  # a worker
_LAST_ID = re.compile(r"([0-9a-f]{8}):(\d{1,15})-(\d{1,15})")


async def serve_live(hub: Hub, scope: Scope, receive: Receive, send: Send) -> None:
    """403 without a valid grant, 503 when the worker is full, else a stream until its grants end."""
    if scope["method"] != "GET":
        await answer(send, 405, "GET only.", [(b"allow", b"GET")])
        return
    grants = read_grants(parse_cookie(header(scope, b"cookie")))
    grants = [grant for grant in grants if not any(hub.killed(one, grant.since) for one in grant.holders)]
    if not grants:
        await answer(send, 403, "No topics: open a page first.")
        return
    if len(hub.listeners) >= MOST_LISTENERS:
        await answer(send, 503, "Full.", [(b"retry-after", b"30")])
        return
    listener = _listener(scope, grants)
    hub.join(listener)
    gone = asyncio.create_task(_gone(receive))
    try:
        await _start(send, hub, max(listener.until.values()))
        await _carry(listener, gone, send)
    finally:
        hub.leave(listener)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


def _listener(scope: Scope, grants: list[Grant]) -> Listener:
    until: dict[str, float] = {}
    for grant in grants:
        for topic in grant.topics:
            until[topic] = max(until.get(topic, 0), grant.until)
    users = frozenset(one for grant in grants for one in grant.holders)
    asked = header(scope, b"last-event-id")
    if not asked:
        asked = parse_qs(scope["query_string"].decode("latin1")).get("last", [""])[0]
    if match := _LAST_ID.fullmatch(asked):
        return Listener(until, users, f"{max(0, int(match[2]) - OVERLAP_MS)}-0", resumed=match[1])
    return Listener(until, users, f"{int(grants[0].since * 1000) - PAGE_OVERLAP_MS}-0")


async def _start(send: Send, hub: Hub, until: float) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    hello = Item("hello", {"up": hub.up, "seconds": int(until - time.time())})
    await send({"type": "http.response.body", "body": b"retry: 5000\n" + _frame(hello), "more_body": True})


async def _carry(listener: Listener, gone: asyncio.Task[None], send: Send) -> None:
    """Send what the hub puts, a ping when nothing comes, and end when the grants or the reader do."""
    end = max(listener.until.values())
    while not gone.done():
        waiting = asyncio.create_task(listener.queue.get())
        patience = max(0.0, min(PING, end - time.time()))
        await asyncio.wait({waiting, gone}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            waiting.cancel()
            return
        if waiting.done():
            item = waiting.result()
        else:
            waiting.cancel()
            item = Item("expired") if time.time() >= end else Item("ping")
        last = item.event in ("bye", "expired")
        if item.event == "reset":
            listener.behind = False
        await send({"type": "http.response.body", "body": _frame(item), "more_body": not last})
        if last:
            return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _frame(item: Item) -> bytes:
    head = f"id: {item.id}\n" if item.id else ""
    body: dict[str, Any] = item.data
    return f"{head}event: {item.event}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
