"""PostgreSQL as a foreground child."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from locale import LC_CTYPE, setlocale
from locale import Error as LocaleError
from pathlib import Path

import psycopg2

from dispatch.embedded.binaries import copy_postgres, open_to_others, postgres_bin, postgres_major
from dispatch.embedded.layout import Layout
from dispatch.embedded.process import LauncherError, command_of, spawn, stop_child, stop_pid, tail

NAME = "dispatch"


@dataclass
class Postgres:
    """One PostgreSQL on 127.0.0.1. ``start`` makes the cluster and the database when they are missing."""

    place: Layout
    port: int
    password: str
    max_connections: int = 100
    durable: bool = True
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def folder(self) -> Path:
        return self.place.servers / "postgres"

    @property
    def log(self) -> Path:
        return self.place.logs / "postgres.log"

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    def start(self) -> None:
        programs = postgres_bin()
        if self.place.account and not open_to_others(programs):
            programs = copy_postgres(programs, self.place.servers)
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster(programs)
        elif (made_by := int((self.folder / "PG_VERSION").read_text())) != postgres_major(programs):
            raise LauncherError(
                f"The data in {self.folder} was made by PostgreSQL {made_by}, the programs here are "
                f"{postgres_major(programs)}: dump it with the old ones or choose another DISPATCH_DATA."
            )
        self._clear_leftover()
        end = time.monotonic() + 30
        while True:
            self.child = self._launch(programs)
            if self._ready(end):
                break
            # Backends of a killed server may still hold its shared memory for a moment: try again.
            if time.monotonic() > end:
                raise LauncherError(f"PostgreSQL does not start: {tail(self.log)} (log: {self.log}).")
            time.sleep(0.3)
        self._make_database()

    def stop(self) -> None:
        if self.child is not None:
            stop_child(self.child, signal.SIGINT)

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def _launch(self, programs: Path) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(self.max_connections),
            "shared_buffers": f"{_share_of_memory(8, least=128, most=2048) if self.durable else 256}MB",
            "work_mem": "8MB",
            "maintenance_work_mem": "128MB",
            "effective_cache_size": f"{_share_of_memory(2, least=512, most=65536)}MB",
            "random_page_cost": "1.1",
            "jit": "off",
            "log_timezone": "UTC",
            "timezone": "UTC",
            "log_min_messages": "warning",
            # What somebody wrote must not stand in a log: no statements, no "failing row contains".
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:  # test data: nothing worth keeping through a power cut
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(programs / "postgres"), "-D", str(self.folder)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        # SIGINT is the fast shutdown: when we die, sessions are cut and the data is left clean.
        return spawn(
            command,
            log=self.log,
            orphan_signal=signal.SIGINT,
            account=self.place.account,
            cwd=self.place.servers,
        )

    def _make_cluster(self, programs: Path) -> None:
        """``initdb`` beside the final place, renamed at the end: an interrupted one is never used."""
        fresh = self.place.servers / "postgres.new"
        secret = self.place.servers / "postgres.password"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(self.password + "\n")
        account = self.place.account
        if account:
            os.chown(fresh, account.uid, account.gid)
            os.chown(secret, account.uid, account.gid)
        locale = ["--locale=C.UTF-8"]
        if postgres_major(programs) >= 17:  # the same order of text on every machine, whatever its libc
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={_ctype()}"]
        command = [str(programs / "initdb"), "-D", str(fresh), "-U", NAME, f"--pwfile={secret}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *locale]
        if not self.durable:
            command.append("--no-sync")
        try:
            made = spawn(command, log=self.log, account=account, cwd=self.place.servers, orphan_signal=signal.SIGKILL)
            if made.wait() != 0:
                raise LauncherError(f"initdb failed: {tail(self.log)} (log: {self.log}).")
        finally:
            secret.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        fresh.rename(self.folder)

    def _clear_leftover(self) -> None:
        """Stop a server that outlived its launcher, by its pid file; drop a pid file that names a stranger."""
        pid_file = self.folder / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            stop_pid(pid, mark=str(self.folder), first=signal.SIGINT, last=signal.SIGQUIT)
            if str(self.folder) not in command_of(pid):
                pid_file.unlink(missing_ok=True)

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self.password,
            dbname=database,
            connect_timeout=5,
        )

    def _ready(self, end: float) -> bool:
        while time.monotonic() < end and self.alive():
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise LauncherError(
                        f"The database in {self.folder} has another password than {self.place.root / 'secrets.json'}."
                    ) from None
                time.sleep(0.03)
            else:
                return self.alive()
        return False

    def _make_database(self) -> None:
        with contextlib.closing(self._connect("postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{NAME}"')


def _share_of_memory(part: int, *, least: int, most: int) -> int:
    """One ``part``-th of this machine's memory in MB; pages are taken as they are used, not at the start."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return min(most, max(least, whole // part))


def _ctype() -> str:
    """pg_trgm asks the C library what a letter is: under plain ``C`` it finds none in Chinese, and no index serves."""
    before = setlocale(LC_CTYPE)
    try:
        setlocale(LC_CTYPE, "C.UTF-8")
    except LocaleError:
        return "C"
    setlocale(LC_CTYPE, before)
    return "C.UTF-8"
