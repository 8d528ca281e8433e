"""Bodies are complete before a thread is taken; too large is 413, too slow 408."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from dispatch.embedded.process import free_port
from dispatch.web.spool import Receive, Scope, Send, SpooledBodies
from tests.web.conftest import get

LIMIT = 1_000_000


class Echo:
    """Answers with the length of the body, and counts whom it was asked by."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        size = 0
        more = True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})


@pytest.fixture
def echo() -> Iterator[tuple[int, Echo]]:
    app = Echo()
    spooled = SpooledBodies(app, limit=LIMIT, minimum_rate=10_000, grace=0.5, silence=1.0)
    port = free_port()
    config = uvicorn.Config(spooled, port=port, lifespan="off", log_config=None, loop="asyncio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port, app
    server.should_exit = True
    thread.join(10)


def post(port: int, body: Any, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", "/", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, LIMIT])
def test_a_body_arrives_whole(echo: tuple[int, Echo], size: int) -> None:
    assert post(echo[0], b"x" * size) == (200, str(size).encode())


def test_a_declared_length_over_the_limit_is_413_before_a_byte_is_read(echo: tuple[int, Echo]) -> None:
    port, app = echo
    with socket.create_connection(("127.0.0.1", port), timeout=5) as phone:
        phone.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n".encode())
        assert phone.recv(100).startswith(b"HTTP/1.1 413")
    assert app.asked == 0


def test_a_chunked_body_over_the_limit_is_413(echo: tuple[int, Echo]) -> None:
    port, app = echo
    status, _ = post(port, (b"x" * 50_000 for _ in range(22)))  # sent in chunks
    assert (status, app.asked) == (413, 0)


def test_a_phone_below_the_minimum_rate_gets_408(echo: tuple[int, Echo]) -> None:
    port, app = echo
    with socket.create_connection(("127.0.0.1", port), timeout=5) as phone:
        phone.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(15):
                phone.sendall(b"x" * 100)
                time.sleep(0.1)
        assert phone.recv(100).startswith(b"HTTP/1.1 408")
    assert app.asked == 0


def test_a_silent_phone_gets_408(echo: tuple[int, Echo]) -> None:
    port, app = echo
    with socket.create_connection(("127.0.0.1", port), timeout=5) as phone:
        phone.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        assert phone.recv(100).startswith(b"HTTP/1.1 408")
    assert app.asked == 0


def test_slow_uploads_hold_no_thread(web: int) -> None:
    """Forty phones send slowly; the eight threads go on answering everybody else."""
    phones = []
    try:
        for _ in range(40):
            phone = socket.create_connection(("127.0.0.1", web), timeout=5)
            phone.sendall(
                b"POST /appearance/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n" + b"x" * 5000
            )
            phones.append(phone)
        assert get(web, "/healthz")[0] == 200  # before any of them has sent the rest
    finally:
        for phone in phones:
            phone.close()


def test_a_small_keep_alive_answer_does_not_wait_for_the_network(web: int) -> None:
    """Without TCP_NODELAY (uvloop sets it) each answer waits 40 ms."""
    taken = []
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", web, timeout=10)) as connection:
        for _ in range(60):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.030


def test_a_header_with_an_underscore_cannot_pose_as_the_proxys(own_valkey: Any) -> None:
    from tests.web.conftest import web_process

    with web_process(own_valkey.url, HTTPS="1", SSL_REDIRECT="1") as port:
        assert get(port, "/healthz", {"X_Forwarded_Proto": "https"})[0] == 301
        assert get(port, "/healthz", {"X-Forwarded-Proto": "https"})[0] == 200
