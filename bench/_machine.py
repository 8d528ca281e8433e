"""What the processors do: seconds of each part of the product, and of everybody else on the machine."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from bench.faults.storm import Stack, below, stat

TICK = os.sysconf("SC_CLK_TCK")
WEB, DATABASE, WORKERS = ("web",), ("PostgreSQL",), ("worker", "bulk worker", "beat")
QUIET = 0.75
"""Share of the processors that must be idle before a measurement begins."""


def spent(stack: Stack, parts: tuple[str, ...]) -> float:
    """Seconds of processor so far, of children that have ended too."""
    total = 0
    for pid in below([pid for part in parts for pid in stack.pids(part)]):
        with suppress(OSError, IndexError):
            total += sum(map(int, stat(pid)[11:15]))
    return total / TICK


def machine() -> tuple[float, float]:
    """Seconds of processor that the whole machine has been busy and idle."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICK, idle / TICK


def wait_for_quiet(patience: float) -> float:
    """Wait until most of the machine is idle for a second, at most so long; the idle share seen last."""
    end = time.monotonic() + patience
    while True:
        busy, idle = machine()
        time.sleep(1)
        busy_now, idle_now = machine()
        share = (idle_now - idle) / max(0.01, busy_now - busy + idle_now - idle)
        if share >= QUIET or time.monotonic() > end:
            return share


def name() -> str:
    """What it is: processors, their kind, memory."""
    kind = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    return f"{os.cpu_count()} × {kind.partition(':')[2].strip() or 'processor'}, {memory:.0f} GB"
