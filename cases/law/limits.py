"""Measured values against limits, day and night, and the ceiling of the summary procedure.

Tables come in as data with their own source; what stands here as a default names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from cases.law.notes import Note

Period = Literal["day", "night"]
PartyKind = Literal["citizen", "organisation"]


class Comparator(StrEnum):
    """How a value must stand to its limit in order to conform."""

    LE = "le"
    LT = "lt"
    GE = "ge"
    GT = "gt"
    EQ = "eq"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by` is how far the value lies beyond the limit, in the value's unit; 0 when it conforms.

    A value that equals a strict limit does not conform although it is 0 beyond it.
    """

    conforms: bool
    by: Decimal


def judge(value: Decimal, limit: Decimal, comparator: Comparator = Comparator.LE) -> Verdict:
    """Compare without rounding. ValueError for values that are not finite."""
    if not (value.is_finite() and limit.is_finite()):
        raise ValueError("a measured value is a number")
    match comparator:
        case Comparator.LE:
            conforms = value <= limit
        case Comparator.LT:
            conforms = value < limit
        case Comparator.GE:
            conforms = value >= limit
        case Comparator.GT:
            conforms = value > limit
        case Comparator.EQ:
            conforms = value == limit
    return Verdict(conforms, Decimal(0) if conforms else abs(value - limit))


@dataclass(frozen=True, slots=True)
class NightWindow:
    """Night hours, [start, end), may run over midnight.

    Default 22:00-06:00: Noise Pollution Prevention Law 2021 art. 88, GB 22337.
    """

    start: time = time(22)
    end: time = time(6)
    tz: ZoneInfo = field(default=ZoneInfo("Asia/Shanghai"))


def night(at: datetime, window: NightWindow | None = None) -> bool:
    """Whether the moment lies in the night."""
    window = window or NightWindow()
    clock = at.astimezone(window.tz).time()
    if window.start <= window.end:
        return window.start <= clock < window.end
    return clock >= window.start or clock < window.end


def period(at: datetime, window: NightWindow | None = None) -> Period:
    """ "day" or "night", as limit tables are keyed."""
    return "night" if night(at, window) else "day"


class UnknownZone(LookupError):
    """The table has no limit for the zone: nobody may judge without one."""


def noise_limit(
    table: Mapping[tuple[str, str], Decimal], zone: str, at: datetime, window: NightWindow | None = None
) -> Decimal:
    """The limit for a zone at a moment, dB(A), from a table keyed by (zone, "day" or "night")."""
    try:
        return table[zone, period(at, window)]
    except KeyError:
        raise UnknownZone(f"no limit for zone {zone!r}") from None


@dataclass(frozen=True, slots=True)
class SummaryCeiling:
    """Highest fines of the summary procedure, yuan."""

    citizen: Decimal
    organisation: Decimal
    source: str


SUMMARY_CEILING = SummaryCeiling(Decimal(200), Decimal(3000), source="Administrative Penalty Law 2021 art. 51")


def summary_allowed(amount: Decimal, party: PartyKind, ceiling: SummaryCeiling = SUMMARY_CEILING) -> Note | None:
    """None when a fine (0: a warning) may be given on the spot, else the reason."""
    highest = ceiling.citizen if party == "citizen" else ceiling.organisation
    if amount <= highest:
        return None
    facts: dict[str, object] = {"amount": str(amount), "ceiling": str(highest), "source": ceiling.source}
    return Note("above_summary_ceiling", facts)
