"""What is not asked for by a page: starting, sweeps, a hotline's file."""

from __future__ import annotations

from collections.abc import Iterator

from bench._measured import Measured, beside, held

HEAD = "| chore | rows | what became of them | seconds | a second | of processor | aim |\n|---|--:|---|--:|--:|--:|---|"
DUE, LIVE = 10_000, 1_000_000
MILLION = "_million"
ONCE = "10 s, each once"
Row = tuple[str, float, str]


def chores(one: Measured, *, rows: int) -> Iterator[Row]:
    """Name, seconds and the row of each. Workers stand still: beside them nothing could be timed."""
    yield _row("start, until all is ready", 0, "", one.ready, None, "5 s")
    with held(one.stack):
        yield _sweep(one, "sweep, nothing due", 0)
        yield _sweep(one, f"sweep, {DUE:,} made due", DUE)
        for name, told in zip(("hotline file", "… once more"), beside(one.product, "hotline", rows), strict=True):
            became = f"{told['added']} added, {told['already']} there, {told['refused']} refused, {told['state']}"
            yield _row(name, told["read"], became, told["s"], told["cpu"], "167/s" if name == "hotline file" else "")
        try:
            live = beside(one.product, "more", LIVE, of=MILLION)
            beside(one.product, "tidy", of=MILLION)
            yield _sweep(one, f"sweep, nothing due, {live:,} live", 0)
            yield _sweep(one, f"sweep, {DUE:,} due among {live:,} live", DUE)
        finally:
            gone = beside(one.product, "fewer", of=MILLION)
    beside(one.product, "tidy", gone, of=MILLION)  # a worker that stands still may hold a lock, which this would await


def _sweep(one: Measured, name: str, due: int) -> Row:
    told = beside(one.product, "sweep", due)
    became = f"{told['once']} fired exactly once" + (f", {told['others']} OTHERS" if told["others"] else "")
    return _row(name, told["due"], became, told["s"], told["cpu"], ONCE if due else "0.05 s")


def _row(name: str, count: int, became: str, spent: float, cpu: float | None, aim: str) -> Row:
    rate = f"{count / spent:.0f}" if count and spent else ""
    worked = "" if cpu is None else f"{cpu:.2f}"
    return name, spent, f"| {name}{{}} | {count or ''} | {became} | {_seconds(spent)} | {rate} | {worked} | {aim} |"


def _seconds(spent: float) -> str:
    return f"{spent:.3f}" if spent < 0.1 else f"{spent:.2f}"
