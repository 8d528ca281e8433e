"""Made-up days of a street: 34 visits in a square of two kilometres, four teams that start in its middle.

Visits take 20 to 60 minutes; a fifth of the windows is the morning, a fifth the afternoon, the rest all 540 minutes.
"""

from __future__ import annotations

from random import Random

from cases.planner.routing import Going, Stop, Team, on_plane

VISITS, TEAMS, SIDE, TURN, NOON = 34, 4, 2_000, 540, 270
GOING = Going(on_plane, pace=70)


def made_up(seed: int) -> tuple[tuple[Team, ...], tuple[Stop, ...]]:
    dice = Random(seed)  # noqa: S311 - a made-up day, not a secret
    morning, afternoon = round(VISITS * 0.2), round(VISITS * 0.2)
    kinds = ["morning"] * morning + ["afternoon"] * afternoon + ["day"] * (VISITS - morning - afternoon)
    dice.shuffle(kinds)
    stops = []
    for pk, kind in enumerate(kinds, start=1):
        minutes = dice.randint(20, 60)
        last = (NOON if kind == "morning" else TURN) - minutes
        first = NOON if kind == "afternoon" else 0
        at = (dice.uniform(0, SIDE), dice.uniform(0, SIDE))
        stops.append(Stop(pk, at, minutes, ((first, last),), prize=5 * SIDE))
    teams = tuple(Team(pk, (SIDE / 2, SIDE / 2), 0, TURN) for pk in range(1, TEAMS + 1))
    return teams, tuple(stops)
