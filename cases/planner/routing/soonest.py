"""Urgent visits before a day is planned: when each could begin at the earliest, and its windows cut to that."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from cases.planner.routing.facts import Going, Stop, Team
from cases.planner.routing.urgent import GRACE, insert_urgent
from cases.planner.routing.windows import meet


def soonest(
    teams: Sequence[Team], stops: Iterable[Stop], urgent: Collection[int], going: Going, *, grace: int = GRACE
) -> list[Stop]:
    """The stops; an urgent one may begin no more than ``grace`` minutes after the first moment at which a team could
    be there that goes to urgent visits alone, those that can begin first before the others. So the search places it
    there and not on the way home. One that fits nowhere stays as it is: the plan says why."""
    rows = list(stops)
    placed: dict[int, list[int]] = {team.id: [] for team in teams}
    known: list[Stop] = []
    cut: dict[int, Stop] = {}
    waiting = [stop for stop in rows if stop.id in urgent]
    for stop in sorted(waiting, key=lambda stop: (_first(teams, stop, going), stop.id)):
        fixed = {team: len(row) for team, row in placed.items()}
        found = insert_urgent(teams, known, placed, stop, going, fixed=fixed)
        if found is None:
            continue
        placed = {team: list(row) for team, row in found.routes.orders.items()}
        known.append(stop)
        until = (0, found.begins + grace)
        cut[stop.id] = replace(stop, windows=tuple(meet(stop.windows or (until,), [until])))
    return [cut.get(stop.id, stop) for stop in rows]


def _first(teams: Sequence[Team], stop: Stop, going: Going) -> int:
    """The minute at which it could begin if there were nothing else; far off where no team brings its squads."""
    able = [team for team in teams if stop.teams is None or team.id in stop.teams]
    begins = [stop.begin(team.starts + going.long(team.at, stop.at)) for team in able]
    return min((one for one in begins if one is not None), default=1 << 30)
