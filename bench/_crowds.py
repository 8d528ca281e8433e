"""Pages while many others hold on to the product: slow uploads, open boards, streams."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from bench._board import Listening
from bench._changes import delays
from bench._clients import Answer, Client, Taken, paced
from bench._measured import Measured, beside
from bench._streams import Streams, Upload, finished
from bench._works import photo
from tests.journeys.people import PASSWORD

HEAD = (
    "| meanwhile | pages | median ms | p95 | p99 | wrong | what became of it | aim |\n|---|--:|--:|--:|--:|--:|---|---|"
)
PAGES = 4.0
"""Pages a second, over all eight clients: a board or a case, as twenty people ask who read for five seconds each."""
UPLOADS, SLOW = 40, 40 * 1024
"""Phones that send a photo each, bytes a second of each."""
BOARDS, STREAMS, CHANGES = 20, 180, 5.0
"""Boards that ask for their rows; streams that only listen; changes a second."""
MANY = 2_000
Row = tuple[str, Taken, str, str]


def crowds(one: Measured, *, seconds: float, many: int = MANY) -> list[Callable[[], Row]]:
    """Each stands for about so many seconds."""
    return [
        lambda: ("nothing", _pages(one, _after(seconds / 2)), "", "p95 300 ms"),
        lambda: _uploads(one, seconds),
        lambda: _boards(one, seconds),
        lambda: _streams(one, seconds, many),
    ]


def row(found: Row, name: str = "") -> str:
    what, taken, became, aim = found
    times = " | ".join(f"{one:.0f}" for one in (taken.median, taken.percentile(0.95), taken.percentile(0.99)))
    return f"| {what}{name} | {len(taken.ms)} | {times} | {len(taken.wrong)} | {became} | {aim} |"


def _uploads(one: Measured, seconds: float) -> Row:
    """Nothing may be lost: each photo is answered 201 and stands on the disk with all its bytes."""
    base, uploads, digests = photo(int(SLOW * seconds)), [], []
    for _nth in range(UPLOADS):
        client, key = Client(one.product.url), uuid.uuid4().hex
        client.get("/report/")
        own = base + key.encode()
        digests.append(hashlib.sha256(own).hexdigest())
        more = {"cookies": client.cookies, "csrf": client.csrf, "key": key}
        uploads.append(Upload(one.product.url, photo=own, rate=SLOW, **more))
    for upload in uploads:
        upload.start()
    taken = _pages(one, lambda: finished(uploads))
    taken.wrong += [f"upload {upload.status}" for upload in uploads if upload.status != 201]
    kept = beside(one.product, "photos", digests)
    slowest = max(upload.seconds for upload in uploads)
    became = f"{kept} of {UPLOADS} photos of {len(base) / 1024**2:.1f} MB kept, the last after {slowest:.0f} s"
    return f"{UPLOADS} uploads at {SLOW // 1024} KB/s", taken, became, f"p95 300 ms, {UPLOADS} kept"


def _boards(one: Measured, seconds: float) -> Row:
    boards = [Listening(one.product.url, "dispatcher", PASSWORD) for _ in range(BOARDS)]
    streams = _opened(one, STREAMS)
    told = _Changes(one, int(CHANGES * seconds), CHANGES, boards[0].shown)
    taken = _pages(one, lambda: not told.is_alive())
    time.sleep(3)
    seen, heard = delays(told.made, [board.close() for board in boards]), delays(told.made, streams.heard)
    streams.close()
    became = (
        f"event to screen: median {seen.at(50):.0f}, p95 {seen.at(95):.0f} ms, {seen.missing} missing;"
        f" to the other streams: p95 {heard.at(95):.0f} ms, {heard.missing} missing, {streams.lost} lost"
    )
    name = f"{BOARDS + STREAMS} streams, of them {BOARDS} boards, {CHANGES:g} events a second"
    return name, taken, became, "p95 300 ms, to screen p95 1 s"


def _streams(one: Measured, seconds: float, many: int) -> Row:
    streams = _opened(one, many)
    taken = _pages(one, _after(seconds))
    told = _Changes(one, 1, 1.0, one.facts.cases[:1])
    told.join()
    time.sleep(3)
    heard, still = delays(told.made, streams.heard), streams.open
    streams.close()
    became = (
        f"{many} open after {streams.seconds:.1f} s, {still} still after {seconds:.0f} s;"
        f" one event: {len(heard.shown)} heard it, the last after {max([0.0, *heard.shown]):.0f} ms"
    )
    return f"{many} streams", taken, became, f"p95 300 ms, {many} hold"


class _Changes(threading.Thread):
    """Changes made beside the product."""

    def __init__(self, one: Measured, count: int, rate: float, cases: list[int]) -> None:
        super().__init__(daemon=True)
        self._one, self._asked = one, (count, rate, cases)
        self.made: list[list[float]] = []
        self.start()

    def run(self) -> None:
        self.made = beside(self._one.product, "change", *self._asked)


def _opened(one: Measured, count: int) -> Streams:
    client = one.clients["desk"][0]
    client.get("/console/queue/all/")
    streams = Streams(one.product.url, client.cookies, count)
    streams.start()
    return streams


def _pages(one: Measured, until: Callable[[], bool]) -> Taken:
    cases = one.facts.cases

    def ask(client: Client, nth: int) -> Answer:
        path = f"/console/cases/{cases[nth % len(cases)]}/" if nth % 2 else "/console/queue/all/"
        return client.get(path)

    return paced(one.clients["desk"], ask, rate=PAGES, until=until)


def _after(seconds: float) -> Callable[[], Any]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
