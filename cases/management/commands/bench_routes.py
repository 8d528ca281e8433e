"""How good the day's routes are: against the best known of public problems, and against going to the nearest.

``manage.py bench_routes DIR`` reads ``*.txt`` (Solomon) and ``*.vrp`` with ``.sol``; ``--days N`` plans made-up days.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.management.routes.benchmarks import GOING, TENTHS, Problem, problems
from cases.management.routes.days import GOING as STREETS
from cases.management.routes.days import made_up
from cases.planner.routing import Stop, Team, insert_urgent, nearest_neighbour, plan_day, recheck


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # pure arithmetic: no database, no secret
    help = "Measure the routes of a day against the best known, and against the nearest neighbour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="folder of public routing problems")
        parser.add_argument("--days", type=int, default=8, metavar="N", help="made-up days (8; 0 for none)")
        parser.add_argument("--only", default="", metavar="NAME", help="one problem of the folder")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, folder: Path | None, days: int, only: str, seed: int, **options: Any) -> None:
        if folder is None and not days:
            raise CommandError("Say DIR or --days N.")
        if folder is not None:
            if not folder.is_dir():
                raise CommandError(f"There is no folder {folder}.")
            found = [problem for problem in problems(folder) if only in ("", problem.name)]
            if not found:
                raise CommandError(f"No known problem lies in {folder}: c101.txt, r101.txt, or .vrp with its .sol.")
            self._known(found, seed)
        if days:
            self._days(days, seed)
        self.stdout.write(f"\nLoad of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")

    def _known(self, found: Sequence[Problem], seed: int) -> None:
        rows = []
        for problem in found:
            begun = perf_counter()
            day = plan_day(problem.teams, problem.stops, GOING, seed=seed, steps=None, seconds=problem.seconds)
            took = perf_counter() - begun
            metres = day.metres / TENTHS
            gap = 100 * (metres / problem.best - 1)
            held = "yes" if day.sound and not day.left_out and gap <= problem.within else "NO"
            stops = f"{day.served} of {len(problem.stops)}"
            rows.append(
                [
                    problem.name,
                    stops,
                    f"{problem.best:,.1f}",
                    f"{metres:,.1f}",
                    f"{gap:.2f} %",
                    f"{problem.within} %",
                    held,
                    f"{took:.1f} s",
                ]
            )
        self._table(["problem", "stops", "best known", "found", "gap", "allowed", "held", "took"], rows)
        self.stdout.write("\n")

    def _days(self, days: int, seed: int) -> None:
        rows, shares = [], []
        for number in range(1, days + 1):
            teams, stops = made_up(number)
            begun = perf_counter()
            plan = plan_day(teams, stops, STREETS, seed=seed)
            took = perf_counter() - begun
            near, plain = nearest_neighbour(teams, stops, STREETS), plan
            if near.served != plan.served:
                # Compared over the same visits: those that the baseline managed.
                missing = {one.stop for one in near.left_out}
                plain = plan_day(teams, [stop for stop in stops if stop.id not in missing], STREETS, seed=seed)
            shorter = 100 * (1 - plain.metres / near.metres)
            shares.append(shorter)
            rows.append(
                [
                    str(number),
                    f"{plan.served} / {near.served}",
                    f"{plain.metres:,}",
                    f"{near.metres:,}",
                    f"{shorter:.1f} %",
                    f"{took:.2f} s",
                    f"{1000 * _recheck(teams, stops, plan.orders):.1f} ms",
                    f"{1000 * _whistle(teams, stops, plan.orders):.1f} ms",
                ]
            )
        head = ["day", "visits plan / nearest", "metres, plan", "metres, nearest", "shorter", "planned in"]
        self._table([*head, "recheck", "whistle"], rows)
        self.stdout.write(
            f"\nShorter by {sum(shares) / len(shares):.1f} % on the average, {min(shares):.1f} % at least.\n"
        )

    def _table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        self.stdout.write(f"| {' | '.join(head)} |\n|---|{'--:|' * (len(head) - 1)}\n")
        for row in rows:
            self.stdout.write(f"| {' | '.join(row)} |\n")


def _recheck(teams: Sequence[Team], stops: Sequence[Stop], orders: dict[int, tuple[int, ...]]) -> float:
    begun = perf_counter()
    recheck(teams, stops, orders, STREETS)
    return perf_counter() - begun


def _whistle(teams: Sequence[Team], stops: Sequence[Stop], orders: dict[int, tuple[int, ...]]) -> float:
    urgent = Stop(0, (400.0, 1_500.0), 40, ((200, 260),), required=True)
    begun = perf_counter()
    insert_urgent(teams, stops, orders, urgent, STREETS, fixed={team.id: 2 for team in teams})
    return perf_counter() - begun
