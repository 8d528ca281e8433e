"""The measuring tools count rightly; what they find is in docs/performance.md."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import resolve

from bench import _beside, _machine, _million
from bench._changes import delays
from bench._clients import Answer, Client, Taken, drive, paced
from bench._works import Facts, photo, works
from bench.faults.storm import below
from cases.clock.moment import now
from cases.models import Deadline, Finding, Visit
from cases.services import files
from teams.policies import RESIDENT
from tests.cast import Cast, snapshot
from tests.stage import issued_order, planned_case


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
    assert os.getpid() in below([os.getppid()])
    busy, idle = _machine.machine()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    busy_now, idle_now = _machine.machine()
    assert busy_now > busy
    assert idle_now >= idle


def test_every_work_has_a_name_of_its_own_and_asks_one_of_the_pages_there_are() -> None:
    facts = Facts([1], [1], 1, "1,2,3,4", "1,2,3,4", [], 1, 1, ["x"], [1])
    asked: list[str] = []

    class Listening:
        def get(self, path: str) -> Answer:
            asked.append(path)
            return Answer(200, 1, 2.0, "")

        def post(self, path: str, _fields: dict[str, str], files: Sequence[bytes] = ()) -> Answer:
            asked.append(path)
            return Answer(201 if files else 302, 1, 2.0, "")

        def forget(self) -> None:
            asked.append("/")

    for work in works():
        before = len(asked)
        answer = work.ask(facts)(Listening(), 0)  # type: ignore[arg-type]
        assert answer is not None
        assert answer.status < 400
        assert len(asked) > before
    for path in asked:
        resolve(path.partition("?")[0])
    assert len(works()) == len({work.key for work in works()})
    none_left = Facts([], [], 1, "1,2,3,4", "1,2,3,4", [], 1, 1, [], [])
    for work in works():
        if work.key in ("cold", "triage", "accept"):
            assert work.ask(none_left)(Listening(), 0) is None  # type: ignore[arg-type]


def test_a_steady_rate_counts_the_wait_behind_a_slow_answer() -> None:
    clients = [Client("http://127.0.0.1:1") for _ in range(2)]
    end = time.monotonic() + 1.0

    def ask(_client: Client, nth: int) -> Answer:
        time.sleep(0.5 if nth == 0 else 0)  # the first of one client holds up its next three
        return Answer(200 if nth != 1 else 500, 1, 0.0, "no")

    taken = paced(clients, ask, rate=16, until=lambda: time.monotonic() > end)
    assert 10 <= len(taken.ms) <= 17
    assert sum(one > 90 for one in taken.ms) >= 4
    assert taken.wrong == ["500 no"]


def test_delays_tell_the_shown_the_overtaken_and_the_missing() -> None:
    made = [[7.0, 2.0, 1000.0], [7.0, 3.0, 2000.0], [8.0, 5.0, 3000.0]]
    found = delays(made, [{"7:2": 1100.0, "7:3": 2050.0}, {"7:3": 2300.0, "8:5": 3010.0}])
    assert sorted(found.shown) == [10.0, 50.0, 100.0, 300.0]
    assert (found.overtaken, found.missing) == (1, 1)


def test_a_made_up_photo_is_a_picture_of_that_size(cast: Cast) -> None:
    made = photo(200_000)
    assert 200_000 <= len(made) < 260_000
    stored = files.file_store(actor=RESIDENT, upload=SimpleUploadedFile("x.jpg", made + b"own"))
    assert files.file_reencode(stored.pk)
    assert _beside.photos([stored.sha256, "0" * 64]) == 1


@pytest.mark.django_db
def test_a_made_up_file_of_the_hotline_is_taken_up_once(cast: Cast) -> None:
    first, again = _beside.hotline(12)
    assert (first["state"], first["added"], first["refused"]) == ("done", 12, 0)
    assert (again["added"], again["already"]) == (0, 12)


@pytest.mark.django_db
def test_a_sweep_chases_exactly_what_was_made_due(cast: Cast) -> None:
    planned_case(cast)
    running = Deadline.objects.filter(state="running").count()
    assert running
    assert _beside.sweep(0) | {"s": 0, "cpu": 0} == {"due": 0, "once": 0, "others": 0, "s": 0, "cpu": 0}
    found = _beside.sweep(10_000)
    assert (found["due"], found["once"], found["others"]) == (running, running, 0)
    assert not connection.needs_rollback


@pytest.mark.django_db
def test_deadlines_added_for_a_bench_are_chased_when_due_and_leave_nothing_behind(cast: Cast) -> None:
    order = issued_order(cast)
    part = order.parts.select_related("agency").first()
    assert part is not None
    visit = Visit.objects.create(order=order, sequence=1, started_at=now())
    Finding.objects.create(
        part=part, visit=visit, agency=part.agency, text="烟", found_at=now(), found_by=cast.officers_of("market")[0]
    )
    before, running = snapshot(), _million.live()
    wanted = running + 40
    assert _million.more(wanted) == wanted
    added = Deadline.objects.filter(last_error=_million.MARK)
    assert {row.finding_id is None for row in added} == {True, False}, "also on findings added for them"
    assert _beside.sweep(0)["due"] == 0
    assert _million.fewer() == 40
    assert snapshot() == before
    _million.more(wanted)
    found = _beside.sweep(10_000)
    assert (found["due"], found["once"], found["others"]) == (wanted, wanted, 0)
    assert _million.fewer() == 40
    assert _million.live() == running
