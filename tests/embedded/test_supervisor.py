"""``make run``'s program: one command up, one signal down, and a sentence for what a person has to mend."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from dispatch.embedded.process import LauncherError
from dispatch.embedded.variables import check_variables
from tests.embedded.conftest import Launch, eventually, processes_of


def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a GET; (0, {}) when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    return 0, {}


def ready(port: int, child: subprocess.Popen[str] | None = None) -> bool:
    """Whether it is; fails at once with what it said when ``child`` has given up."""
    if child is not None and child.poll() is not None:
        raise AssertionError(child.stdout.read() if child.stdout else "ended")
    return ask(port, "/readyz")[0] == 200


def told(child: subprocess.Popen[str], text: str) -> str:
    """What it printed up to the line with ``text``: it can be ready a moment before it says so."""
    out = ""
    for line in child.stdout or ():
        out += line
        if text in line:
            return out
    raise AssertionError(f"{text} was never said: {out}")


MARKS = {"dispatch.serve": 2, "worker": 5, "beat": 1, "postgres": 1, "valkey-server": 1}
"""How many processes a running product has of each: a worker and its pool are five."""


def running(data: Path, mark: str) -> bool:
    found = [one for one in processes_of(data) if mark in " ".join(cmdline_of(one)[:8])]
    return len(found) >= MARKS[mark]


def cmdline_of(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def serving(data: Path) -> list[psutil.Process]:
    """The web processes; one that dies while it is looked at is none."""
    found = []
    for one in processes_of(data):
        with contextlib.suppress(psutil.Error):
            if "dispatch.serve" in one.cmdline():
                found.append(one)
    return found


def test_the_whole_product_starts_recovers_and_stops(data: Path, launch: Launch, port: int) -> None:
    first = launch("serve", PORT=str(port), DEMO="0", STUCK_SECONDS="20")
    eventually(lambda: ready(port, first), seconds=120)
    assert ask(port, "/readyz")[1] == {
        "status": "ok", "database": "ok", "redis": "ok", "worker": "ok", "beat": "ok",
    }  # fmt: skip

    # a killed web process: its brother answers, and it comes back
    webs = serving(data)
    assert len(webs) == 2
    webs[0].kill()
    eventually(lambda: ask(port, "/healthz")[0] == 200)
    eventually(lambda: len(serving(data)) == 2, seconds=30)

    # everything it keeps, killed at once: all of it comes back, and the data is there.
    # Nobody need see it down: the supervisor holds the socket, so a request may wait until a web process is back
    kept = [one for one in processes_of(data) if one.pid != first.pid]
    for one in kept:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    eventually(lambda: not {one.pid for one in kept} & {one.pid for one in processes_of(data)})
    eventually(lambda: ready(port) and all(running(data, mark) for mark in MARKS), seconds=60)

    # a worker that lives and does nothing: ended and begun anew
    stopped = next(one for one in processes_of(data) if "quick@%h" in cmdline_of(one))
    stopped.suspend()
    eventually(lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE, seconds=120)
    eventually(lambda: ready(port), seconds=60)
    assert "worker has done nothing for 20 s" in told(first, "has done nothing")

    # kill -9 of the supervisor: nothing stays, and the next start stands quickly
    first.kill()
    first.wait()
    eventually(lambda: not processes_of(data), seconds=30)
    second = launch("serve", PORT=str(port), DEMO="0")
    out = told(second, f"http://127.0.0.1:{port}/console/")
    eventually(lambda: ready(port, second), seconds=60)

    # Ctrl-C: a clean end
    second.send_signal(signal.SIGINT)
    assert second.wait(40) == 0
    assert second.stdout is not None
    out += second.stdout.read()
    assert "first_administrators" in out
    assert "Preparing" not in out  # what makes it quick: 3 s on two free cores
    assert "Loading" not in out
    eventually(lambda: not processes_of(data), seconds=5)


def sentence(launch: Launch, **variables: str) -> str:
    """What a start that cannot work says: one line, no traceback, exit code 1."""
    child = launch("serve", **variables)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 1, out
    assert "Traceback" not in out
    assert len(out.strip().splitlines()) == 1, out
    return str(out)


def test_a_taken_port_is_one_sentence(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is in use" in sentence(launch, PORT=str(port))


def test_an_unreachable_database_is_one_sentence(launch: Launch, port: int) -> None:
    out = sentence(launch, PORT=str(port), DATABASE_URL="postgres://someone:secret@127.0.0.1:9/none")
    assert "The database of DATABASE_URL cannot be used: 127.0.0.1:9" in out
    assert "secret" not in out


def test_a_second_start_on_the_same_data_is_one_sentence(data: Path, launch: Launch, port: int) -> None:
    import fcntl

    data.mkdir()
    with (data / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "already runs" in sentence(launch, PORT=str(port))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEMO", "perhaps"),
        ("WEB_WORKERS", "0"),
        ("DATABASE_URL", "sqlite:///file"),
        ("DATABASE_URL", "postgres://host:port/name"),
        ("REDIS_URL", "127.0.0.1:6379"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(LauncherError, match=f"^{name}"):
        check_variables({name: value})


def test_right_variables_pass() -> None:
    check_variables({"PORT": "8000", "DEMO": "0", "HTTPS": "yes", "DATABASE_URL": "postgres://h/n", "REDIS_URL": ""})
    assert os.environ.get("DJANGO_SETTINGS_MODULE") == "dispatch.settings"


def test_a_wrong_variable_is_one_sentence_at_the_start(launch: Launch) -> None:
    assert "PORT=eighty is wrong" in sentence(launch, PORT="eighty")
