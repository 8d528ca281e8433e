"""What goes on a day: the needs of a party that a trigger rule sends out, and those that ride along.

Asked every night with what is known by then, it makes the visits of ``trigger.visits``: the rule decides when, and
``merge`` which needs go together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from cases.planner.merge import Need, split
from cases.planner.trigger import Rule, Window, earliest_due, immediate, riding, weekly

RULES = ("riding", "immediate", "earliest_due", "weekly")
"""Names by which an office chooses; the first is the usual one."""


@dataclass(frozen=True, slots=True)
class Going:
    """The needs of one visit. ``triggered``: those whose day has come; ``waits``: the others, which could have waited,
    with the day on which each would have gone by itself."""

    needs: tuple[Need, ...]
    triggered: tuple[int, ...]
    waits: Mapping[int, date] = field(default_factory=lambda: MappingProxyType({}))


def rule_named(name: str, margin: int, weekday: int) -> Rule:
    """``margin``: days before its last one on which a planned check goes by itself at the latest, where planned checks
    ride along or wait for the street's ``weekday`` (0 Monday)."""
    if name == "weekly":
        return weekly(weekday, max(0, margin))
    return {"immediate": immediate, "earliest_due": earliest_due}.get(name) or riding(max(0, margin))


def trigger_day(need: Need, rule: Rule, today: date) -> date:
    """The day on which the need would bring a visit about by itself, of the days that are left to it: one that could
    not go on its weekday waits for the next. Past or today: it has come."""
    return date.fromordinal(rule(left_of(need.opens_from.date(), need.due.date(), today, planned=need.planned)))


def left_of(first: date, last: date, today: date, *, planned: bool) -> Window:
    """What is left of the days on which a need may be served; of an overdue one its last."""
    r, d = first.toordinal(), max(first, last).toordinal()
    return Window(max(r, min(today.toordinal(), d)), d, planned)


def going(needs: Iterable[Need], day: date, rule: Rule, *, now: datetime) -> Going | None:
    """The most pressing visit of one party on the day, None where nothing goes. A need that opens later is not known
    yet; what is left over goes another night, since a party has one live order."""
    known = [need for need in needs if need.opens_from.date() <= day]
    days = {need.id: trigger_day(need, rule, day) for need in known}
    if not days or min(days.values()) > day:
        return None
    for group in split(known, now=now):
        triggered = tuple(need.id for need in group if days[need.id] <= day)
        if triggered:
            waits = {need.id: days[need.id] for need in group if days[need.id] > day}
            return Going(group, triggered, MappingProxyType(waits))
    return None
