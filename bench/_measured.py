"""A filled product with its clients, and the lines of the first table."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import _machine
from bench._clients import Client, Taken, drive
from bench._works import CLIENTS, Facts, Work
from bench.faults.storm import Stack
from tests.journeys.people import PASSWORD
from tests.product import Product, running

VARIABLES = {
    "WEB_WORKERS": "2",
    "DEMO": "0",  # the filling makes people of its own
    "SECOND_FACTOR_ROLES": "",
    "STUCK_SECONDS": "3600",  # a worker that is held still must not be taken for a stuck one
    "FLOOD_REPORTS": "1000000",  # eight clients that report are a flood
}
BESIDE = "_beside"
OPEN_AT_MOST, OPEN_SHARE = 4_000, 0.4
"""What is open stays the same while the history grows."""
HEAD = (
    "| work | n | a second | median ms | p95 | p99 | queries | web: ms of processor | database | KB | others had"
    " | aim |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


@dataclass(slots=True)
class Line:
    """One work, measured: what the clients saw, and seconds of processor of each part."""

    work: Work
    taken: Taken = field(default_factory=Taken)
    web: float = 0.0
    database: float = 0.0
    others: list[float] = field(default_factory=list)
    queries: int | None = None

    @property
    def processor(self) -> float:
        """Milliseconds of web and database for one answer."""
        return 1000 * (self.web + self.database) / max(1, len(self.taken.ms))

    def row(self, name: str) -> str:
        taken, count = self.taken, max(1, len(self.taken.ms))
        cells = [
            name,
            str(len(taken.ms)) + (f" ({len(taken.wrong)} wrong)" if taken.wrong else ""),
            f"{taken.rate:.0f}" if taken.rate >= 10 else f"{taken.rate:.1f}",
            *(f"{one:.0f}" for one in (taken.median, taken.percentile(0.95), taken.percentile(0.99))),
            "" if self.queries is None else str(self.queries),
            f"{1000 * self.web / count:.1f}",
            f"{1000 * self.database / count:.1f}",
            f"{sum(taken.sizes) / count / 1024:.1f}",
            f"{100 * sum(self.others) / max(1, len(self.others)):.0f} %",
            self.work.aim,
        ]
        return f"| {' | '.join(cells)} |"


@dataclass(slots=True)
class Measured:
    """A product of one revision, with its clients. ``ready``: seconds of its second start."""

    name: str
    product: Product
    stack: Stack
    clients: dict[str, list[Client]]
    facts: Facts
    ready: float


def measure(one: Measured, line: Line, *, times: int, patience: float) -> None:
    """Ask the product so often by each client and add what came to the line."""
    work = line.work
    clients, ask = one.clients[work.who], work.ask(one.facts)
    stop = held(one.stack) if work.held else contextlib.nullcontext()
    with stop:
        if work.warm:
            drive(clients, ask, work.warm)
        _machine.wait_for_quiet(patience)
        web, database = (_machine.spent(one.stack, part) for part in (_machine.WEB, _machine.DATABASE))
        workers, own, (busy, idle) = (
            _machine.spent(one.stack, _machine.WORKERS),
            time.process_time(),
            _machine.machine(),
        )
        line.taken.add(drive(clients, ask, times))
        busy_now, idle_now = _machine.machine()
        own = time.process_time() - own
        web = _machine.spent(one.stack, _machine.WEB) - web
        database = _machine.spent(one.stack, _machine.DATABASE) - database
        workers = _machine.spent(one.stack, _machine.WORKERS) - workers
    line.web += web
    line.database += database
    whole = busy_now - busy + idle_now - idle
    line.others.append(max(0.0, (busy_now - busy - own - web - database - workers) / max(0.01, whole)))


@contextlib.contextmanager
def held(stack: Stack) -> Iterator[None]:
    """Workers and beat stand still: nothing that was written is followed up meanwhile."""
    pids = _machine.below([pid for part in _machine.WORKERS for pid in stack.pids(part)])
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def beside(product: Product, act: str, *arguments: Any, of: str = BESIDE) -> Any:
    """Run a function of ``_beside`` (or another module here) with the settings of the product: this one, also where
    the product is of another revision."""
    code = (
        "import json\n"
        "from importlib.util import module_from_spec, spec_from_file_location as at\n"
        f"spec = at('bench{of}', {str(Path(__file__).with_name(of + '.py'))!r})\n"
        "found = module_from_spec(spec)\n"
        "spec.loader.exec_module(found)\n"
        f"print(json.dumps(found.{act}{arguments!r}))"
    )
    return json.loads(product.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


def settle(product: Product, within: float) -> None:
    """Wait until what was written has been followed up, or so many seconds have passed."""
    end = time.monotonic() + within
    while beside(product, "waiting") and time.monotonic() < end:
        time.sleep(2)


@contextlib.contextmanager
def filled(project: Path, folder: Path, cases: int, name: str) -> Iterator[Measured]:
    """A product with so many cases, started a second time."""
    if not (folder / f"filled-{cases}").exists():
        with running(project, folder, **VARIABLES) as first:
            still_open = min(OPEN_AT_MOST, int(cases * OPEN_SHARE))
            told = first.manage("fill", "--cases", str(cases), "--open", str(still_open))
            print(told.strip(), file=sys.stderr, flush=True)
        (folder / f"filled-{cases}").touch()
    begun = time.monotonic()
    with running(project, folder, **VARIABLES) as product:
        took = time.monotonic() - begun
        facts = Facts(**beside(product, "facts"))
        clients = {
            who: [Client(product.url, login=login, password=PASSWORD, at=at) for _ in range(CLIENTS)]
            for who, login, at in (
                ("desk", "dispatcher", "/console/"),
                ("squad", "market1", "/field/"),
                ("district", "supervisor", "/console/"),
            )
        }
        clients["program"] = [Client(product.url, token=token) for token in facts.tokens[:CLIENTS]]
        clients["resident"] = [Client(product.url) for _ in range(CLIENTS)]
        yield Measured(name, product, Stack(product.data), clients, facts, took)
