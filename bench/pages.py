"""The product under eight clients: pages, calls taken, steps of cases, sweeps, start-up; one table.

``python -m bench pages [--cases 10000[,100000]] [--times 50] [--compare REV] [--only board,case]``. The product is
started as a user would (two web processes), on a data folder filled by ``manage.py fill``; eight clients ask over
loopback with open connections. Before each line it waits for a quiet machine, and each line says how much of the
processors somebody else had meanwhile. The table goes to ``bench/results/`` with date and commit. ``--data FOLDER``
keeps the filled product for another run; ``--compare`` runs another revision beside it, in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import _machine
from bench._clients import Client, Taken, drive
from bench._works import CLIENTS, Facts, Work, works
from bench.faults.storm import Stack
from dispatch.embedded.layout import PROJECT
from tests.journeys.people import PASSWORD
from tests.product import Product, forget, running

VARIABLES = {"WEB_WORKERS": "2", "DEMO": "0", "SECOND_FACTOR_ROLES": "", "STUCK_SECONDS": "3600"}
"""The filling makes people of its own. The last: a worker that is held still must not be taken for a stuck one."""
RESULTS = PROJECT / "bench" / "results"


@dataclass(slots=True)
class Line:
    """One work, measured: what the clients saw, and seconds of processor of each part."""

    work: Work
    taken: Taken = field(default_factory=Taken)
    web: float = 0.0
    database: float = 0.0
    others: list[float] = field(default_factory=list)
    queries: int | None = None

    def row(self, name: str) -> str:
        taken, count = self.taken, max(1, len(self.taken.ms))
        cells = [
            name,
            str(len(taken.ms)) + (f" ({len(taken.wrong)} wrong)" if taken.wrong else ""),
            f"{taken.rate:.0f}",
            *(f"{one:.0f}" for one in (taken.median, taken.percentile(0.95), taken.percentile(0.99))),
            "" if self.queries is None else str(self.queries),
            f"{1000 * self.web / count:.1f}",
            f"{1000 * self.database / count:.1f}",
            f"{sum(taken.sizes) / count / 1024:.1f}",
            f"{100 * sum(self.others) / max(1, len(self.others)):.0f} %",
            self.work.aim,
        ]
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| work | n | a second | median ms | p95 | p99 | queries | web: ms of processor | database | KB | others had"
    " | aim |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


@dataclass(slots=True)
class Measured:
    """A product of one revision, with its clients."""

    name: str
    product: Product
    stack: Stack
    clients: dict[str, list[Client]]
    facts: Facts


def measure(one: Measured, work: Work, line: Line, *, times: int, patience: float) -> None:
    """Ask the product so often by each client and add what came to the line."""
    clients, ask = one.clients[work.who], work.ask(one.facts)
    stop = _held(one.stack) if work.held else contextlib.nullcontext()
    with stop:
        if work.warm:
            drive(clients, ask, 3)
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
def _held(stack: Stack) -> Iterator[None]:
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


def beside(product: Product, act: str, *arguments: Any) -> Any:
    """Run a function of ``_beside`` with the settings of the product."""
    code = f"from bench import _beside; _beside.say(_beside.{act}{arguments!r})"
    return json.loads(product.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


@contextlib.contextmanager
def filled(project: Path, folder: Path, cases: int, name: str) -> Iterator[tuple[Measured, float]]:
    """A product with so many cases, started a second time; and the seconds that this took."""
    if not (folder / f"filled-{cases}").exists():
        with running(project, folder, **VARIABLES) as first:
            print(first.manage("fill", "--cases", str(cases)).strip(), file=sys.stderr, flush=True)
        (folder / f"filled-{cases}").touch()
    begun = time.monotonic()
    with running(project, folder, **VARIABLES) as product:
        took = time.monotonic() - begun
        facts = Facts(**beside(product, "facts"))
        clients = {
            "desk": [
                Client(product.url, login="dispatcher", password=PASSWORD, at="/console/") for _ in range(CLIENTS)
            ],
            "squad": [Client(product.url, login="market1", password=PASSWORD, at="/field/") for _ in range(CLIENTS)],
            "program": [Client(product.url, token=token) for token in facts.tokens[:CLIENTS]],
        }
        yield Measured(name, product, Stack(product.data), clients, facts), took


def _run(several: list[Measured], options: argparse.Namespace) -> list[str]:
    rows = []
    chosen = [work for work in works() if not options.only or work.key in options.only.split(",")]
    for work in chosen:
        lines = [Line(work) for _one in several]
        rounds = 3 if len(several) > 1 else 1
        for _round in range(rounds):
            for one, line in zip(several, lines, strict=True):
                if work.key == "accept":
                    one.facts.received = beside(one.product, "received")
                measure(one, work, line, times=max(1, options.times // rounds), patience=options.patience)
        for one, line in zip(several, lines, strict=True):
            if work.page:
                line.queries = beside(one.product, "queries", [[work.login, work.page(one.facts)]])[0]
            rows.append(line.row(f"{work.name}{f' · {one.name}' if len(several) > 1 else ''}"))
            print(rows[-1], flush=True)
            for wrong in line.taken.wrong[:2]:
                print(f"    {wrong}", file=sys.stderr)
    return rows


def _sweeps(several: list[Measured]) -> list[str]:
    rows = []
    for one in several:
        for due, aim in ((0, "0.05 s"), (10_000, "10 s")):
            found = beside(one.product, "sweep", due)
            told = f"{found['due']} | {found['fired']} | {found['s']:.2f} | {found['cpu']:.2f}"
            rows.append(f"| {one.name} | {told} | {aim} |")
            print(rows[-1], flush=True)
    return rows


def commit_of(project: Path) -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=project, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


@contextlib.contextmanager
def worktree(revision: str) -> Iterator[Path]:
    """A copy of the project as it was."""
    with tempfile.TemporaryDirectory(prefix="dispatch-revision-") as folder:
        place = Path(folder) / "project"
        subprocess.run(["git", "worktree", "add", "--detach", str(place), revision], cwd=PROJECT, check=True)
        try:
            yield place
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=PROJECT, check=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--cases", default="10000", help="one number or several with commas")
    parser.add_argument("--times", type=int, default=50, help="questions of each of the eight clients")
    parser.add_argument("--compare", metavar="REV", help="another revision, in turns")
    parser.add_argument("--only", default="", help=f"of {', '.join(work.key for work in works())}, sweep")
    parser.add_argument(
        "--patience", type=float, default=30, help="seconds to wait for a quiet machine before each line"
    )
    parser.add_argument("--data", type=Path, help="keep the filled product here")
    options = parser.parse_args(arguments)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    RESULTS.mkdir(exist_ok=True)
    commit, today = commit_of(PROJECT), time.strftime("%Y-%m-%d")
    out = [f"# {today}, {commit}", ""]
    if options.compare:
        out += [f"Beside it {options.compare}, in turns.", ""]
    for cases in map(int, options.cases.split(",")):
        with contextlib.ExitStack() as held:
            places = [(PROJECT, commit)]
            if options.compare:
                places.append((held.enter_context(worktree(options.compare)), options.compare))
            several = []
            for project, name in places:
                folder = (
                    options.data / f"{'here' if project == PROJECT else name}-{cases}"
                    if options.data
                    else Path(tempfile.mkdtemp(prefix="dispatch-bench-"))
                )
                folder.mkdir(parents=True, exist_ok=True)
                if not options.data:
                    held.callback(forget, folder)
                one, took = held.enter_context(filled(project, folder, cases, name))
                several.append(one)
                load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
                title = f"## {one.facts.count} cases, ready again after {took:.1f} s (aim 5 s), load {load}: {name}"
                out += [title, ""]
                print(title, flush=True)
            print(HEAD, flush=True)
            out += [HEAD, *_run(several, options), ""]
            if not options.only or "sweep" in options.only:
                head = "| sweep | due | fired | seconds | of processor | aim |\n|---|--:|--:|--:|--:|---|"
                print(head, flush=True)
                out += [head, *_sweeps(several), ""]
    if not options.only:
        (RESULTS / f"{today}-{commit}.md").write_text("\n".join(out))
