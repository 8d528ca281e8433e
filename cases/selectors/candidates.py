"""Parties and cases worth comparing with a case at triage: at most ``CANDIDATES`` of each, by cheap questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from cases.models import (
    Case,
    CaseComplaint,
    CaseStage,
    Complaint,
    HotlineOrder,
    QuotedNumber,
    Target,
)
from cases.planner.likeness import CaseFacts
from cases.selectors.lookups import alike, holds, keyed, pairs_of, pieces_of, register, stands_in
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

CANDIDATES = 200
NEAR_DEGREES = 0.003  # about 330 m north-south and 260 m east-west at 38° N; the pure rule measures
REPEAT_DAYS = 90
_BOX: dict[str, Any] = {"lat__range": (Slot("south"), Slot("north")), "lng__range": (Slot("west"), Slot("east"))}


def _of_street() -> QuerySet[Target]:
    return register().filter(street=Slot("street"))


def _oldest(rows: QuerySet[Target], count: int) -> QuerySet[Target, int]:
    """By a sum: the key's own order would tempt the planner to walk through the whole register."""
    return rows.order_by(F("pk") + 0).values_list("pk", flat=True)[:count]


_TOLD = Statement(lambda: _oldest(_of_street().filter(among("id", "ids")), 10))
_NAMED = Statement(lambda: _oldest(_of_street().filter(stands_in("text")), 40))
_CALLED = Statement(
    lambda: _oldest(register().filter(Q(keyed("keys")) & Q(holds("name", "name")) | Q(keyed("whole"))), 10)
)
_HOLDING = Statement(
    lambda: _oldest(_of_street().filter(Q(holds("name", "name")) | Q(aliases__contains=Slot("names"))), 10)
)
_CLOSE = Statement(lambda: _oldest(_of_street().filter(**_BOX), 80))
_CHOSEN = Statement(
    lambda: (
        _of_street()
        .filter(among("id", "ids"))
        .annotate(
            last=Subquery(Case.objects.filter(target=OuterRef("pk")).order_by("-opened_at").values("opened_at")[:1])
        )
        .values_list("pk", "name", "aliases", "address", "lat", "lng", "last")
    )
)


class Party(NamedTuple):
    """What a comparison needs of a party: five of two hundred are shown."""

    pk: int
    name: str
    aliases: list[str]
    address: str
    lat: float | None
    lng: float | None
    last_case_at: datetime | None


def party_candidates(
    case: Case, complaints: Sequence[Complaint], names: Sequence[str], places: Sequence[str], text: str
) -> dict[int, Party]:
    """Parties worth comparing, at most ``CANDIDATES``: named in the text, named alike, addressed alike, near."""
    street = case.street_id
    ids: dict[int, None] = {}

    def take(found: list[int]) -> None:
        ids.update(dict.fromkeys(found))

    if case.target_id:
        ids[case.target_id] = None
    if told := [c.target_id for c in complaints if c.target_id]:
        take(_TOLD(street=street, ids=told))
    take(_NAMED(street=street, text=text, pieces=pieces_of(text)))
    for name in list(dict.fromkeys(names))[:4]:
        take(alike(street, "name", name))
        take(_called(street, name))
    for place in list(dict.fromkeys(places))[:3]:
        take(alike(street, "address", place))
    if case.lat is not None and case.lng is not None:
        take(_CLOSE(street=street, **_box(case.lat, case.lng)))
    return {row[0]: Party(*row) for row in _CHOSEN(street=street, ids=list(ids)[:CANDIDATES])}


def _called(street: int, name: str) -> list[int]:
    """The oldest parties with the name, in a longer one too, or with such another name."""
    if keys := [f"{street}n{pair}" for pair in pairs_of(name)]:
        return _CALLED(name=name, keys=keys, whole=[f"{street}={name}"])
    return _HOLDING(street=street, name=name, names=[name])  # a single sign has no pair to be looked up by


class Earlier(NamedTuple):
    """What a comparison needs of a case: its rows are wide, and only a few of two hundred are shown."""

    pk: int
    opened_at: datetime
    target_id: int | None
    category: str | None
    address: str
    lat: float | None
    lng: float | None
    title: str


@for_readers
def _earlier(reader: Actor) -> Mapping[str, Statement[Any]]:
    own = (
        Case.objects.visible_to(reader)
        .filter(street=Slot("street"))
        .exclude(pk=Slot("case"))
        .exclude(stage__in=[CaseStage.JOINED, CaseStage.REJECTED])
    )
    lately = own.filter(opened_at__gte=Slot("since"))

    def newest(rows: QuerySet[Case], count: int) -> Statement[Any]:
        narrow = rows.order_by("-opened_at", "-pk").values_list(
            "pk", "opened_at", "target_id", "category__code", "address", "lat", "lng", "title"
        )
        return Statement(lambda: narrow[:count])

    return {
        "tied": newest(own.filter(among("id", "tied")), 40),
        "party": newest(lately.filter(target=Slot("target")), 40),
        "near": newest(lately.filter(**_BOX), 60),
        "address": newest(lately.filter(address=Slot("address")), 30),
        "newest": newest(lately, CANDIDATES),
    }


def repeat_candidates(case: Case, facts: CaseFacts, actor: Actor) -> list[Earlier]:
    """Cases worth comparing, at most ``CANDIDATES``: tied by a number at any age, else of the last weeks: the same
    party, near, the same address, and the newest."""
    found: dict[int, Earlier] = {}
    asked = _earlier(actor)
    place = {"street": case.street_id, "case": case.pk or 0}
    late = {**place, "since": case.opened_at - timedelta(days=REPEAT_DAYS)}

    def take(which: str, **values: Any) -> None:
        for row in asked[which](**values):
            found.setdefault(row[0], Earlier(*row))

    if facts.quotes or facts.number:
        tied = _tied(facts)
        if tied:
            take("tied", **place, tied=list(tied))
    if case.target_id:
        take("party", **late, target=case.target_id)
    if case.lat is not None and case.lng is not None:
        take("near", **late, **_box(case.lat, case.lng))
    if case.address:
        take("address", **late, address=case.address)
    take("newest", **late)
    return list(found.values())[:CANDIDATES]


def _tied(facts: CaseFacts) -> set[int]:
    """Cases that bear a quoted number, quote this one's or quote the same: by three index look-ups, whatever the
    database thinks of its tables."""
    complaints = set(_QUOTING(numbers=[*facts.quotes, *([facts.number] if facts.number else [])]))
    if facts.quotes:
        complaints |= set(_NUMBERED(numbers=list(facts.quotes)))
    return set(_CASES_OF(complaints=list(complaints))) if complaints else set()


_QUOTING = Statement(
    lambda: QuotedNumber.objects.filter(among("number", "numbers")).values_list("complaint_id", flat=True)
)
_NUMBERED = Statement(
    lambda: HotlineOrder.objects.filter(among("number", "numbers")).values_list("complaint_id", flat=True)
)
_CASES_OF = Statement(
    lambda: CaseComplaint.objects.filter(among("complaint_id", "complaints")).values_list("case_id", flat=True)
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a case's complaints say: the first one's words, a hotline number of its own, the numbers they quote."""

    text: str = ""
    number: str = ""
    quotes: tuple[str, ...] = ()


_LINKED = Statement(
    lambda: (
        CaseComplaint.objects.filter(among("case_id", "cases")).order_by("pk").values_list("case_id", "complaint_id")
    )
)
_TEXTS_OF = Statement(lambda: Complaint.objects.filter(among("id", "complaints")).values_list("pk", "text"))
_NUMBERS = Statement(
    lambda: HotlineOrder.objects.filter(among("complaint_id", "complaints")).values_list("complaint_id", "number")
)
_QUOTES = Statement(
    lambda: QuotedNumber.objects.filter(among("complaint_id", "complaints")).values_list("complaint_id", "number")
)


def said_of(case_ids: Iterable[int]) -> dict[int, Said]:
    """Four look-ups by index in one table each: a join over some hundred ids is planned badly on young tables."""
    of_case: dict[int, list[int]] = {}
    cases = list(case_ids)
    for case_id, complaint_id in _LINKED(cases=cases) if cases else ():
        of_case.setdefault(case_id, []).append(complaint_id)
    if not of_case:
        return {}
    every = [pk for complaints in of_case.values() for pk in complaints]
    texts = dict(_TEXTS_OF(complaints=[complaints[0] for complaints in of_case.values()]))
    numbers = dict(_NUMBERS(complaints=every))
    quotes: dict[int, list[str]] = {}
    for complaint_id, number in _QUOTES(complaints=every):
        quotes.setdefault(complaint_id, []).append(number)
    return {
        case_id: Said(
            text=texts.get(complaints[0], ""),
            number=next((numbers[pk] for pk in complaints if pk in numbers), ""),
            quotes=tuple(dict.fromkeys(number for pk in complaints for number in quotes.get(pk, ()))),
        )
        for case_id, complaints in of_case.items()
    }


def _box(lat: float, lng: float) -> dict[str, float]:
    return {
        "south": lat - NEAR_DEGREES,
        "north": lat + NEAR_DEGREES,
        "west": lng - NEAR_DEGREES,
        "east": lng + NEAR_DEGREES,
    }
