"""Valkey (the Redis protocol) as a foreground child."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from dispatch.embedded.binaries import copy_file, open_to_others, valkey_binary
from dispatch.embedded.layout import Layout
from dispatch.embedded.process import LauncherError, spawn, stop_child, stop_pid, tail


@dataclass
class Valkey:
    """One Valkey on 127.0.0.1 behind a password; its append-only file keeps the streams over a restart."""

    place: Layout
    port: int
    password: str
    durable: bool = True
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def folder(self) -> Path:
        return self.place.servers / "valkey"

    @property
    def log(self) -> Path:
        return self.place.logs / "valkey.log"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = valkey_binary()
        account = self.place.account
        if account and not open_to_others(program.parent):
            program = copy_file(program, self.place.servers)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if account:
            os.chown(self.folder, account.uid, account.gid)
        pid_file = self.place.root / "valkey.pid"
        with contextlib.suppress(OSError, ValueError):
            stop_pid(int(pid_file.read_text()), mark=program.name, first=signal.SIGTERM, last=signal.SIGKILL)
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.folder}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "daemonize": "no",
            "loglevel": "warning",
        }
        # By the standard input: a command line can be read by every user of the machine.
        self.child = spawn(
            [str(program), "-"],
            log=self.log,
            account=account,
            cwd=self.folder,
            stdin="\n".join(f"{key} {value}" for key, value in settings.items()).encode(),
        )
        pid_file.write_text(str(self.child.pid))
        self._wait()

    def stop(self) -> None:
        if self.child is not None:
            stop_child(self.child, signal.SIGTERM)

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def _wait(self) -> None:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=2)
        end = time.monotonic() + 30
        with contextlib.closing(client):
            while time.monotonic() < end and self.alive():
                with contextlib.suppress(redis.RedisError):
                    if client.ping():
                        return
                time.sleep(0.03)
        raise LauncherError(f"Valkey does not start: {tail(self.log)} (log: {self.log}).")
