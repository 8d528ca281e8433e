"""Takes a request's body off the wire before a thread is taken, so that a slow phone holds no thread."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from dispatch.web.plain import page
from teams.numbers import is_number

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

IN_MEMORY = 256 * 1024  # above this the body goes to a temporary file
CHUNK = 64 * 1024
GRACE = 10.0  # seconds before the minimum rate counts
SILENCE = 20.0  # seconds without a byte


class TooLarge(Exception):
    """The body is longer than the limit → 413."""


class TooSlow(Exception):
    """The body comes slower than the minimum rate → 408."""


class Gone(Exception):
    """The client left before the body was complete."""


def header(scope: Scope, name: bytes) -> str:
    """The first value of a request header, '' when absent."""
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), "")


def has_body(scope: Scope) -> bool:
    return bool(header(scope, b"transfer-encoding")) or header(scope, b"content-length") not in ("", "0")


async def answer(send: Send, status: int, text: str | bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    """A short answer that ends the connection (the rest of a body may still be on its way): plain text, or a page as
    bytes."""
    kind = b"text/plain; charset=utf-8" if isinstance(text, str) else b"text/html; charset=utf-8"
    fields = [(b"content-type", kind), (b"cache-control", b"no-store"), *(headers or [])]
    if status in (408, 413):
        fields.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": text.encode() if isinstance(text, str) else text})


async def spool(
    receive: Receive, *, limit: int, minimum_rate: float, grace: float = GRACE, silence: float = SILENCE
) -> IO[bytes]:
    """The whole body in a file at position 0. Raises ``TooLarge``, ``TooSlow`` or ``Gone``.

    ``limit`` is in bytes, ``minimum_rate`` in bytes a second counted from the start once ``grace`` is over.
    """
    body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (handed to the caller)
    started = time.monotonic()
    size = 0
    try:
        while True:
            try:
                message = await asyncio.wait_for(receive(), silence)
            except TimeoutError:
                raise TooSlow from None
            if message["type"] == "http.disconnect":
                raise Gone
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge
            body.write(chunk)
            if not message.get("more_body", False):
                break
            taken = time.monotonic() - started
            if taken > grace and size < minimum_rate * taken:
                raise TooSlow
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


class SpooledBodies:
    """ASGI middleware: hands ``app`` a request only when its body is complete."""

    def __init__(
        self, app: App, *, limit: int, minimum_rate: float, grace: float = GRACE, silence: float = SILENCE
    ) -> None:
        self.app = app
        self.limit = limit
        self.minimum_rate = minimum_rate
        self.grace = grace
        self.silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not has_body(scope):
            await self.app(scope, receive, send)
            return
        declared = header(scope, b"content-length")
        try:
            if is_number(declared) and int(declared) > self.limit:
                raise TooLarge
            body = await spool(
                receive,
                limit=self.limit,
                minimum_rate=self.minimum_rate,
                grace=self.grace,
                silence=self.silence,
            )
        except TooLarge:
            most = self.limit // 1024**2
            await _refuse(scope, send, 413, f"Too large: at most {most} MB.", most=most)
        except TooSlow:
            await _refuse(scope, send, 408, "The upload was too slow or stopped. Please send it again.")
        except Gone:
            return
        else:
            with body:
                await self.app(scope, _replay(body, receive), send)


async def _refuse(scope: Scope, send: Send, status: int, text: str, **context: object) -> None:
    """A page for people, a line of text for scripts."""
    if "text/html" not in header(scope, b"accept"):
        await answer(send, status, text)
        return
    shown = page(status, cookies=header(scope, b"cookie"), languages=header(scope, b"accept-language"), **context)
    await answer(send, status, shown)


def _replay(body: IO[bytes], receive: Receive) -> Receive:
    """A ``receive`` that reads the spooled body, then what comes after it (the disconnect)."""
    finished = False

    async def replay() -> Message:
        nonlocal finished
        if finished:
            return await receive()
        chunk = body.read(CHUNK)
        finished = len(chunk) < CHUNK
        return {"type": "http.request", "body": chunk, "more_body": not finished}

    return replay
