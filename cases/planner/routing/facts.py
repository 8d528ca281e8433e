"""What a day's routes are made of: stops, teams, the way between two points, and the plan that comes of them.

Time is whole minutes since midnight (a night's turn goes on past 1440), distance whole metres.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import cos, radians

Point = tuple[float, float]
METRES_A_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Going:
    """How far and how long from one point to another: ``metres`` of the way, ``pace`` metres a minute.

    Where a point is not known, ``unknown`` metres are assumed: a way of its own, but none that could be chosen.
    """

    metres: Callable[[Point, Point], int]
    pace: int = 70
    unknown: int = 600

    def far(self, a: Point | None, b: Point | None) -> int:
        return self.unknown if a is None or b is None else self.metres(a, b)

    def long(self, a: Point | None, b: Point | None) -> int:
        """Minutes, rounded up."""
        return self.takes(self.far(a, b))

    def takes(self, metres: int) -> int:
        return -(-metres // self.pace)


def along_streets(a: Point, b: Point) -> int:
    """Metres between two (latitude, longitude) points along streets that run north-south and east-west."""
    east = METRES_A_DEGREE * cos(radians((a[0] + b[0]) / 2))
    return round(abs(a[0] - b[0]) * METRES_A_DEGREE + abs(a[1] - b[1]) * east)


def on_plane(a: Point, b: Point) -> int:
    """The same for two points in metres."""
    return round(abs(a[0] - b[0]) + abs(a[1] - b[1]))


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit to be made. It begins within one of ``windows`` (none: at any time) and takes ``minutes``.

    ``required``: nothing may push it out but the impossible; else ``prize`` says how many metres it is worth. ``load``
    counts against a team's ``most``. ``teams``: those that bring every squad it needs (None: any).
    """

    id: int
    at: Point | None
    minutes: int
    windows: tuple[tuple[int, int], ...] = ()
    required: bool = False
    prize: int = 0
    load: int = 1
    teams: frozenset[int] | None = None

    def begin(self, ready: int) -> int | None:
        """The first minute not before ``ready`` at which it may begin; None when its last window has passed."""
        if not self.windows:
            return ready
        return min((max(ready, first) for first, last in self.windows if ready <= last), default=None)


@dataclass(frozen=True, slots=True)
class Team:
    """A joint team that goes as one: leaves ``at`` at ``starts``, is back there by ``ends``, ``most`` visits a day."""

    id: int
    at: Point | None
    starts: int
    ends: int
    most: int | None = None

    @property
    def minutes(self) -> int:
        return max(0, self.ends - self.starts)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a visit or a route, as a code with its facts; a person reads it in words."""

    code: str
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A visit on its way: metres and minutes to it, when the team arrives, begins and leaves, what is wrong."""

    stop: int
    metres: int
    travel: int
    arrives: int
    begins: int
    leaves: int
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A team's day: its visits in order, the way back, and its load against what it can do."""

    team: Team
    calls: tuple[Call, ...]
    metres: int
    travel: int
    work: int
    back: int
    load: int
    troubles: tuple[Trouble, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(call.stop for call in self.calls)

    @property
    def busy(self) -> int:
        """Minutes on the way and at visits."""
        return self.travel + self.work

    @property
    def filled(self) -> int:
        """Percent of the turn or of the visits a day that is used, whichever is nearer to its end."""
        time = 100 * self.busy // self.team.minutes if self.team.minutes else 100 * bool(self.calls)
        many = 100 * self.load // self.team.most if self.team.most else 0
        return max(time, many)

    @property
    def sound(self) -> bool:
        return not self.troubles and not any(call.troubles for call in self.calls)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A visit that did not fit, and why: ``why`` holds the nearest thing to it that every team ran into."""

    stop: int
    why: Trouble


@dataclass(frozen=True)
class Routes:
    """A whole day: a route a team, in the order of the teams, and what was left out."""

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...] = ()

    @cached_property
    def metres(self) -> int:
        return sum(route.metres for route in self.routes)

    @cached_property
    def served(self) -> int:
        return sum(len(route.calls) for route in self.routes)

    @property
    def sound(self) -> bool:
        return all(route.sound for route in self.routes)

    @property
    def orders(self) -> dict[int, tuple[int, ...]]:
        """Team → its stops in order."""
        return {route.team.id: route.order for route in self.routes}


def by_id(stops: Iterable[Stop]) -> dict[int, Stop]:
    """ValueError where two stops share an id: one of them would be lost without a word."""
    rows = list(stops)
    found = {stop.id: stop for stop in rows}
    if len(found) != len(rows):
        raise ValueError("two stops have one id")
    return found
