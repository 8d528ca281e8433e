"""A data folder of its own for each test, and the launcher as a real program."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dispatch.embedded.layout import PROJECT, layout
from dispatch.embedded.process import free_port

Launch = Callable[..., "subprocess.Popen[str]"]
NOT_GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "IDENTITY_KEYS", "IDENTITY_INDEX_KEY", "TOKEN_PEPPER")


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder the database's account can reach (pytest's own are closed to it), removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dispatch-test-"))
    folder.chmod(0o711)
    yield folder / "data"
    for process in processes_of(folder):
        process.kill()
    place = layout(folder / "data")
    if place.moved:
        shutil.rmtree(place.servers, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def launch(data: Path) -> Iterator[Launch]:
    """Start ``python -m dispatch.embedded …`` as on a machine without any server; ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        env = {key: value for key, value in os.environ.items() if key not in NOT_GIVEN}
        child = subprocess.Popen(
            [sys.executable, "-m", "dispatch.embedded", *arguments],
            cwd=PROJECT,
            env=env | {"DISPATCH_DATA": str(data)} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(20)
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


@pytest.fixture
def port() -> int:
    return free_port()


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process started for a data folder, by its command line, environment or working folder.

    A server that renames itself overwrites the first two.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            named = str(folder) in " ".join(process.cmdline())
            given = process.environ().get("DISPATCH_DATA", "")
            if named or str(folder) in given or process.cwd().startswith(str(folder)):
                found.append(process)
    return found


def eventually(what: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until ``what`` holds; fail with its last value when it never does."""
    end = time.monotonic() + seconds
    value: object = None
    while time.monotonic() < end:
        value = what()
        if value:
            return
        time.sleep(0.05)
    raise AssertionError(f"never happened within {seconds} s: {value!r}")
