"""What falls: the processes of one product, found below its launcher, killed and stopped by their ids."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import redis

from dispatch.embedded.process import command_of

PAUSE = (2.0, 5.0)
"""Seconds between two faults, at least and at most."""
ROUNDS = 3
"""How often each fault comes."""
MARKS = {
    "web": "dispatch.serve",
    "worker": "quick@",
    "bulk worker": "bulk@",
    "beat": " beat ",
    "Valkey": "valkey",
    "PostgreSQL": "postgres",
}


class Stack:
    """The launcher of a data folder and its children."""

    def __init__(self, data: Path) -> None:
        state = json.loads((data / "servers.json").read_text())
        self.launcher = int(state["owner"])
        self._redis = redis.Redis.from_url(state["REDIS_URL"], socket_timeout=2)

    def pids(self, part: str) -> list[int]:
        """Children of the launcher that are this part; nothing else on the machine is ever touched."""
        return [pid for pid in self._children() if MARKS[part] in command_of(pid)]

    def kill(self, part: str, dice: Random) -> bool:
        """Kill one outright; False when none is there to be killed."""
        if pids := self.pids(part):
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(pids), signal.SIGKILL)
                return True
        return False

    def empty(self) -> bool:
        with contextlib.suppress(redis.RedisError, OSError):
            return bool(self._redis.flushall())
        return False

    @contextlib.contextmanager
    def valkey_silent(self) -> Iterator[None]:
        """It takes connections and answers nothing: the worst of it, since everybody waits."""
        pids = self.pids("Valkey")
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def valkey_gone(self) -> Iterator[None]:
        """It is dead, and the launcher, held still, does not start it again."""
        os.kill(self.launcher, signal.SIGSTOP)
        try:
            for pid in self.pids("Valkey"):
                os.kill(pid, signal.SIGKILL)
            yield
        finally:
            os.kill(self.launcher, signal.SIGCONT)

    def _children(self) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with contextlib.suppress(OSError, IndexError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.launcher:
                    found.append(int(folder.name))
        return found


class Storm:
    """Every fault ``ROUNDS`` times, in a random order."""

    def __init__(self, stack: Stack, dice: Random) -> None:
        self._stack, self._dice = stack, dice
        self.fallen: Counter[str] = Counter()
        self.over = False

    def rage(self) -> None:
        dice, stack = self._dice, self._stack
        faults: list[tuple[str, Callable[[], bool]]] = [
            (f"{part} killed", partial(stack.kill, part, dice)) for part in MARKS
        ]
        faults += [("Valkey emptied", stack.empty), ("Valkey stopped for 4 s", self._stopped)]
        wanted = faults * ROUNDS
        dice.shuffle(wanted)
        try:
            for name, fault in wanted:
                time.sleep(dice.uniform(*PAUSE))
                end = time.monotonic() + 40
                while not (done := fault()) and time.monotonic() < end:  # not back yet since the last time
                    time.sleep(0.5)
                self.fallen[name] += done
        finally:
            self.over = True

    def _stopped(self) -> bool:
        if not self._stack.pids("Valkey"):
            return False
        with self._stack.valkey_silent():
            time.sleep(4)
        return True
