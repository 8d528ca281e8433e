"""``python -m dispatch.embedded serve``: servers, web, workers and beat as one thing that starts and stops."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import redis

from dispatch.embedded import HEARTBEAT_KEY, HEARTBEAT_PARTS
from dispatch.embedded.layout import PROJECT, Layout, layout
from dispatch.embedded.messages import compile_messages
from dispatch.embedded.process import LauncherError, die_with_parent, spawn, tail
from dispatch.embedded.servers import Servers, start
from dispatch.embedded.valkey import Valkey
from dispatch.embedded.variables import check_reachable, check_variables, number

PATIENCE = 15.0  # seconds to end by itself before it is killed
LOG_LIMIT = 20 * 1024**2


@dataclass
class Child:
    """One process we keep alive. After a death it comes back, later each time it dies young."""

    name: str
    command: Sequence[str]
    log: Path
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    born: float = field(default=0.0, init=False)
    wait: float = field(default=0.5, init=False)
    again_at: float = field(default=0.0, init=False)

    def launch(self, env: dict[str, str]) -> None:
        self.born = time.monotonic()
        self.again_at = 0.0
        self.process = spawn(
            self.command, log=self.log, env=env, cwd=PROJECT, pass_fds=self.pass_fds, orphan_signal=signal.SIGTERM
        )

    def tend(self, env: dict[str, str]) -> None:
        """Notice a death and bring it back when its time has come."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            code = self.process.returncode
            self._sweep_group()
            self.process = None
            self.wait = 0.5 if now - self.born > 60 else min(self.wait * 2, 30.0)
            self.again_at = now + self.wait
            say(f"{self.name} ended ({code}), starting it again in {self.wait:.0f} s; log: {self.log}")
        elif self.process is None and now >= self.again_at:
            self.launch(env)

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        self._sweep_group()
        self.process.wait()
        self.process = None

    def _sweep_group(self) -> None:
        """Whatever the child started is in its process group; none of it may stay."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Stop(Exception):
    """A signal asked us to end."""


def say(text: str) -> None:
    print(text, flush=True)


def serve(data: Path | None = None, *, with_parent: bool = False) -> int:
    """Run everything until a signal; 0 after a clean stop. Raises ``LauncherError`` with a sentence."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _stop)
    if with_parent:
        die_with_parent(signal.SIGTERM, parent=os.getppid())()
    check_variables()
    place = layout(data)
    servers: Servers | None = None
    children: list[Child] = []
    try:
        with _only_one(place), _listen() as listening:
            listening.set_inheritable(True)
            servers = start(place.root, max_connections=200)
            env = _environment(servers)
            if warning := check_reachable(env):
                say(warning)
            if place.moved:
                say(f"The database's account cannot enter {place.root}: its files are in {place.servers}.")
            _forget_heartbeats(servers)
            compile_messages(PROJECT / "locale")
            _prepare(place, servers, env)
            children += _children(place, listening)
            for child in children:
                child.launch(env)
            _await_web(children)
            say(_welcome(place))
            while True:
                time.sleep(0.2)
                for part in servers.parts:
                    if not part.alive():
                        say(f"{type(part).__name__} ended, starting it again.")
                        part.start()
                for child in children:
                    child.tend(env)
    except Stop:
        return 0
    finally:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + PATIENCE
        for child in children:
            child.end(deadline)
        if servers is not None:
            servers.stop()


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise Stop


@contextlib.contextmanager
def _only_one(place: Layout) -> Iterator[IO[str]]:
    with (place.root / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LauncherError(
                f"It already runs with the data in {place.root}: stop that one, or set DISPATCH_DATA."
            ) from None
        yield lock


def _listen() -> socket.socket:
    """The web's socket, bound here so that a taken port is a sentence and a restarted web process loses nobody."""
    host, port = os.environ.get("HOST") or "127.0.0.1", number("PORT", 8000)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except PermissionError:
        raise LauncherError(f"Port {port} needs more rights: choose another one, as in PORT=8000 make run.") from None
    except OSError as error:
        if isinstance(error, socket.gaierror):
            raise LauncherError(f"HOST={host} is wrong: give an address of this machine.") from None
        raise LauncherError(
            f"Port {port} on {host} is in use: stop what uses it or choose another one, as in PORT={port + 1} make run."
        ) from None


def _forget_heartbeats(servers: Servers) -> None:
    """Of the last run: readiness has to be earned anew. A Redis of somebody else's is left alone."""
    if any(isinstance(part, Valkey) for part in servers.parts):
        with redis.Redis.from_url(servers.environment["REDIS_URL"], socket_timeout=5) as client:
            client.delete(*(HEARTBEAT_KEY + part for part in HEARTBEAT_PARTS))


def _environment(servers: Servers) -> dict[str, str]:
    env = os.environ | servers.environment
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled modules are what makes the second start quick
    env["DJANGO_SETTINGS_MODULE"] = "dispatch.settings"
    env.setdefault("SITE_URL", _address())
    return env


def _address() -> str:
    host = os.environ.get("HOST") or "127.0.0.1"
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  (shown, not bound)
    return f"http://{shown}:{number('PORT', 8000)}"


def _prepare(place: Layout, servers: Servers, env: dict[str, str]) -> None:
    """Migrations, first data and static files, skipped when nothing they depend on has changed."""
    stamp = place.root / "prepared"
    fingerprint = _fingerprint(place) if servers.parts and "DATABASE_URL" not in os.environ else ""
    if fingerprint and stamp.exists() and stamp.read_text() == fingerprint:
        return
    stamp.unlink(missing_ok=True)
    command = [sys.executable, "manage.py", "prepare"]
    made = subprocess.Popen(
        command, env=env | {"STATEMENT_TIMEOUT_MS": "0"}, cwd=PROJECT, preexec_fn=die_with_parent(signal.SIGTERM)
    )
    try:
        if made.wait() != 0:
            raise LauncherError("The start was given up; the reason stands above.")
    except Stop:
        made.terminate()
        made.wait()
        raise
    if fingerprint:
        stamp.write_text(fingerprint)


def _fingerprint(place: Layout) -> str:
    """Of all that ``prepare`` depends on: this database, migrations, static files, data files, DEMO."""
    seen = hashlib.sha256(json.dumps([os.environ.get("DEMO"), sys.version]).encode())
    files = [place.servers / "postgres" / "PG_VERSION", PROJECT / "requirements.txt"]
    for pattern in ("*/migrations/*.py", "dispatch/*/migrations/*.py", "static/**/*", "cases/**/*.json"):
        files += sorted(PROJECT.glob(pattern))
    for file in files:
        with contextlib.suppress(OSError):
            facts = file.stat()
            seen.update(f"{file}|{facts.st_mtime_ns}|{facts.st_size}|".encode())
    return seen.hexdigest()


def _children(place: Layout, listening: socket.socket) -> list[Child]:
    def log(name: str) -> Path:
        path = place.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path

    celery = [sys.executable, "-m", "celery", "-A", "dispatch.celery:app", "--quiet"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    number_of_web = number("WEB_WORKERS", 2)
    web = [sys.executable, "-m", "dispatch.web.serve", "--fd", str(listening.fileno())]
    children = [
        Child(f"web {index + 1}", web, log(f"web-{index + 1}"), pass_fds=(listening.fileno(),))
        for index in range(number_of_web)
    ]
    children.append(Child("worker", [*worker, "-Q", "sweep,notices", "-c", "2", "-n", "quick@%h"], log("worker")))
    children.append(Child("bulk worker", [*worker, "-Q", "bulk", "-c", "1", "-n", "bulk@%h"], log("worker-bulk")))
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={place.root / 'beat.schedule'}"]
    children.append(Child("beat", beat, log("beat")))
    return children


def _await_web(children: list[Child]) -> None:
    """Until a page is answered; a web process that cannot start is a sentence with the end of its log."""
    end = time.monotonic() + 60
    first = children[0]
    host, port = os.environ.get("HOST") or "127.0.0.1", number("PORT", 8000)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    while time.monotonic() < end:
        if first.process is None or first.process.poll() is not None:
            raise LauncherError(f"The web process does not start: {tail(first.log, 2)} (log: {first.log}).")
        connection = http.client.HTTPConnection(host, port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status < 500:
                return
        time.sleep(0.1)
    raise LauncherError(f"The web process does not answer within a minute (log: {first.log}).")


def _welcome(place: Layout) -> str:
    base = os.environ.get("SITE_URL") or _address()
    lines = [
        "",
        "Street enforcement dispatch is running.",
        f"  Residents  {base}/",
        f"  Office     {base}/console/",
        f"  Squads     {base}/field/",
        f"  Data       {place.root}",
    ]
    with contextlib.suppress(OSError):
        lines += ["", (place.root / "accounts.txt").read_text().rstrip()]
    return "\n".join([*lines, "", "Ctrl-C stops everything and keeps the data."])
