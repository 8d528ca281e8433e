"""A whistle into the running day: the urgent visit goes to the team that reaches it first with least harm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cases.planner.routing.facts import Going, Route, Routes, Stop, Team, by_id
from cases.planner.routing.recheck import drive, recheck

GRACE = 10
"""Minutes: a team that is there so much later may be taken when it harms the day less."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """The day with the urgent visit in it: who goes, when the team is there, and what had to give way for it."""

    routes: Routes
    team: int
    begins: int
    displaced: tuple[int, ...] = ()


def insert_urgent(
    teams: Sequence[Team],
    stops: Iterable[Stop],
    orders: Mapping[int, Sequence[int]],
    urgent: Stop,
    going: Going,
    *,
    fixed: Mapping[int, int] | None = None,
    grace: int = GRACE,
) -> Inserted | None:
    """Put ``urgent`` into the day; None when no team can come in time.

    ``fixed`` maps a team to how many of its first visits stay as they are (made, or under way). Among the teams that
    are there within ``grace`` minutes of the first one the least harm decides: required visits that break, then others,
    then metres. What breaks for it gives way, required visits last of all; what was broken before stays where it is.
    """
    known = by_id([*stops, urgent])
    held = fixed or {}
    tried: list[tuple[int, tuple[int, int, int], int, list[int], list[int]]] = []
    for team in teams:
        if urgent.teams is not None and team.id not in urgent.teams:
            continue
        order = [pk for pk in orders.get(team.id, ()) if pk != urgent.id]
        before = drive(team, [known[pk] for pk in order], going)
        for at in range(min(held.get(team.id, 0), len(order)), len(order) + 1):
            stay, gone = _give_way(team, order, at, urgent, known, going, _broken(before))
            if stay is None:
                continue
            put = drive(team, [known[pk] for pk in stay], going)
            begins = next(call.begins for call in put.calls if call.stop == urgent.id)
            required = sum(known[pk].required for pk in gone)
            harm = (required, len(gone) - required, put.metres - before.metres)
            tried.append((begins, harm, team.id, stay, gone))
    if not tried:
        return None
    soonest = min(row[0] for row in tried)
    begins, _harm, team_id, stay, gone = min(
        (row for row in tried if row[0] <= soonest + grace), key=lambda row: (row[1], row[0], row[2])
    )
    laid = {pk: list(order) for pk, order in orders.items()} | {team_id: stay}
    return Inserted(recheck(teams, known.values(), laid, going), team_id, begins, tuple(gone))


def _give_way(
    team: Team, order: list[int], at: int, urgent: Stop, known: Mapping[int, Stop], going: Going, before: set[int]
) -> tuple[list[int] | None, list[int]]:
    """The order with the urgent stop at a position and without what breaks for it; None where it breaks itself.

    One visit goes at a time, the one worth least among those at or before the first that breaks, until all holds.
    """
    stay = [*order[:at], urgent.id, *order[at:]]
    gone: list[int] = []
    while True:
        put = drive(team, [known[pk] for pk in stay], going)
        broken = _broken(put) - before
        if urgent.id in broken:
            return None, gone
        full = any(trouble.code == "too_many" for trouble in put.troubles)
        late = any(trouble.code == "back_late" for trouble in put.troubles) and not before
        if not broken and not full and not late:
            return stay, gone
        tail = stay[stay.index(urgent.id) + 1 :]
        reach = max((tail.index(pk) for pk in tail if pk in broken), default=len(tail) - 1) + 1 if broken else len(tail)
        weak = [pk for pk in tail[:reach] if not known[pk].required] or [pk for pk in tail[:reach] if pk in broken]
        weak = weak or tail
        if not weak:
            # Nothing behind it can give way: a longer day, not a visit less.
            return stay, gone
        leaves = min(weak, key=lambda pk: (known[pk].required, pk not in broken, known[pk].prize, -stay.index(pk)))
        stay.remove(leaves)
        gone.append(leaves)


def _broken(route: Route) -> set[int]:
    return {call.stop for call in route.calls if call.troubles}
