"""The ladder (首违不罚, 次违轻罚, 从严): first violation exempt, second lenient, then strict.

Source: Administrative Penalty Law 2021 art. 33 (a first **and** slight violation, corrected in time, **may**
go unpunished; education is mandatory) and the offices' practice for the bands. The system proposes; an
officer of the competent agency decides and gives the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.law.notes import Note


class Step(StrEnum):
    FIRST_EXEMPT = "first_exempt"
    SECOND_LENIENT = "second_lenient"
    STRICT = "strict"


class Band(StrEnum):
    """Where in the discretion standard to look; the amount is the standard's and the officer's."""

    NONE = "none"
    LOW = "low"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Violation:
    """An earlier violation of the same party. `corrected` is what the recheck found."""

    clause_group: str
    on: date
    confirmed: bool
    corrected: bool


@dataclass(frozen=True, slots=True)
class Conduct:
    """What is to be ruled on; None means that nobody has said yet."""

    clause_group: str
    on: date
    slight: bool | None = None
    corrected: bool | None = None
    key_area: bool = False
    vulnerable: bool = False


@dataclass(frozen=True, slots=True)
class LadderRule:
    """The office's ladder. Defaults: DOMAIN §4, two years, to be confirmed by the office's lawyers."""

    look_back_years: int = 2
    lenient_after: int = 1
    strict_after: int = 2
    source: str = "Administrative Penalty Law 2021 art. 33"

    def __post_init__(self) -> None:
        if not 1 <= self.lenient_after < self.strict_after or self.look_back_years < 0:
            raise ValueError("the ladder's steps are out of order")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the ladder proposes. `exempt` only when every condition of exemption is known to be met."""

    step: Step
    band: Band
    exempt: bool
    education: bool
    prior: int
    notes: tuple[Note, ...]
    source: str


def propose(conduct: Conduct, history: Iterable[Violation], rule: LadderRule | None = None) -> Proposal:
    """Count confirmed violations of the same clause group in the look-back window and name the step.

    `history` holds violations of the same party; those on or after the day of the conduct are not earlier.
    """
    rule = rule or LadderRule()
    since = _years_before(conduct.on, rule.look_back_years)
    same = [v for v in history if v.clause_group == conduct.clause_group and v.on < conduct.on]
    counted = [v for v in same if v.confirmed and v.on >= since]
    prior = len(counted)
    window: dict[str, object] = {"count": prior, "years": rule.look_back_years, "since": since.isoformat()}
    notes = [Note("ladder_prior", window)]
    if outside := sum(v.confirmed and v.on < since for v in same):
        notes.append(Note("ladder_outside_window", {"count": outside}))
    if unconfirmed := sum(not v.confirmed for v in same):
        notes.append(Note("ladder_unconfirmed", {"count": unconfirmed}))

    exempt = False
    if prior < rule.lenient_after:
        step, exempt = _first(conduct, notes)
    elif prior < rule.strict_after:
        step = Step.SECOND_LENIENT
    else:
        step = _later(conduct, counted, notes)
    if conduct.vulnerable:
        notes.append(Note("ladder_vulnerable"))
    band = {Step.FIRST_EXEMPT: Band.NONE, Step.SECOND_LENIENT: Band.LOW, Step.STRICT: Band.UPPER}[step]
    return Proposal(step, band, exempt, True, prior, tuple(notes), rule.source)


def _first(conduct: Conduct, notes: list[Note]) -> tuple[Step, bool]:
    """A first violation: exempt unless a condition of art. 33 fails; unknown conditions are asked for."""
    step = Step.FIRST_EXEMPT
    if conduct.key_area:
        notes.append(Note("ladder_key_area"))
        step = Step.SECOND_LENIENT
    for known, failed, asked in (
        (conduct.slight, "ladder_not_slight", "ladder_slight_unknown"),
        (conduct.corrected, "ladder_not_corrected", "ladder_corrected_unknown"),
    ):
        if known is False:
            notes.append(Note(failed))
            step = Step.SECOND_LENIENT
        elif known is None and not conduct.key_area:
            notes.append(Note(asked))
    exempt = step is Step.FIRST_EXEMPT and conduct.slight is True and conduct.corrected is True
    return step, exempt


def _later(conduct: Conduct, counted: list[Violation], notes: list[Note]) -> Step:
    """Strict, unless every earlier violation and this one were corrected."""
    uncorrected = sum(not v.corrected for v in counted)
    if uncorrected == 0 and conduct.corrected is True:
        notes.append(Note("ladder_always_corrected"))
        return Step.SECOND_LENIENT
    notes.append(Note("ladder_uncorrected", {"count": uncorrected}))
    return Step.STRICT


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
