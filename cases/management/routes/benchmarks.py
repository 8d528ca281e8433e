"""Public routing problems as stops and teams: Solomon's text files, and VRPLIB with time windows.

Their distances are cut to one decimal (the DIMACS convention), so everything counts in tenths here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import vrplib

from cases.planner.routing import Going, Point, Stop, Team

TENTHS = 10
KNOWN = {"c101": 827.3, "r101": 1637.7}
"""Best known total distances of the two that come without their solution file."""


@dataclass(frozen=True, slots=True)
class Problem:
    name: str
    teams: tuple[Team, ...]
    stops: tuple[Stop, ...]
    best: float
    seconds: float
    within: float
    """Percent above the best known that are still good."""


def _cut(a: Point, b: Point) -> int:
    return int(TENTHS * hypot(a[0] - b[0], a[1] - b[1]))


GOING = Going(_cut, pace=1)


def problems(folder: Path) -> list[Problem]:
    """Every problem of the folder whose best known distance is known."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem in KNOWN:
            read = vrplib.read_instance(path, instance_format="solomon", compute_edge_weights=False)
            found.append(_problem(path.stem, read, KNOWN[path.stem], seconds=8, within=1.0))
    for path in sorted(folder.glob("*.vrp")):
        if path.with_suffix(".sol").exists():
            best = float(vrplib.read_solution(path.with_suffix(".sol"))["cost"])
            read = vrplib.read_instance(path, compute_edge_weights=False)
            found.append(_problem(path.stem, read, best, seconds=60, within=0.5))
    return found


def _problem(name: str, read: dict[str, Any], best: float, seconds: float, within: float) -> Problem:
    count = len(read["node_coord"])
    service = np.broadcast_to(np.asarray(read["service_time"]), count)
    rows = [
        ((float(x), float(y)), int(load), int(first) * TENTHS, int(last) * TENTHS, int(minutes) * TENTHS)
        for (x, y), load, (first, last), minutes in zip(
            read["node_coord"], read["demand"], read["time_window"], service, strict=True
        )
    ]
    at, _load, starts, ends, _minutes = rows[0]
    most = int(read["capacity"])
    stops = tuple(
        Stop(pk, point, minutes, ((first, last),), required=True, load=load)
        for pk, (point, load, first, last, minutes) in enumerate(rows[1:], start=1)
    )
    teams = tuple(Team(pk, at, starts, ends, most) for pk in range(1, int(read["vehicles"]) + 1))
    return Problem(name, teams, stops, best, seconds, within)
