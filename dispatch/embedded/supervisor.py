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
import tempfile
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
from dispatch.embedded.pulse import Pulse
from dispatch.embedded.servers import Servers, start
from dispatch.embedded.valkey import Valkey
from dispatch.embedded.variables import check_reachable, check_variables, number

PATIENCE = 15.0  # seconds to end by itself before it is killed
LOG_LIMIT = 20 * 1024**2


@dataclass
class Child:
    """One process we keep alive. After a death it comes back, later each time it dies young."""

    part: str
    name: str
    command: Sequence[str]
    log: Path | None
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    born: float = field(default=0.0, init=False)
    wait: float = field(default=0.5, init=False)
    again_at: float = field(default=0.0, init=False)

    def launch(self, env: dict[str, str]) -> None:
        self.born = time.monotonic()
        self.again_at = 0.0
        # Killed outright when we die: a worker asked to end politely would wait for a Redis that has died with us.
        self.process = spawn(
            self.command, log=self.log, env=env, cwd=PROJECT, pass_fds=self.pass_fds, orphan_signal=signal.SIGKILL
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
            why = f"signal {-code}" if code < 0 else f"code {code}. {_end_of(self)}"
            say(f"{self.name} ended, starting it again in {self.wait:.0f} s: {why}")
        elif self.process is None and now >= self.again_at:
            self.launch(env)

    def kill(self, why: str) -> None:
        """It lives and does nothing: end it now, ``tend`` brings it back."""
        say(f"{self.name} {why}, ending it.")
        self._sweep_group()

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


def _end_of(child: Child) -> str:
    return f"{tail(child.log, 2)} (log: {child.log})" if child.log else ""


def say(text: str) -> None:
    print(text, flush=True)


def serve(data: Path | None = None, *, with_parent: bool = False, only: str = "") -> int:
    """Run everything until a signal; 0 after a clean stop. Raises ``LauncherError`` with a sentence.

    ``only`` is ``web``, ``worker`` or ``beat``: a container's part, beside servers and a preparation of its own.
    """
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _stop)
    if with_parent:
        die_with_parent(signal.SIGTERM, parent=os.getppid())()
    check_variables()
    place = layout(data)
    servers: Servers | None = None
    children: list[Child] = []
    try:
        with _only_one(place, only), _listen() if only in ("", "web") else contextlib.nullcontext() as listening:
            if only:
                env = _given()
            else:
                servers = start(place.root, max_connections=200)
                env = _environment(servers)
                _make_ready(place, servers, env)
            children += [child for child in _children(place, listening, only) if child.part == (only or child.part)]
            # One of each part first: that is enough to answer, and all at once would wait for one another's processor.
            parts = [child.part for child in children]
            first = [child for index, child in enumerate(children) if child.part not in parts[:index]]
            for child in first:
                child.launch(env)
            if listening is not None:
                _await_web(first)
            for child in children:
                if child not in first:
                    child.launch(env)
            say(_welcome(place) if not only else f"{only} is running.")
            stuck = number("STUCK_SECONDS", 30)
            pulse = Pulse(env["REDIS_URL"], stuck)
            while True:
                time.sleep(0.2)
                for part in servers.parts if servers else ():
                    if not part.alive():
                        say(f"{type(part).__name__} ended, starting it again.")
                        part.start()
                silent = pulse.silent()
                for child in children:
                    # One that has just begun is given the time that a start takes.
                    if child.name == silent and child.process and time.monotonic() - child.born > 2 * stuck:
                        child.kill(f"has done nothing for {stuck} s")
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


def _make_ready(place: Layout, servers: Servers, env: dict[str, str]) -> None:
    if warning := check_reachable(env):
        say(warning)
    if place.moved:
        say(f"The database's account cannot enter {place.root}: its files are in {place.servers}.")
    _forget_heartbeats(servers)
    compile_messages(PROJECT / "locale")
    _prepare(place, servers, env)


def _given() -> dict[str, str]:
    """The environment of one part alone, which starts no server."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        if not os.environ.get(name):
            raise LauncherError(f"{name} is not set: a part alone starts no servers.")
    return os.environ | {"DJANGO_SETTINGS_MODULE": "dispatch.settings"}


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise Stop


@contextlib.contextmanager
def _only_one(place: Layout, only: str) -> Iterator[IO[str]]:
    if only:  # containers share the folder, and each may run a part several times
        yield sys.stdout
        return
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
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # nosec B104 # noqa: S104  (shown, not bound)
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
    """Of all that ``prepare`` depends on: this database, migrations, static files, data files, DEMO, the bucket."""
    bucket = sorted(pair for pair in os.environ.items() if pair[0].startswith("S3_"))
    seen = hashlib.sha256(json.dumps([os.environ.get("DEMO"), sys.version, bucket]).encode())
    files = [place.servers / "postgres" / "PG_VERSION", PROJECT / "requirements.txt"]
    for pattern in ("*/migrations/*.py", "dispatch/*/migrations/*.py", "static/**/*"):
        files += sorted(PROJECT.glob(pattern))
    for file in files:
        with contextlib.suppress(OSError):
            facts = file.stat()
            seen.update(f"{file}|{facts.st_mtime_ns}|{facts.st_size}|".encode())
    return seen.hexdigest()


def _children(place: Layout, listening: socket.socket | None, only: str) -> list[Child]:
    def log(name: str) -> Path | None:
        if only:  # a container's log is its output
            return None
        path = place.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path

    children = []
    if listening is not None:
        handle = listening.fileno()
        listening.set_inheritable(True)
        web = [sys.executable, "-m", "dispatch.serve", "--fd", str(handle)]
        for index in range(1, number("WEB_WORKERS", 2) + 1):
            children.append(Child("web", f"web {index}", web, log(f"web-{index}"), pass_fds=(handle,)))
    celery = [sys.executable, "-m", "celery", "-A", "dispatch.celery:app", "--quiet"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    # Two, so that an import never blocks a relay.
    quick = [*worker, "-Q", "sweep,notices", "-c", "2", "-n", "quick@%h"]
    bulk = [*worker, "-Q", "bulk", "-c", "1", "-n", "bulk@%h"]
    schedule = f"--schedule={Path(tempfile.gettempdir() if only else place.root) / 'beat.schedule'}"
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", schedule]
    children.append(Child("worker", "worker", quick, log("worker")))
    children.append(Child("worker", "bulk worker", bulk, log("worker-bulk")))
    children.append(Child("beat", "beat", beat, log("beat")))
    return children


def answers(timeout: float) -> bool:
    """Whether the web on this machine's ``PORT`` answers ``/healthz``."""
    host, port = os.environ.get("HOST") or "127.0.0.1", number("PORT", 8000)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # nosec B104 # noqa: S104  (asked, not bound)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status < 400
    return False


def _await_web(children: list[Child]) -> None:
    """Until a page is answered; a web process that cannot start is a sentence with the end of its log."""
    end = time.monotonic() + 60
    first = children[0]
    while time.monotonic() < end:
        if first.process is None or first.process.poll() is not None:
            raise LauncherError(f"The web process does not start. {_end_of(first)}")
        if answers(2):
            return
        time.sleep(0.1)
    raise LauncherError(f"The web process does not answer within a minute. {_end_of(first)}")


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
