"""How fast the rule merges: a district's open needs into orders, and a year of them into visits.

``python -m bench planner [PARTIES] [NEEDS]``: 200,000 parties and 1,000,000 open needs unless told otherwise; seconds
of one core. Needs no server.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.planner.merge import Cause, Need, split
from cases.planner.trigger import Window, piercing, riding, visits

NOW = datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
AGENCIES = ("street", "market", "urban", "fire", "ecology", "housing", "health")
PLANNED, RECHECK, ANNOUNCED, ALONE, URGENT = 0.6, 0.1, 0.05, 0.01, 0.02
"""Shares of the needs; windows: planned ones 28-91 days, rechecks 3-7, the others 1-10, opened within 60 days."""
MARGIN_DAYS = 5


def main(options: list[str]) -> None:
    parties, count = (int(options[at]) if len(options) > at else usual for at, usual in ((0, 200_000), (1, 1_000_000)))
    needs = made_up(parties, count)
    windows = [[_window(need) for need in rows] for rows in _by_party(needs)]
    print(f"| {count:,} needs of {parties:,} parties | s | result |\n|---|--:|--:|")
    _show("open needs into orders", lambda: len(split(needs, now=NOW)))
    rule = riding(MARGIN_DAYS)
    _show("a year into visits, planned ones riding", lambda: sum(len(visits(rows, rule)) for rows in windows))
    _show("the fewest visits possible", lambda: sum(len(piercing(rows)) for rows in windows))


def made_up(parties: int, count: int, seed: int = 1) -> list[Need]:
    """Needs in no order at all, as a table without one would give them."""
    rolled = random.Random(seed)  # noqa: S311 - made-up needs, no secret
    found = []
    for number in range(count):
        opens = NOW + timedelta(days=rolled.randint(-60, 0))
        lot = rolled.random()
        planned, recheck = lot < PLANNED, PLANNED <= lot < PLANNED + RECHECK
        days = rolled.randint(28, 91) if planned else rolled.randint(3, 7) if recheck else rolled.randint(1, 10)
        found.append(
            Need(
                id=number,
                target_id=rolled.randrange(parties),
                agencies=(rolled.choice(AGENCIES),),
                opens=opens,
                due=opens + timedelta(days=days),
                cause=Cause.PLANNED if planned else Cause.RECHECK if recheck else Cause.COMPLAINT,
                urgent=not planned and rolled.random() < URGENT,
                announced=planned and rolled.random() < ANNOUNCED,
                alone=rolled.random() < ALONE,
                cause_visit_on=(opens - timedelta(days=1)).date() if recheck else None,
            )
        )
    return found


def _by_party(needs: list[Need]) -> list[list[Need]]:
    found: dict[int, list[Need]] = {}
    for need in needs:
        found.setdefault(need.target_id, []).append(need)
    return list(found.values())


def _window(need: Need) -> Window:
    return Window(need.opens.toordinal(), need.due.toordinal(), need.planned)


def _show(name: str, work: Callable[[], int]) -> None:
    begun = time.process_time()
    result = work()
    print(f"| {name} | {time.process_time() - begun:.1f} | {result:,} |", flush=True)
