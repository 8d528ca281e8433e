"""When to visit: rules that give every need a trigger day, and the least number of visits possible.

Days are integers. A visit happens on the earliest trigger among the open needs of a target and serves all that
are open; a need is known from its `r` on. Needs arriving one by one therefore give the same visits as needs all
known beforehand. With `earliest_due` the number of visits is the optimum: the needs that trigger have disjoint
windows, so no set of visits can be smaller.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """A need: it may be served on the days r..d, both inclusive. `planned`: nobody waits for it."""

    r: int
    d: int
    planned: bool = False


class Visit(NamedTuple):
    """A day and the indexes of the needs served on it."""

    day: int
    served: tuple[int, ...]


Rule = Callable[[Window], int]
"""The day on which a need by itself would bring a visit about, within its window."""

WEEK = 7


def immediate(window: Window) -> int:
    """Go as soon as the need is there."""
    return window.r


def earliest_due(window: Window) -> int:
    """Wait for the last day."""
    return window.d


def riding(margin: int = 0) -> Rule:
    """Reactive needs at once; planned ones ride along, or go `margin` days before they are due."""
    if margin < 0:
        raise ValueError("a margin is not negative")

    def rule(window: Window) -> int:
        return max(window.r, window.d - margin) if window.planned else window.r

    return rule


def weekly(weekday: int, margin: int = 0) -> Rule:
    """Reactive needs at once; planned ones ride along, or go on the last of the street's own weekdays (0 Monday, by the
    rest of `date.toordinal`) that comes at least `margin` days before they are due; so many days before where none
    does.

    The last and not the next: going each week for what has months makes hardly fewer visits than going at once."""
    if margin < 0:
        raise ValueError("a margin is not negative")
    on = (weekday + 1) % WEEK

    def rule(window: Window) -> int:
        if not window.planned:
            return window.r
        last = max(window.r, window.d - margin)
        day = last - (last - on) % WEEK
        return day if day >= window.r else last

    return rule


def visits(windows: Sequence[Window], rule: Rule) -> list[Visit]:
    """The visits to one target, in the order of days. ValueError for an empty window or a rule that leaves it."""
    arrivals = sorted(range(len(windows)), key=lambda i: (windows[i].r, i))
    found: list[Visit] = []
    waiting: list[int] = []
    day = 0
    for i in arrivals:
        window = windows[i]
        trigger = rule(window)
        if not window.r <= trigger <= window.d:
            raise ValueError("a visit lies within the window it serves")
        # A need that arrives on the day of a visit still joins it.
        if waiting and window.r > day:
            found.append(Visit(day, tuple(waiting)))
            waiting = []
        day = min(day, trigger) if waiting else trigger
        waiting.append(i)
    if waiting:
        found.append(Visit(day, tuple(waiting)))
    return found


def piercing(windows: Sequence[Window]) -> list[int]:
    """The least set of days that pierces every window: the offline optimum."""
    days: list[int] = []
    for window in sorted(windows, key=lambda window: window.d):
        if not days or window.r > days[-1]:
            days.append(window.d)
    return days
