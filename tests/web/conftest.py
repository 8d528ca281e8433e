"""A Valkey and web processes of the tests' own, so that both can be stopped while somebody listens."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dispatch.embedded.layout import PROJECT, layout
from dispatch.embedded.process import free_port
from dispatch.embedded.valkey import Valkey


@pytest.fixture(scope="session")
def own_valkey() -> Iterator[Valkey]:
    """Running; a test that stops it starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="dispatch-web-"))
    folder.chmod(0o711)
    valkey = Valkey(layout(folder / "data"), free_port(), "secret")
    valkey.start()
    yield valkey
    valkey.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def web(own_valkey: Valkey) -> Iterator[int]:
    """The port of one web process that runs as in production."""
    with web_process(own_valkey.url) as port:
        yield port


@contextlib.contextmanager
def web_process(redis_url: str, *, app: str = "dispatch.asgi:application", **variables: str) -> Iterator[int]:
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "dispatch.serve", "--port", str(port), "--app", app],
        cwd=PROJECT,
        env=os.environ | {"REDIS_URL": redis_url, "STATIC_MANIFEST": "0"} | variables,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if get(port, "/healthz")[0] in (200, 301):
                    break
            assert child.poll() is None, "the web process ended"
            time.sleep(0.1)
        yield port
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower case) and body of a GET on the loopback."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()


def eventually(what: Callable[[], object], *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.05)
