"""Parties and cases worth comparing with a case at triage: at most ``CANDIDATES`` of each, by cheap questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import Case as Case_
from django.db.models import F, IntegerField, Max, Q, QuerySet, TextField, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from cases.models import Case, CaseComplaint, CaseStage, Complaint, HotlineOrder, QuotedNumber, Target
from cases.planner.likeness import CaseFacts
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

CANDIDATES = 200
NEAR_DEGREES = 0.003  # about 330 m north-south and 260 m east-west at 38° N; the pure rule measures
REPEAT_DAYS = 90
_PAIRS_OF = 15
_NO_PAIR = "\n\n"
"""Fills what a short name leaves over: no text that is compared holds it."""
_BOX: dict[str, Any] = {"lat__range": (Slot("south"), Slot("north")), "lng__range": (Slot("west"), Slot("east"))}


def _register() -> QuerySet[Target]:
    return Target.objects.filter(street=Slot("street"), active=True, merged_into__isnull=True)


def _parties(rule: Callable[[], Any], count: int) -> Statement[int]:
    return Statement(lambda: _register().filter(rule()).order_by("pk").values_list("pk", flat=True)[:count])


def _holds(column: str, slot: str) -> GreaterThan:
    return GreaterThan(StrIndex(F(column), Slot(slot, TextField())), 0)


def _alike(column: str) -> Statement[int]:
    """Rows sharing the most pairs of characters with a text.

    Not by trigrams of the database: they leave Chinese characters out where its character class is "C".
    """

    def ask() -> QuerySet[Target, int]:
        slots = [f"pair{n}" for n in range(_PAIRS_OF)]
        each = (Case_(When(_holds(column, slot), then=1), default=0, output_field=IntegerField()) for slot in slots)
        rows = _register().annotate(shared=sum(each, start=Value(0))).filter(shared__gte=Slot("least"))
        return rows.order_by("-shared", "pk").values_list("pk", flat=True)[:20]

    return Statement(ask)


_TOLD = _parties(lambda: among("id", "ids"), 10)
_NAMED = _parties(lambda: GreaterThan(StrIndex(Slot("text", TextField()), F("name")), 0), 40)
_CALLED = _parties(lambda: Q(_holds("name", "name")) | Q(aliases__contains=Slot("names")), 10)
_CLOSE = _parties(lambda: Q(**_BOX), 80)
_LIKE = {"name": _alike("name"), "address": _alike("address")}
_CHOSEN = Statement(lambda: _register().filter(among("id", "ids")).annotate(last_case_at=Max("cases__opened_at")))


def party_candidates(
    case: Case, complaints: Sequence[Complaint], names: Sequence[str], places: Sequence[str], text: str
) -> dict[int, Target]:
    """Parties worth comparing, at most ``CANDIDATES``: named in the text, named alike, addressed alike, near."""
    street = case.street_id
    ids: dict[int, None] = {}

    def take(asked: Statement[int], **values: Any) -> None:
        ids.update(dict.fromkeys(asked(street=street, **values)))

    def take_like(column: str, text: str) -> None:
        plain = "".join(text.split())[: _PAIRS_OF + 1]
        pairs = list(dict.fromkeys(first + second for first, second in pairwise(plain)))
        if pairs:
            told = {f"pair{n}": pair for n, pair in enumerate([*pairs, *[_NO_PAIR] * _PAIRS_OF][:_PAIRS_OF])}
            take(_LIKE[column], **told, least=(len(pairs) + 1) // 2)

    if case.target_id:
        ids[case.target_id] = None
    if told := [c.target_id for c in complaints if c.target_id]:
        take(_TOLD, ids=told)
    take(_NAMED, text=text)
    for name in list(dict.fromkeys(names))[:4]:
        take_like("name", name)
        take(_CALLED, name=name, names=[name])
    for place in list(dict.fromkeys(places))[:3]:
        take_like("address", place)
    if case.lat is not None and case.lng is not None:
        take(_CLOSE, **_box(case.lat, case.lng))
    return {row.pk: row for row in _CHOSEN(street=street, ids=list(ids)[:CANDIDATES])}


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
    numbers = [*facts.quotes, *([facts.number] if facts.number else [])]
    complaints = set(QuotedNumber.objects.filter(number__in=numbers).values_list("complaint_id", flat=True))
    complaints |= set(HotlineOrder.objects.filter(number__in=facts.quotes).values_list("complaint_id", flat=True))
    return set(CaseComplaint.objects.filter(complaint__in=complaints).values_list("case_id", flat=True))


def _box(lat: float, lng: float) -> dict[str, float]:
    return {
        "south": lat - NEAR_DEGREES,
        "north": lat + NEAR_DEGREES,
        "west": lng - NEAR_DEGREES,
        "east": lng + NEAR_DEGREES,
    }
