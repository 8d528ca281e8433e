"""Many open pages and slow phones: what holds connections of the product while others ask for pages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from urllib.parse import urlsplit

from bench._clients import in_parts

TOGETHER = 50
"""Streams that are opened at the same time."""
STEP = 0.1
"""Seconds between two pieces of a slow upload."""


class Streams:
    """So many streams of one person, held by one thread. ``heard`` holds for each the ms at which a row's position
    came first; ``lost`` counts those that ended or never began."""

    def __init__(self, url: str, cookies: str, count: int) -> None:
        place = urlsplit(url)
        self._host, self._port = str(place.hostname), int(place.port or 80)
        self._question = (
            f"GET /live/ HTTP/1.1\r\nHost: {place.netloc}\r\nAccept: text/event-stream\r\nCookie: {cookies}\r\n\r\n"
        ).encode()
        self.count, self.open, self.lost, self.seconds = count, 0, 0, 0.0
        self.heard: list[dict[str, float]] = [{} for _ in range(count)]
        self._ready: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._hold(),), daemon=True)

    def start(self, patience: float = 120.0) -> None:
        """Returns when each has been greeted or has failed."""
        begun = time.perf_counter()
        self._thread.start()
        self._ready.result(patience)
        self.seconds = time.perf_counter() - begun

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    async def _hold(self) -> None:
        gate, greeted = asyncio.Semaphore(TOGETHER), [asyncio.Event() for _ in range(self.count)]
        tasks = [asyncio.create_task(self._listen(nth, gate, greeted[nth])) for nth in range(self.count)]
        for one in greeted:
            await one.wait()
        self._ready.set_result(None)
        await self._over.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, nth: int, gate: asyncio.Semaphore, greeted: asyncio.Event) -> None:
        try:
            async with gate:
                reader, writer = await asyncio.open_connection(self._host, self._port)
                writer.write(self._question)
                status = await asyncio.wait_for(reader.readline(), 60)
                if b" 200 " not in status:
                    raise OSError(status.decode())
                await asyncio.wait_for(reader.readuntil(b"event: hello\n"), 60)
                self.open += 1
                greeted.set()
            with contextlib.closing(writer):
                await self._hear(nth, reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        self.open -= greeted.is_set()
        self.lost += 1
        greeted.set()

    async def _hear(self, nth: int, reader: asyncio.StreamReader) -> None:
        event = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: ") and event == b"hint":
                hint = json.loads(line[6:])
                if hint["kind"] == "case":
                    self.heard[nth].setdefault(f"{hint['id']}:{hint['seq']}", time.time() * 1000)


class Upload(threading.Thread):
    """A resident's photo over a line of ``rate`` bytes a second; ``status`` is the answer's, 0 when there was none."""

    def __init__(self, url: str, *, cookies: str, csrf: str, key: str, photo: bytes, rate: int) -> None:
        super().__init__(daemon=True)
        self._place = urlsplit(url)
        kind, self._body = in_parts({"client_key": key}, [photo])
        self._head = (
            f"POST /report/photos/ HTTP/1.1\r\nHost: {self._place.netloc}\r\nConnection: close\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {csrf}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(self._body)}\r\n\r\n"
        ).encode()
        self._piece = max(1, int(rate * STEP))
        self.status, self.seconds = 0, 0.0

    def run(self) -> None:
        begun = time.perf_counter()
        with contextlib.suppress(OSError, ValueError, IndexError):
            place = (str(self._place.hostname), int(self._place.port or 80))
            with socket.create_connection(place, timeout=60) as line:
                line.sendall(self._head)
                for nth, first in enumerate(range(0, len(self._body), self._piece)):
                    time.sleep(max(0.0, begun + nth * STEP - time.perf_counter()))
                    line.sendall(self._body[first : first + self._piece])
                self.status = int(line.makefile("rb").readline().split()[1])
        self.seconds = time.perf_counter() - begun


def finished(uploads: Sequence[Upload]) -> bool:
    return not any(one.is_alive() for one in uploads)
