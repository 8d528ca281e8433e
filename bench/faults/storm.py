"""What falls: the processes of one product, found below its launcher, killed and stopped by their ids."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import redis

from bench.faults.media import Media
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


SLOW, BEAT, STILL = 8.0, 0.1, 0.09
"""Seconds: how long the database is slow; of each of these beats it stands still for so long, so a tenth is left."""


def stat(pid: int) -> list[str]:
    """The fields of a process behind its name, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def below(pids: list[int]) -> list[int]:
    """These processes and all that they started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                children.setdefault(int(stat(int(folder.name))[1]), []).append(int(folder.name))
    found = list(pids)
    for pid in found:
        found += children.get(pid, [])
    return found


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
    def silent(self, part: str) -> Iterator[None]:
        """It takes connections and answers nothing: the worst of it, since everybody waits."""
        pids = below(self.pids(part))
        try:
            _signal(pids, signal.SIGSTOP)
            yield
        finally:
            _signal(pids, signal.SIGCONT)

    @contextlib.contextmanager
    def slow_database(self) -> Iterator[None]:
        """Every process of it runs for a tenth of the time, as on a machine or a disk that is far too busy."""
        over = threading.Event()

        def pulse() -> None:
            while not over.is_set():
                with self.silent("PostgreSQL"):
                    over.wait(STILL)
                over.wait(BEAT - STILL)

        thread = threading.Thread(target=pulse, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

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
                if int(stat(int(folder.name))[1]) == self.launcher:
                    found.append(int(folder.name))
        return found


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Storm:
    """Every fault ``rounds`` times, in a random order. ``media`` is None where its disk can't be filled."""

    def __init__(self, stack: Stack, dice: Random, media: Media | None, rounds: int = ROUNDS) -> None:
        self._stack, self._dice, self._media, self._rounds = stack, dice, media, rounds
        self.fallen: Counter[str] = Counter()
        self.over = False

    def rage(self) -> None:
        dice, stack = self._dice, self._stack
        faults: list[tuple[str, Callable[[], bool]]] = [
            (f"{part} killed", partial(stack.kill, part, dice)) for part in MARKS
        ]
        faults += [
            ("Valkey emptied", stack.empty),
            ("Valkey stopped for 4 s", partial(self._stopped, "Valkey")),
            ("PostgreSQL stopped for 4 s", partial(self._stopped, "PostgreSQL")),
            (f"PostgreSQL at a tenth of its speed for {SLOW:.0f} s", self._slow),
        ]
        if self._media is not None:
            faults.append(("disk of the photos full for 8 s", self._full))
        wanted = faults * self._rounds
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

    def _stopped(self, part: str) -> bool:
        if not self._stack.pids(part):
            return False
        with self._stack.silent(part):
            time.sleep(4)
        return True

    def _slow(self) -> bool:
        if not self._stack.pids("PostgreSQL"):
            return False
        with self._stack.slow_database():
            time.sleep(SLOW)
        return True

    def _full(self) -> bool:
        assert self._media is not None
        with self._media.full():
            time.sleep(8)
        return True
