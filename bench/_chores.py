"""What is not asked for by a page: starting, sweeps, a hotline's file."""

from __future__ import annotations

from collections.abc import Iterator

from bench._measured import Measured, beside, held

HEAD = "| chore | rows | what became of them | seconds | a second | of processor | aim |\n|---|--:|---|--:|--:|--:|---|"
DUE = 10_000


def chores(one: Measured, *, rows: int) -> Iterator[tuple[str, float, str]]:
    """Name, seconds and the row of each. Workers stand still: beside them nothing could be timed."""
    yield _row("start, until all is ready", 0, "", one.ready, None, "5 s")
    with held(one.stack):
        for due, aim in ((0, "0.05 s"), (DUE, "10 s, each once")):
            told = beside(one.product, "sweep", due)
            name = "sweep, nothing due" if not due else f"sweep, {DUE:,} made due"
            yield _row(name, told["due"], f"{told['once']} fired exactly once", told["s"], told["cpu"], aim)
        for name, told in zip(("hotline file", "… once more"), beside(one.product, "hotline", rows), strict=True):
            became = f"{told['added']} added, {told['already']} there, {told['refused']} refused, {told['state']}"
            yield _row(name, told["read"], became, told["s"], told["cpu"], "167/s" if name == "hotline file" else "")


def _row(name: str, count: int, became: str, spent: float, cpu: float | None, aim: str) -> tuple[str, float, str]:
    rate = f"{count / spent:.0f}" if count and spent else ""
    worked = "" if cpu is None else f"{cpu:.2f}"
    return name, spent, f"| {name}{{}} | {count or ''} | {became} | {spent:.2f} | {rate} | {worked} | {aim} |"
