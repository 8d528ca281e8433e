"""The whole product for a journey: servers, demo district, web, worker and beat, as ``make run`` starts them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatch.embedded.layout import PROJECT, layout
from dispatch.embedded.process import free_port

GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "IDENTITY_KEYS", "IDENTITY_INDEX_KEY", "TOKEN_PEPPER")


@dataclass(frozen=True)
class Product:
    """A running product. ``environment`` lets ``manage.py`` commands work on its database."""

    url: str
    data: Path
    environment: dict[str, str]
    project: Path = PROJECT

    def manage(self, *arguments: str) -> str:
        """Run a management command beside it; its output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """Started once for all journeys; tests find their own cases in it and leave the others alone."""
    with running() as found:
        yield found


@contextmanager
def running(project: Path = PROJECT, keep: Path | None = None, **more: str) -> Iterator[Product]:
    """The product (or a copy of it) with these variables besides, stopped at the end; its data stays in ``keep``."""
    folder = keep or Path(tempfile.mkdtemp(prefix="dispatch-product-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    port = free_port()
    given = {key: value for key, value in os.environ.items() if key not in GIVEN}
    environment = given | {"DISPATCH_DATA": str(folder / "data"), "PORT": str(port), "WEB_WORKERS": "1", "DEMO": "1"}
    environment |= more
    log = folder / "product.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "dispatch.embedded", "serve", "--with-parent"],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(f"http://127.0.0.1:{port}/readyz", child, log)
        yield Product(f"http://127.0.0.1:{port}", folder / "data", environment, project)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(40)
        if keep is None:
            forget(folder)


def forget(folder: Path) -> None:
    """Remove what a product left behind."""
    place = layout(folder / "data")
    if place.moved:
        shutil.rmtree(place.servers, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _await(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 480
    while time.monotonic() < end:
        assert child.poll() is None, log.read_text()
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=5) as answer:
            if json.load(answer)["status"] == "ok":
                return
        time.sleep(0.2)
    raise AssertionError(f"not ready: {log.read_text()}")
