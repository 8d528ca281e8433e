"""The measuring tools count rightly; what they find is in docs/performance.md."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.urls import resolve

from bench import _beside, _machine
from bench._clients import Answer, Client, Taken, drive
from bench._works import Facts, works
from cases.models import Deadline
from tests.cast import Cast
from tests.stage import planned_case


class Told(BaseHTTPRequestHandler):
    """Answers with the number of its own connection, and refuses one path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.client_address[1]).encode()
        self.send_response(404 if self.path == "/gone/" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_each_client_keeps_its_connection_and_all_are_counted(server: str) -> None:
    clients, numbers, connections = [Client(server) for _ in range(3)], [], set()

    def ask(client: Client, nth: int) -> Answer | None:
        numbers.append(nth)
        answer = client.get("/gone/" if nth == 4 else "/")
        connections.add(answer.text)
        return answer if nth < 11 else None

    taken = drive(clients, ask, 4)
    assert sorted(numbers) == list(range(12))
    assert len(connections) == 3
    assert len(taken.ms) == 10
    assert len(taken.wrong) == 1
    assert taken.wrong[0].startswith("404")
    assert taken.rate == pytest.approx(10 / taken.seconds)


def test_percentiles() -> None:
    taken = Taken(ms=[float(one) for one in range(100, 0, -1)])
    assert (taken.median, taken.percentile(0.95), taken.percentile(0.99)) == (50.5, 96.0, 100.0)
    assert Taken().percentile(0.95) == Taken().median == 0.0


def test_a_process_and_what_it_started_are_found_and_idleness_seen() -> None:
    assert os.getpid() in _machine.below([os.getppid()])
    busy, idle = _machine.machine()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    busy_now, idle_now = _machine.machine()
    assert busy_now > busy
    assert idle_now >= idle


def test_every_work_has_a_name_of_its_own_and_asks_one_of_the_pages_there_are() -> None:
    facts = Facts([1], [1], 1, "1,2,3,4", [], 1, ["x"], [1])
    asked: list[str] = []

    class Listening:
        def get(self, path: str) -> None:
            asked.append(path)

        def post(self, path: str, _fields: dict[str, str]) -> None:
            asked.append(path)

    for work in works():
        work.ask(facts)(Listening(), 0)  # type: ignore[arg-type]
        resolve(asked[-1].partition("?")[0])
    assert len(asked) == len(works()) == len({work.key for work in works()})


@pytest.mark.django_db
def test_a_sweep_chases_exactly_what_was_made_due(cast: Cast) -> None:
    planned_case(cast)
    running = Deadline.objects.filter(state="running").count()
    assert running
    assert _beside.sweep(0) | {"s": 0, "cpu": 0} == {"due": 0, "fired": 0, "s": 0, "cpu": 0}
    found = _beside.sweep(10_000)
    assert found["due"] == running
    assert found["fired"] >= running
    assert not connection.needs_rollback
