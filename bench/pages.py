"""The product under eight clients: pages, calls taken, steps of cases, crowds, sweeps, files, start-up; one report.

``python -m bench pages [--cases 10000[,100000]] [--times 50] [--seconds 40] [--compare REV] [--only board,case]``. The
product is started as a user would (two web processes), on a data folder filled by ``manage.py fill`` (4,000 cases
open at any size); eight clients ask over loopback with open connections. Before each line it waits for a quiet
machine, and each line says how much of the processors somebody else had meanwhile. Several sizes are put side by side
at the end. The report goes to ``bench/results/`` with date and commit. ``--data FOLDER`` keeps the filled product for
another run; ``--compare`` runs another revision beside it, in turns, by the same clients.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import _chores, _crowds, _machine
from bench._measured import HEAD, Line, Measured, beside, filled, measure, settle
from bench._works import works
from dispatch.embedded.layout import PROJECT
from tests.product import forget

RESULTS = PROJECT / "bench" / "results"
ROUNDS = 3
"""In which two revisions are asked in turns."""
Told = dict[tuple[str, str], float]
"""What is compared of each row: (row, revision) → milliseconds or seconds."""


class Report:
    """Lines that are printed as they come and kept for the file."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, *lines: str) -> None:
        self.lines += lines
        print(*lines, sep="\n", flush=True)


def _works(several: list[Measured], options: argparse.Namespace, out: Report) -> Told:
    chosen = [work for work in works() if _wanted(work.key, options)]
    told, pairs = Told(), []
    if chosen:
        out.add(HEAD)
    for work in chosen:
        lines = [Line(work) for _one in several]
        rounds = ROUNDS if len(several) > 1 else 1
        for nth in range(rounds):
            both = list(zip(several, lines, strict=True))
            for one, line in both if nth % 2 == 0 else reversed(both):
                if work.key == "accept":
                    one.facts.received = beside(one.product, "received")
                times = max(1, int(options.times * work.share / rounds))
                measure(one, line, times=times, patience=options.patience)
        for one, line in zip(several, lines, strict=True):
            if work.pages:
                line.queries = max(beside(one.product, "queries", work.login, work.pages(one.facts)))
            out.add(line.row(work.name + _of(one, several)))
            told[f"{work.name}: p95, ms", one.name] = line.taken.percentile(0.95)
            for wrong in line.taken.wrong[:2]:
                print(f"    {wrong}", file=sys.stderr)
        if len(several) > 1:
            pairs.append((work.name, lines))
    if pairs:
        out.add("", *_beside_each_other(pairs, several), "")
    return told


def _beside_each_other(pairs: Sequence[tuple[str, list[Line]]], several: list[Measured]) -> Iterator[str]:
    names = [one.name for one in several]
    yield f"| work | median ms: {' | '.join(names)} | times | processor ms: {' | '.join(names)} | times |"
    yield f"|---|{'--:|' * 6}"
    for name, lines in pairs:
        cells = []
        for ours, theirs in ([line.taken.median for line in lines], [line.processor for line in lines]):
            cells += [f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}" if ours else ""]
        yield f"| {name} | {' | '.join(cells)} |"


def _crowd(several: list[Measured], options: argparse.Namespace, out: Report) -> Told:
    told = Told()
    if not _wanted("crowds", options):
        return told
    out.add("", _crowds.HEAD)
    for one in several:
        for crowd in _crowds.crowds(one, seconds=options.seconds, many=options.streams):
            settle(one.product, options.patience)
            _machine.wait_for_quiet(options.patience)
            what, taken, _became, _aim = found = crowd()
            out.add(_crowds.row(found, _of(one, several)))
            told[f"pages beside {what}: p95, ms", one.name] = taken.percentile(0.95)
            for wrong in taken.wrong[:2]:
                print(f"    {wrong}", file=sys.stderr)
    return told


def _chore(several: list[Measured], options: argparse.Namespace, out: Report) -> Told:
    told = Told()
    if not _wanted("chores", options):
        return told
    out.add("", _chores.HEAD)
    for one in several:
        settle(one.product, 4 * options.patience)
        _machine.wait_for_quiet(options.patience)
        for name, spent, row in _chores.chores(one, rows=options.rows):
            out.add(row.format(_of(one, several)))
            told[f"{name}: s", one.name] = spent
    return told


def _wanted(key: str, options: argparse.Namespace) -> bool:
    return not options.only or key in options.only.split(",")


def _of(one: Measured, several: list[Measured]) -> str:
    return f" · {one.name}" if len(several) > 1 else ""


def _growth(sizes: dict[int, Told]) -> Iterator[str]:
    """Each row at every size, and the last against the first."""
    counts = list(sizes)
    names = {name for _row, name in sizes[counts[0]]}
    yield f"| growth | {' | '.join(f'{count:,} cases' for count in counts)} | times |"
    yield f"|---|{'--:|' * (len(counts) + 1)}"
    for row, name in sizes[counts[0]]:
        found = [sizes[count].get((row, name), 0.0) for count in counts]
        times = f"{found[-1] / found[0]:.1f}" if found[0] else ""
        label = f"{row} · {name}" if len(names) > 1 else row
        cells = " | ".join(f"{one:.0f}" if one >= 100 else f"{one:.2f}" for one in found)
        yield f"| {label} | {cells} | {times} |"


def commit_of(project: Path) -> str:
    """Its short name; with a plus where the folder holds something else than it."""
    told, changed = (
        subprocess.run(["git", *asked], cwd=project, capture_output=True, text=True, check=False).stdout.strip()
        for asked in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    )
    return told + ("+" if changed else "") if told else "unknown"


@contextlib.contextmanager
def worktree(revision: str) -> Iterator[Path]:
    """A copy of the project as it was."""
    with tempfile.TemporaryDirectory(prefix="dispatch-revision-") as folder:
        Path(folder).chmod(0o755)  # the database's own account reads the extension's files below it
        place = Path(folder) / "project"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", str(place), revision], cwd=PROJECT, check=True)
        try:
            yield place
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=PROJECT, check=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--cases", default="10000", help="one number or several with commas")
    parser.add_argument("--times", type=int, default=50, help="questions of each of the eight clients")
    parser.add_argument("--seconds", type=float, default=40, help="how long each crowd stays")
    parser.add_argument("--streams", type=int, default=_crowds.MANY, help="of the largest crowd")
    parser.add_argument("--rows", type=int, default=10_000, help="of the hotline's file")
    parser.add_argument("--compare", metavar="REV", help="another revision, in turns")
    keys = ", ".join(work.key for work in works())
    parser.add_argument("--only", default="", help=f"of {keys}, crowds, chores; with commas")
    parser.add_argument(
        "--patience", type=float, default=30, help="seconds to wait for a quiet machine before each line"
    )
    parser.add_argument("--data", type=Path, help="keep the filled product here")
    options = parser.parse_args(arguments)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    commit, begun = commit_of(PROJECT), time.strftime("%Y-%m-%d %H:%M")
    out, sizes = Report(), dict[int, Told]()
    out.add(f"# {begun}, {commit}", "", f"`python -m bench pages {' '.join(arguments)}`, {_machine.name()}", "")
    with contextlib.ExitStack() as whole:
        places = [(PROJECT, commit)]
        if options.compare:
            places.append((whole.enter_context(worktree(options.compare)), options.compare))
        for cases in map(int, options.cases.split(",")):
            with contextlib.ExitStack() as stack:
                several = [stack.enter_context(_one(place, cases, options)) for place in places]
                for one in several:
                    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
                    out.add(f"## {one.facts.count} cases, {one.facts.open} open: {one.name}, load {load}", "")
                sizes[cases] = {}
                for table in (_works, _crowd, _chore):
                    sizes[cases] |= table(several, options, out)
                out.add("")
    if len(sizes) > 1:
        out.add(*_growth(sizes))
    RESULTS.mkdir(exist_ok=True)
    partly = f"-{options.only.replace(',', '-')}" if options.only else ""
    file = RESULTS / f"{begun[:10]}-{commit}{partly}.md"
    file.write_text("\n".join(out.lines).rstrip() + "\n")
    print(f"\n{file}")


@contextlib.contextmanager
def _one(place: tuple[Path, str], cases: int, options: argparse.Namespace) -> Iterator[Measured]:
    project, name = place
    if options.data:
        folder = options.data / f"{'here' if project == PROJECT else name.replace('/', '-')}-{cases}"
        folder.mkdir(parents=True, exist_ok=True)
        with filled(project, folder, cases, name) as one:
            yield one
        return
    folder = Path(tempfile.mkdtemp(prefix="dispatch-bench-"))
    try:
        with filled(project, folder, cases, name) as one:
            yield one
    finally:
        forget(folder)
