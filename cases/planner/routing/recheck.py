"""A plan as a person laid it: when each team arrives, what breaks, how full the day is. No search, hence at once."""

from collections.abc import Iterable, Mapping, Sequence

from cases.planner.routing.facts import Call, Going, LeftOut, Route, Routes, Stop, Team, Trouble, by_id


def drive(team: Team, stops: Sequence[Stop], going: Going) -> Route:
    """One team's day in the given order. A broken window is told and the visit made all the same: late, not never."""
    calls: list[Call] = []
    here, ready, metres, travel, work, load = team.at, team.starts, 0, 0, 0, 0
    for stop in stops:
        far = going.far(here, stop.at)
        way = going.takes(far)
        arrives = ready + way
        begins = stop.begin(arrives)
        troubles: list[Trouble] = []
        if begins is None:
            begins = arrives
            troubles.append(Trouble("late", {"minutes": arrives - max(last for _first, last in stop.windows)}))
        leaves = begins + stop.minutes
        if leaves > team.ends:
            troubles.append(Trouble("after_turn", {"minutes": leaves - team.ends}))
        if stop.teams is not None and team.id not in stop.teams:
            troubles.append(Trouble("squads_missing"))
        calls.append(Call(stop.id, far, way, arrives, begins, leaves, tuple(troubles)))
        here, ready = stop.at, leaves
        metres, travel, work, load = metres + far, travel + way, work + stop.minutes, load + stop.load
    if calls:
        far = going.far(here, team.at)
        metres, travel, ready = metres + far, travel + going.takes(far), ready + going.takes(far)
    wrong: list[Trouble] = []
    if calls and ready > team.ends:
        wrong.append(Trouble("back_late", {"minutes": ready - team.ends}))
    if team.most is not None and load > team.most:
        wrong.append(Trouble("too_many", {"load": load, "most": team.most}))
    return Route(team, tuple(calls), metres, travel, work, ready, load, tuple(wrong))


def recheck(teams: Sequence[Team], stops: Iterable[Stop], orders: Mapping[int, Sequence[int]], going: Going) -> Routes:
    """The day as laid: ``orders`` maps a team to its stops. What stands in none is left out, with the reason.

    ValueError for a stop that stands twice or is not known.
    """
    known = by_id(stops)
    laid = [stop for team in teams for stop in orders.get(team.id, ())]
    if len(laid) != len(set(laid)) or not known.keys() >= set(laid):
        raise ValueError("a stop stands twice, or is not known")
    routes = tuple(drive(team, [known[pk] for pk in orders.get(team.id, ())], going) for team in teams)
    rest = [stop for pk, stop in known.items() if pk not in set(laid)]
    return Routes(routes, tuple(LeftOut(stop.id, why_not(stop, routes, known, going)) for stop in rest))


def places(route: Route, stop: Stop, known: Mapping[int, Stop], going: Going, *, first: int = 0) -> list[Route]:
    """The routes with the stop put in at each position from ``first`` on, whether sound or not."""
    order = [known[pk] for pk in route.order]
    return [
        drive(route.team, [*order[:at], stop, *order[at:]], going)
        for at in range(min(first, len(order)), len(order) + 1)
    ]


def why_not(stop: Stop, routes: Sequence[Route], known: Mapping[int, Stop], going: Going) -> Trouble:
    """Why the stop is in no route: the last thing of this row that held for every team that might have gone.

    ``no_team`` (none brings its squads) → ``closed`` (open at no time within a turn) → ``far`` (not even alone,
    ``minutes`` short) → ``full`` (every team has its number of visits) → ``no_room`` (``minutes``: by how much the
    least bad place breaks a time) → ``not_worth`` (it fits, but goes ``metres`` out of the way).
    """
    able = [route for route in routes if stop.teams is None or route.team.id in stop.teams]
    if not able:
        return Trouble("no_team")
    alone = [drive(route.team, [stop], going) for route in able]
    if not any(route.sound or _full(route, stop) for route in alone):
        short = min(map(_short, alone))
        opened = any(_opens_within(stop, route.team) for route in able)
        return Trouble("far", {"minutes": short}) if opened else Trouble("closed")
    free = [route for route in able if not _full(route, stop)]
    if not free:
        return Trouble("full", {"load": sum(route.load for route in able), "most": sum(r.team.most or 0 for r in able)})
    tried = [(route, put) for route in free for put in places(route, stop, known, going)]
    fitting = [put.metres - route.metres for route, put in tried if put.sound]
    if fitting:
        return Trouble("not_worth", {"metres": min(fitting), "worth": stop.prize})
    return Trouble("no_room", {"minutes": max(1, min(_short(put) for _route, put in tried))})


def _full(route: Route, stop: Stop) -> bool:
    alone = len(route.calls) == 1 and route.order == (stop.id,)
    load = stop.load if alone else route.load + stop.load
    return route.team.most is not None and load > route.team.most


def _opens_within(stop: Stop, team: Team) -> bool:
    return not stop.windows or any(
        first <= team.ends - stop.minutes and last >= team.starts for first, last in stop.windows
    )


def _short(route: Route) -> int:
    """Minutes by which times are broken on the route, all together."""
    rows = [*route.troubles, *(trouble for call in route.calls for trouble in call.troubles)]
    return sum(trouble.facts.get("minutes", 0) for trouble in rows)
