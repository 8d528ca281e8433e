"""How many visits the planner's rule needs, against what is known and against the least possible.

``--boston FILE`` takes the requests of another city, ``--synthetic SEED`` a made-up street of 2,000 parties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.management.checkonce.boston import boston
from cases.management.checkonce.synthetic import street
from cases.planner.replay import Asked, Lived, apart, by_arrival, by_due, capacity_for, live, one_by_one, together
from cases.planner.trigger import Rule, earliest_due, immediate, piercing, riding, weekly

MARGIN = 5
RULES: dict[str, Rule] = {
    "immediate": immediate,
    "reactive at once, planned riding": riding(),
    f"the same, margin {MARGIN} days": riding(MARGIN),
    f"planned on one day a week, margin {MARGIN} days": weekly(2, MARGIN),
    "earliest due": earliest_due,
}
IN_TIME = 0.99
ARRIVE, LONGEST, BESIDE = 10, 25, 5
"""Minutes of a visit: to arrive and show who one is, the checks of one squad, each further squad working beside it."""


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # pure arithmetic: no database, no secret
    help = "Count the visits that the planner's rule makes of given needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--boston", type=Path, metavar="FILE", help="gzipped CSV of 311 requests")
        parser.add_argument("--synthetic", type=int, metavar="SEED", help="a made-up street")

    def handle(self, *args: Any, boston: Path | None, synthetic: int | None, **options: Any) -> None:
        if boston is None and synthetic is None:
            raise CommandError("Say --boston FILE or --synthetic SEED.")
        if boston is not None:
            if not boston.exists():
                raise CommandError(f"There is no file {boston}.")
            self._boston(boston)
        if synthetic is not None:
            self._synthetic(synthetic)

    def _boston(self, path: Path) -> None:
        targets, dropped = boston(path)
        needs = sum(map(len, targets))
        self.stdout.write(f"{len(targets):,} targets, {needs:,} needs; {dropped:,} rows fall out\n\n")
        self._table(["rule", "visits"], [[name, f"{count:,}"] for name, count in counts(targets).items()])

    def _synthetic(self, seed: int) -> None:
        targets = street(seed)
        self.stdout.write(
            f"{len(targets):,} parties, {sum(map(len, targets)):,} needs before rechecks, seed {seed}\n\n"
        )
        rows = []
        for name, street_lived in lives(targets).items():
            lived = [one for groups in street_lived for one in groups]
            needs, made, least = sum(len(one.needs) for one in lived), visits_in(lived), fewest(street_lived)
            rows.append(
                [
                    name,
                    f"{needs:,}",
                    f"{made:,}",
                    f"{made / least:.3f}",
                    f"{share_in_time(lived):.1%}",
                    f"{hours(lived):,.0f}",
                ]
            )
        self._table(["rule", "needs", "visits", "visits / optimum", "in time", "presence hours"], rows)
        self.stdout.write(
            f"\nVisits a day that keep {IN_TIME:.0%} of the needs in time, by who of the waiting goes first:\n\n"
        )
        rows = [
            [name, *(str(capacity_for(targets, rule, first=first, in_time=IN_TIME)) for first in (by_due, by_arrival))]
            for name, rule in RULES.items()
        ]
        self._table(["rule", "earliest due first", "in order of arrival"], rows)

    def _table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        self.stdout.write(f"| {' | '.join(head)} |\n|---|{'--:|' * (len(head) - 1)}\n")
        for row in rows:
            self.stdout.write(f"| {' | '.join(row)} |\n")


def lives(targets: Sequence[Sequence[Asked]]) -> dict[str, list[list[Lived]]]:
    """The three baselines and every rule, lived through: for each target, what came of each group that visits alone.

    A: a visit a need; B1 and B2: each department alone, merging the same day, or as well as it can.
    """
    ways: dict[str, tuple[Callable[[Sequence[Asked]], list[list[Asked]]], Rule]] = {
        "A every need by itself": (one_by_one, immediate),
        "B1 each department, same day": (apart, immediate),
        "B2 each department, merging well": (apart, earliest_due),
    }
    ways |= {name: (together, rule) for name, rule in RULES.items()}
    return {
        name: [[live(group, rule) for group in grouped(needs)] for needs in targets]
        for name, (grouped, rule) in ways.items()
    }


def visits_in(lived: Iterable[Lived]) -> int:
    return sum(len(one.visits) for one in lived)


def fewest(street_lived: Iterable[Sequence[Lived]]) -> int:
    """The least possible number of visits for the needs that came about, all departments together."""
    return sum(len(piercing([need.window for one in groups for need in one.needs])) for groups in street_lived)


def counts(targets: Sequence[Sequence[Asked]]) -> dict[str, int]:
    """Visits by baseline and rule, and the least possible for needs that bring no rechecks about."""
    made = {name: visits_in(one for groups in found for one in groups) for name, found in lives(targets).items()}
    return made | {"optimum": sum(len(piercing([need.window for need in needs])) for needs in targets)}


def share_in_time(lived: Iterable[Lived]) -> float:
    """By the days of the visits themselves, not by the promise of the rule."""
    served = [visit.day <= one.needs[i].window.d for one in lived for visit in one.visits for i in visit.served]
    return sum(served) / len(served)


def hours(lived: Iterable[Lived]) -> float:
    """Hours in which officers are on parties' premises; squads of one visit work side by side."""
    minutes = 0
    for one in lived:
        for visit in one.visits:
            squads = len({one.needs[i].agency for i in visit.served})
            minutes += ARRIVE + LONGEST + BESIDE * (squads - 1)
    return minutes / 60
