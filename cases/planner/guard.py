"""What speaks against a visit that nobody waits for: too soon, too often, not without a clue, checked already.

A visit that somebody waits for (a complaint, a recheck, a finding) happens anyway: only what rides along with it is
asked whether it was checked already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from cases.law.notes import Note


class Guard(StrEnum):
    """What may speak against a visit; the note's code is ``guard_`` with the value."""

    COOLING_OFF = "cooling_off"
    YEARLY_CAP = "yearly_cap"
    NO_DISTURB = "no_disturb"
    RECOGNISED = "recognised"


@dataclass(frozen=True, slots=True)
class GuardRule:
    """The office's numbers. ``refuses``: what needs a written reason; the others are only told. ``yearly_cap`` None:
    none; ``counts``: kinds of inspection that count toward it. 0 days switch a rule off."""

    cooling_off_days: int = 14
    recognition_days: int = 90
    recognition_days_key: int = 30
    yearly_cap: int | None = None
    counts: frozenset[str] = frozenset({"routine", "special"})
    refuses: frozenset[str] = frozenset({Guard.YEARLY_CAP, Guard.NO_DISTURB, Guard.RECOGNISED})


@dataclass(frozen=True, slots=True)
class Past:
    """An inspection that took place."""

    on: date
    kind: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An item of a planned check and the day on which anybody checked the same last."""

    item: int
    on: date
    key: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """``notes``: what speaks against it; ``recognised``: items with the day they were checked on; ``needs_reason``."""

    notes: tuple[Note, ...] = ()
    recognised: dict[int, date] = field(default_factory=dict)
    needs_reason: bool = False


def guard(
    on: date,
    *,
    awaited: bool,
    kind: str,
    undisturbed: bool,
    past: Iterable[Past],
    checked: Sequence[Checked],
    rule: GuardRule,
) -> Guarded:
    """What speaks against a visit of this kind on the day. ``awaited``: somebody waits for one of its needs;
    ``undisturbed``: the party is on the no-disturb list that day."""
    notes: list[Note] = []
    if not awaited:
        notes += _visits(on, kind, list(past), rule)
        if undisturbed:
            notes.append(Note("guard_no_disturb"))
    recognised = {one.item: one.on for one in checked if one.on <= on <= _until(one, rule)}
    if recognised:
        until = max(_until(one, rule) for one in checked if one.item in recognised)
        facts = {"count": len(recognised), "visit": max(recognised.values()).isoformat(), "until": until.isoformat()}
        notes.append(Note("guard_recognised", facts))
    return Guarded(tuple(notes), recognised, any(note.code.removeprefix("guard_") in rule.refuses for note in notes))


def _visits(on: date, kind: str, past: Sequence[Past], rule: GuardRule) -> list[Note]:
    notes: list[Note] = []
    before = [one.on for one in past if one.on <= on]
    if before and on < (free := max(before) + timedelta(days=rule.cooling_off_days)):
        facts = {"visit": max(before).isoformat(), "days": rule.cooling_off_days, "until": free.isoformat()}
        notes.append(Note("guard_cooling_off", facts))
    if rule.yearly_cap is not None and kind in rule.counts:
        used = sum(one.kind in rule.counts and one.on.year == on.year for one in past)
        if used >= rule.yearly_cap:
            notes.append(Note("guard_yearly_cap", {"used": used, "most": rule.yearly_cap, "year": on.year}))
    return notes


def _until(one: Checked, rule: GuardRule) -> date:
    """The last day on which it counts as checked."""
    return one.on + timedelta(days=(rule.recognition_days_key if one.key else rule.recognition_days) - 1)
