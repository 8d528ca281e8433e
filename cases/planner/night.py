"""What goes on a day: the needs of a party that a trigger rule sends out, and those that ride along.

Asked every night with what is known by then, it makes the visits of ``trigger.visits``: the rule decides when, and
``merge`` which needs go together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from cases.planner.merge import Need, split
from cases.planner.trigger import Rule, Window, earliest_due, immediate, riding

RULES = ("riding", "immediate", "earliest_due")
"""Names by which an office chooses; the first is the usual one."""


@dataclass(frozen=True, slots=True)
class Going:
    """The needs of one visit. ``triggered``: those whose day has come; ``waits``: the others, which could have waited,
    with the day on which each would have gone by itself."""

    needs: tuple[Need, ...]
    triggered: tuple[int, ...]
    waits: Mapping[int, date] = field(default_factory=lambda: MappingProxyType({}))


def rule_named(name: str, margin: int) -> Rule:
    """``margin``: days before its last one on which a planned check goes by itself, where planned checks ride along."""
    return {"immediate": immediate, "earliest_due": earliest_due}.get(name) or riding(max(0, margin))


def trigger_day(need: Need, rule: Rule) -> date:
    """The day on which the need would bring a visit about by itself."""
    first = need.opens_from.toordinal()
    return date.fromordinal(rule(Window(first, max(first, need.due.toordinal()), need.planned)))


def going(needs: Iterable[Need], day: date, rule: Rule, *, now: datetime) -> Going | None:
    """The most pressing visit of one party on the day, None where nothing goes. A need that opens later is not known
    yet; what is left over goes another night, since a party has one live order."""
    known = [need for need in needs if need.opens_from.date() <= day]
    days = {need.id: trigger_day(need, rule) for need in known}
    if not days or min(days.values()) > day:
        return None
    for group in split(known, now=now):
        triggered = tuple(need.id for need in group if days[need.id] <= day)
        if triggered:
            waits = {need.id: days[need.id] for need in group if days[need.id] > day}
            return Going(group, triggered, MappingProxyType(waits))
    return None
