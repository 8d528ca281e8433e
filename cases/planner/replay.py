"""A street's needs lived through under a rule: rechecks come from the visits themselves, and days have a capacity.

Without capacity a visit happens on its trigger day. With it, at most so many parties are visited a day; who waits is
served in the chosen order, and a need served after its last day is late.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cases.planner.trigger import Rule, Visit, Window, visits


class Recheck(NamedTuple):
    """What a visit brings about: `lag` days after it a need of `length` days more opens, and so on from its visit."""

    lag: int
    length: int
    agency: str
    follow: tuple["Recheck", ...] = ()


class Asked(NamedTuple):
    """A need of one agency. `again`: served, it brings a recheck about, so many days later and for so many days;
    `follow`: the rechecks that it brought about where that is known."""

    window: Window
    agency: str
    again: tuple[int, int] | None = None
    follow: tuple[Recheck, ...] = ()


class Lived(NamedTuple):
    """What came of one target's needs: all of them, rechecks at the end, and the visits that served them."""

    needs: tuple[Asked, ...]
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a replay over all targets. ``squads``: departments on the visits, counted visit by visit."""

    visits: int
    needs: int
    late: int
    squads: int = 0

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


def together(needs: Sequence[Asked]) -> list[list[Asked]]:
    """One joint visit may serve all of them."""
    return [list(needs)]


def apart(needs: Sequence[Asked]) -> list[list[Asked]]:
    """Each department by itself: what happens today."""
    alone: dict[str, list[Asked]] = {}
    for need in needs:
        alone.setdefault(need.agency, []).append(need)
    return list(alone.values())


def one_by_one(needs: Sequence[Asked]) -> list[list[Asked]]:
    return [[need] for need in needs]


def rechecks_of(need: Asked, day: int) -> list[Asked]:
    """The rechecks that a visit on this day brings about. ValueError when one could share the visit that caused it."""
    if need.again is None and not need.follow:
        return []
    later = list(need.follow)
    if need.again is not None:
        later.append(Recheck(*need.again, need.agency))
    if any(one.lag < 1 for one in later):
        raise ValueError("a recheck comes on a later day than its visit")
    return [Asked(Window(day + one.lag, day + one.lag + one.length), one.agency, follow=one.follow) for one in later]


def live(needs: Sequence[Asked], rule: Rule) -> Lived:
    """One target, no limit of capacity. A recheck opens after the visit that caused it, so that it never alters that
    visit or one before it; the days are gone through once, in order."""
    known = list(needs)
    followed: set[int] = set()
    while True:
        found = visits([need.window for need in known], rule)
        served = ((i, visit.day) for visit in found for i in visit.served if i not in followed)
        new = next(((i, day) for i, day in served if known[i].again or known[i].follow), None)
        if new is None:
            return Lived(tuple(known), tuple(found))
        index, day = new
        followed.add(index)
        known += rechecks_of(known[index], day)


def lived_sum(targets: Sequence[Sequence[Asked]], rule: Rule) -> Outcome:
    """The sums of ``live`` over all targets, in one pass each. A rule that leaves a window makes needs late."""
    done = needs = late = squads = 0
    for asked in targets:
        if len(asked) == 1 and not asked[0].again and not asked[0].follow:
            done, needs, squads = done + 1, needs + 1, squads + 1
            late += asked[0].window.d < rule(asked[0].window)
            continue
        count = len(asked)
        arrivals = [(need.window.r, number, need) for number, need in enumerate(asked)]
        heapq.heapify(arrivals)
        while arrivals:
            need = heapq.heappop(arrivals)[2]
            day, served = rule(need.window), [need]
            # A need that arrives on the day of a visit still joins it.
            while arrivals and arrivals[0][0] <= day:
                need = heapq.heappop(arrivals)[2]
                day = min(day, rule(need.window))
                served.append(need)
            done += 1
            squads += len({need.agency for need in served})
            for need in served:
                late += need.window.d < day
                for recheck in rechecks_of(need, day):
                    heapq.heappush(arrivals, (recheck.window.r, count, recheck))
                    count += 1
        needs += count
    return Outcome(done, needs, late, squads)


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
    urgency: dict[int, int] = {}  # and who of them comes first
    # Both heaps keep outdated entries: one counts only while it says what the dictionaries say.
    triggers: list[tuple[int, int]] = []
    ripe: list[tuple[int, int]] = []
    done = late = squads = 0
    day = 0
    while arrivals or waiting:
        if not ripe:
            day = max(day, min([*(r for r, _target, _number in arrivals[:1]), *(at for at, _t in triggers[:1])]))
        while arrivals and arrivals[0][0] <= day:
            _r, target, number = heapq.heappop(arrivals)
            window = known[target][number].window
            waiting.setdefault(target, []).append(number)
            trigger, order = rule(window), first(window)
            called[target] = min(called.get(target, trigger), trigger)
            urgency[target] = min(urgency.get(target, order), order)
            heapq.heappush(triggers, (called[target], target))
        while triggers and triggers[0][0] <= day:
            trigger, target = heapq.heappop(triggers)
            if called.get(target) == trigger:
                heapq.heappush(ripe, (urgency[target], target))
        room = a_day
        while ripe and room:
            order, target = heapq.heappop(ripe)
            if urgency.get(target) != order or called[target] > day:
                continue
            room -= 1
            done += 1
            del called[target], urgency[target]
            numbers = waiting.pop(target)
            squads += len({known[target][number].agency for number in numbers})
            for number in numbers:
                need = known[target][number]
                late += need.window.d < day
                for recheck in rechecks_of(need, day):
                    known[target].append(recheck)
                    heapq.heappush(arrivals, (recheck.window.r, target, len(known[target]) - 1))
        day += 1
    return Outcome(visits=done, needs=sum(map(len, known)), late=late, squads=squads)


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
