"""The day's routes by PyVRP: who goes where in which order, so that most is visited on the shortest way.

The same facts and seed give the same plan: the search ends after a number of steps; the clock is only the net under it.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases.planner.routing.facts import Going, Routes, Stop, Team, by_id
from cases.planner.routing.nearest import nearest_neighbour
from cases.planner.routing.recheck import recheck

if TYPE_CHECKING:
    import pyvrp

STEPS = 700
SECONDS = 1.8
MUST = 1_000_000
"""Metres that a required visit is worth. Not a hard rule for the search: a day that can't hold it is planned without it
and says so, instead of not being planned."""
APART = 1 << 30
"""A way that no team takes: between a stop and a team without its squads."""


def plan_day(
    teams: Sequence[Team],
    stops: Iterable[Stop],
    going: Going,
    *,
    seed: int = 1,
    steps: int | None = STEPS,
    seconds: float = SECONDS,
) -> Routes:
    """Routes over the stops, at most ``seconds`` long. Nobody's window, turn, squads or number of visits is broken;
    what did not fit is left out with its reason. ``steps`` None: only the clock ends the search."""
    begun = perf_counter()
    known = by_id(stops)
    rows = list(known.values())
    if not teams or not rows:
        return recheck(teams, rows, {}, going)
    # Imported here: it takes half a second and the memory of numpy, and most processes never plan a day.
    from pyvrp import solve
    from pyvrp.stop import MaxIterations, MultipleCriteria

    asked = _ask(teams, rows, going)
    # From the beginning on: reading the problem and the first solution count too.
    ends: list[Any] = [lambda _best: perf_counter() - begun >= seconds]
    if steps is not None:
        ends.append(MaxIterations(steps))
    with warnings.catch_warnings():
        # Large prizes make it tell of large penalties: known, and harmless at these sizes.
        warnings.simplefilter("ignore")
        best = solve(asked.data, MultipleCriteria(ends), seed=seed, collect_stats=False, display=False).best
    if not best.is_feasible():
        return nearest_neighbour(teams, rows, going)
    return recheck(teams, rows, asked.orders(best), going)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The search's own form, the stop of each of its clients, and the teams of each of its kinds of vehicle."""

    data: "pyvrp.ProblemData"
    owners: list[int]
    crews: list[list[int]]

    def orders(self, best: "pyvrp.Solution") -> dict[int, list[int]]:
        free = [list(crew) for crew in self.crews]
        return {
            free[route.vehicle_type()].pop(0): [self.owners[done.idx] for done in route if done.is_client()]
            for route in best.routes()
        }


def _ask(teams: Sequence[Team], rows: Sequence[Stop], going: Going) -> _Asked:
    """Places first for where teams start, then for stops. A stop with several windows becomes a client a window, of
    which one is visited; teams that differ in nothing become one kind."""
    import numpy as np
    from pyvrp import Depot, Location, ProblemData, VehicleType

    homes = list(dict.fromkeys(team.at for team in teams))
    points = [*homes, *(stop.at for stop in rows)]
    far = np.array([[0 if i == j else going.far(a, b) for j, b in enumerate(points)] for i, a in enumerate(points)])
    takes = -(-far // going.pace)
    crews: dict[tuple[Any, ...], list[int]] = {}
    for team in teams:
        barred = tuple(
            at for at, stop in enumerate(rows, start=len(homes)) if stop.teams is not None and team.id not in stop.teams
        )
        crews.setdefault((team.at, team.starts, team.ends, team.most, barred), []).append(team.id)
    profiles = list(dict.fromkeys(kind[-1] for kind in crews))
    kinds = [
        VehicleType(
            len(crew),
            capacity=[most if most is not None else sum(stop.load for stop in rows)],
            start_depot=homes.index(at),
            end_depot=homes.index(at),
            tw_early=starts,
            tw_late=max(starts, ends),
            profile=profiles.index(barred),
        )
        for (at, starts, ends, most, barred), crew in crews.items()
    ]
    clients, groups, owners = _clients(rows, first=len(homes), until=max(team.ends for team in teams))
    data = ProblemData(
        [Location(*(point or (0, 0))) for point in points],
        clients,
        [Depot(place) for place in range(len(homes))],
        kinds,
        [_without(far, barred) for barred in profiles],
        [_without(takes, barred) for barred in profiles],
        groups,
    )
    return _Asked(data, owners, list(crews.values()))


def _clients(rows: Sequence[Stop], *, first: int, until: int) -> tuple[list[Any], list[Any], list[int]]:
    from pyvrp import Client, ClientGroup

    clients: list[Client] = []
    groups: list[ClientGroup] = []
    owners: list[int] = []
    for place, stop in enumerate(rows, start=first):
        spans = [span for span in stop.windows or ((0, until),) if 0 <= span[1] >= span[0]]
        several = len(spans) > 1
        if several:
            groups.append(ClientGroup(required=False))
        for opens, closes in spans:
            if several:
                groups[-1].add_client(len(clients))
            clients.append(
                Client(
                    place,
                    delivery=[stop.load],
                    service_duration=stop.minutes,
                    tw_early=max(0, opens),
                    tw_late=closes,
                    prize=MUST if stop.required else stop.prize,
                    required=False,
                    group=len(groups) - 1 if several else None,
                )
            )
            owners.append(stop.id)
    return clients, groups, owners


def _without(matrix: Any, barred: Sequence[int]) -> Any:
    """The matrix with every way to and from the barred places made too long to be taken."""
    if not barred:
        return matrix
    closed = matrix.copy()
    closed[list(barred), :] = APART
    closed[:, list(barred)] = APART
    for place in barred:
        closed[place, place] = 0
    return closed
