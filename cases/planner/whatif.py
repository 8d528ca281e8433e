"""The same needs lived through under another rule, another margin or longer windows of planned checks.

Families are needs that may share visits: one party's, announced or not, those that stay alone by themselves. Days are
integers whose rest by seven is 1 on a Monday, as of ``date.toordinal``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cases.planner.night import rule_named
from cases.planner.replay import Asked, Outcome, apart, by_due, live_with, lived_sum, one_by_one
from cases.planner.trigger import Rule, Window, earliest_due, immediate

Families = Sequence[Sequence[Asked]]
MARGINS = range(22)
WINDOWS = (None, 30, 60, 90)
"""Days of a planned check; None: as its plan says."""


class Way(StrEnum):
    """How visits come about: the three baselines, then the rules that go together."""

    A = "a"
    B1 = "b1"
    B2 = "b2"
    IMMEDIATE = "immediate"
    RIDING = "riding"
    WEEKLY = "weekly"
    WAIT = "wait"


BASELINES = (Way.A, Way.B1, Way.B2)
RULES = (Way.RIDING, Way.IMMEDIATE, Way.WEEKLY, Way.WAIT)
NIGHTLY: Mapping[Way, str] = {
    Way.RIDING: "riding",
    Way.IMMEDIATE: "immediate",
    Way.WEEKLY: "weekly",
    Way.WAIT: "earliest_due",
}
"""What the office's setting calls them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """``margin`` counts under ``RIDING`` and ``WEEKLY``, ``weekday`` (0 Monday) under ``WEEKLY``; ``a_day``: parties
    visited on a day at most, None without a limit; ``window``: one of ``WINDOWS``."""

    rule: Way = Way.RIDING
    margin: int = 5
    window: int | None = None
    weekday: int = 2
    a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """``ways`` side by side under the choice; ``margins`` of riding, ``windows`` under the chosen rule; ``planned``
    of ``asked`` needs nobody waits for."""

    ways: Mapping[Way, Outcome]
    margins: Mapping[int, Outcome]
    windows: Mapping[int | None, Outcome]
    asked: int
    planned: int


def what_if(families: Families, choice: Choice) -> Told:
    """Some thirty replays."""
    families = [list(family) for family in families]
    present = widened(families, choice.window)
    ways = {way: outcome(present, way, choice) for way in Way}
    margins = {
        margin: ways[Way.RIDING]
        if margin == choice.margin
        else outcome(present, Way.RIDING, replace(choice, margin=margin))
        for margin in MARGINS
    }
    windows = {
        window: ways[choice.rule]
        if window == choice.window
        else outcome(widened(families, window), choice.rule, choice)
        for window in WINDOWS
    }
    return Told(
        ways,
        margins,
        windows,
        asked=sum(map(len, families)),
        planned=sum(need.window.planned for family in families for need in family),
    )


def outcome(families: Families, way: Way, choice: Choice) -> Outcome:
    """The needs lived through one way. The limit of a day holds for every way alike."""
    groups: Families = families
    if way == Way.A:
        groups = [one for family in families for one in one_by_one(family)]
    elif way in BASELINES:
        groups = [one for family in families for one in apart(family)]
    rule = _rule(way, choice)
    if choice.a_day is None:
        return lived_sum(groups, rule)
    return live_with(groups, rule, a_day=choice.a_day, first=by_due)


def widened(families: Families, window: int | None) -> Families:
    """Planned checks open for so many days from their first one; None: as they are."""
    if window is None:
        return families
    return [[_wide(need, window) if need.window.planned else need for need in family] for family in families]


def _wide(need: Asked, days: int) -> Asked:
    return need._replace(window=Window(need.window.r, need.window.r + days - 1, planned=True))


def _rule(way: Way, choice: Choice) -> Rule:
    """Of the ways that go together the very rule by which the night plan goes."""
    if way in BASELINES:
        return earliest_due if way == Way.B2 else immediate
    return rule_named(NIGHTLY[way], choice.margin, choice.weekday)
