"""A street's needs lived through under a rule: rechecks come from the visits themselves, and days have a capacity.

Without capacity a visit happens on its trigger day. With it, at most so many parties are visited a day; who waits is
served in the chosen order, and a need served after its last day is late.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cases.planner.trigger import Rule, Visit, Window, visits


class Asked(NamedTuple):
    """A need of one agency. `again`: served, it brings a recheck about, so many days later and for so many days."""

    window: Window
    agency: str
    again: tuple[int, int] | None = None


class Lived(NamedTuple):
    """What came of one target's needs: all of them, rechecks at the end, and the visits that served them."""

    needs: tuple[Asked, ...]
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a replay with capacity, over all targets."""

    visits: int
    needs: int
    late: int

    @property
    def in_time(self) -> float:
        """Share of needs served by their last day; 1 without needs."""
        return 1 - self.late / self.needs if self.needs else 1.0


Order = Callable[[Window], int]
"""Who of the waiting comes first: the smaller number."""


def by_due(window: Window) -> int:
    return window.d


def by_arrival(window: Window) -> int:
    return window.r


def recheck_of(need: Asked, day: int) -> Asked | None:
    """The recheck that a visit on this day brings about. ValueError when it could share the visit that caused it."""
    if need.again is None:
        return None
    lag, length = need.again
    if lag < 1:
        raise ValueError("a recheck comes on a later day than its visit")
    return Asked(Window(day + lag, day + lag + length), need.agency)


def live(needs: Sequence[Asked], rule: Rule) -> Lived:
    """One target, no limit of capacity. A recheck opens after the visit that caused it, so that it never alters that
    visit or one before it; the days are gone through once, in order."""
    known = list(needs)
    followed: set[int] = set()
    while True:
        found = visits([need.window for need in known], rule)
        new = next(
            ((i, visit.day) for visit in found for i in visit.served if known[i].again and i not in followed), None
        )
        if new is None:
            return Lived(tuple(known), tuple(found))
        index, day = new
        followed.add(index)
        if recheck := recheck_of(known[index], day):
            known.append(recheck)


def live_with(targets: Sequence[Sequence[Asked]], rule: Rule, *, a_day: int, first: Order) -> Outcome:
    """All targets day by day, at most ``a_day`` of them visited on one. ValueError for a capacity below one."""
    if a_day < 1:
        raise ValueError("a day has room for one visit at least")
    arrivals = [
        (need.window.r, target, number) for target, needs in enumerate(targets) for number, need in enumerate(needs)
    ]
    heapq.heapify(arrivals)
    known = [list(needs) for needs in targets]
    waiting: dict[int, list[int]] = {}
    called: dict[int, int] = {}  # the earliest trigger among a target's waiting needs
    done = late = 0
    day = 0
    while arrivals or waiting:
        day = max(day, min([*called.values(), *(r for r, _target, _number in arrivals[:1])]))
        while arrivals and arrivals[0][0] <= day:
            _r, target, number = heapq.heappop(arrivals)
            waiting.setdefault(target, []).append(number)
            trigger = rule(known[target][number].window)
            called[target] = min(called.get(target, trigger), trigger)
        due = [target for target, trigger in called.items() if trigger <= day]
        due.sort(key=lambda t: (min(first(known[t][n].window) for n in waiting[t]), t))
        for target in due[:a_day]:
            done += 1
            del called[target]
            for number in waiting.pop(target):
                need = known[target][number]
                late += need.window.d < day
                if recheck := recheck_of(need, day):
                    known[target].append(recheck)
                    heapq.heappush(arrivals, (recheck.window.r, target, len(known[target]) - 1))
        day += 1
    return Outcome(visits=done, needs=sum(map(len, known)), late=late)


def capacity_for(
    targets: Sequence[Sequence[Asked]], rule: Rule, *, first: Order, in_time: float, most: int = 100_000
) -> int:
    """The least number of visits a day with which the given share of needs is served in time; ValueError when even
    ``most`` is too little."""
    low, high = 1, most
    if live_with(targets, rule, a_day=high, first=first).in_time < in_time:
        raise ValueError("no capacity is enough")
    while low < high:
        middle = (low + high) // 2
        if live_with(targets, rule, a_day=middle, first=first).in_time >= in_time:
            high = middle
        else:
            low = middle + 1
    return low
