"""Who may inspect: two officers with valid certificates, for every agency whose items are checked.

Source: Administrative Penalty Law 2021 art. 42 and 55; recusal art. 43. Auxiliary staff, grid workers and
laboratories never inspect: a grid worker reports, an officer inspects, a laboratory tests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.law.notes import Note

OFFICERS_NEEDED = 2


class OfficerKind(StrEnum):
    OFFICER = "officer"
    AUXILIARY = "auxiliary"
    GRID_WORKER = "grid_worker"
    LABORATORY = "laboratory"


@dataclass(frozen=True, slots=True)
class Certificate:
    """An enforcement certificate, valid on both its days, in the name of one agency."""

    number: str
    agency: str
    valid_from: date
    valid_until: date
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class OfficerFacts:
    """A member of the visit; `agency` is the one in whose name they act."""

    id: int
    agency: str
    kind: OfficerKind
    certificates: tuple[Certificate, ...] = ()
    recused: bool = False


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An agency that may not inspect, how many officers count, and why each other one does not."""

    agency: str
    have: int
    needed: int
    notes: tuple[Note, ...]


def eligible(
    officers: Sequence[OfficerFacts], agencies: Iterable[str], on: date, *, needed: int = OFFICERS_NEEDED
) -> list[Shortfall]:
    """What stands in the way of an inspection `on` a day: a shortfall per agency, none when it may begin.

    A person counts once and for one agency only, however often they are listed.
    """
    found: list[Shortfall] = []
    for agency in sorted(set(agencies)):
        counting: set[int] = set()
        notes: list[Note] = []
        for officer in officers:
            if officer.agency != agency:
                continue
            if (why_not := counts_for(officer, agency, on)) is None:
                counting.add(officer.id)
            else:
                notes.append(why_not)
        if len(counting) < needed:
            missing: dict[str, object] = {"agency": agency, "have": len(counting), "needed": needed}
            notes.insert(0, Note("officers_missing", missing))
            found.append(Shortfall(agency, len(counting), needed, tuple(notes)))
    return found


def counts_for(officer: OfficerFacts, agency: str, on: date) -> Note | None:
    """None when the person counts for the agency on that day, else the reason."""
    who: dict[str, object] = {"officer": officer.id, "agency": agency}
    if officer.agency != agency:
        return Note("officer_of_another_agency", who)
    if officer.kind is not OfficerKind.OFFICER:
        return Note(f"officer_is_{officer.kind.value}", who)
    if officer.recused:
        return Note("officer_recused", who)
    own = [certificate for certificate in officer.certificates if certificate.agency == agency]
    if not own:
        return Note("certificate_missing", who)
    if any(c.valid_from <= on <= c.valid_until and not c.revoked for c in own):
        return None
    latest = max(own, key=lambda certificate: certificate.valid_until)
    who["number"] = latest.number
    if latest.revoked:
        return Note("certificate_revoked", who)
    if on < latest.valid_from:
        return Note("certificate_not_yet_valid", who | {"on": latest.valid_from.isoformat()})
    return Note("certificate_expired", who | {"on": latest.valid_until.isoformat()})
