"""The baseline: a day without a plan. Whoever is free first goes to the nearest place that is open then."""

from collections.abc import Iterable, Sequence

from cases.planner.routing.facts import Going, Routes, Stop, Team, by_id
from cases.planner.routing.recheck import drive, recheck


def nearest_neighbour(teams: Sequence[Team], stops: Iterable[Stop], going: Going) -> Routes:
    """Team after team as they become free: to the nearest that is open on arrival, else to the one that opens first."""
    known = by_id(stops)
    left = dict(known)
    orders: dict[int, list[int]] = {team.id: [] for team in teams}
    walking = list(teams)
    while walking and left:
        team = min(walking, key=lambda team: (_free(team, orders[team.id], known, going), team.id))
        done = [known[pk] for pk in orders[team.id]]
        here = done[-1].at if done else team.at
        found = [stop for stop in left.values() if drive(team, [*done, stop], going).sound]
        if not found:
            walking.remove(team)
            continue
        ready = _free(team, orders[team.id], known, going)
        best = min(
            found,
            key=lambda stop: (_waits(stop, ready + going.long(here, stop.at)), going.far(here, stop.at), stop.id),
        )
        orders[team.id].append(best.id)
        del left[best.id]
    return recheck(teams, known.values(), orders, going)


def _waits(stop: Stop, arrives: int) -> int:
    return (stop.begin(arrives) or arrives) - arrives


def _free(team: Team, order: Sequence[int], known: dict[int, Stop], going: Going) -> int:
    calls = drive(team, [known[pk] for pk in order], going).calls
    return calls[-1].leaves if calls else team.starts
