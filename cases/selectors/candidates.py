"""Parties and cases worth comparing with a case at triage: at most ``CANDIDATES`` of each, by cheap questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from django.db.models import Case as Case_
from django.db.models import IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.functions import StrIndex

from cases.models import Case, CaseComplaint, CaseStage, Complaint, HotlineOrder, QuotedNumber, Target
from cases.planner.likeness import CaseFacts
from teams.policies import Actor

CANDIDATES = 200
NEAR_DEGREES = 0.003  # about 330 m north-south and 260 m east-west at 38° N; the pure rule measures
REPEAT_DAYS = 90
_PAIRS_OF = 16


def party_candidates(
    case: Case, complaints: Sequence[Complaint], names: Sequence[str], places: Sequence[str], text: str
) -> dict[int, Target]:
    """Parties worth comparing, at most ``CANDIDATES``: named in the text, named alike, addressed alike, near."""
    register = Target.objects.filter(street=case.street_id, active=True, merged_into__isnull=True)
    ids: dict[int, None] = {}

    def take(rows: QuerySet[Target], count: int) -> None:
        ids.update(dict.fromkeys(rows.values_list("pk", flat=True)[:count]))

    if case.target_id:
        ids[case.target_id] = None
    take(register.filter(pk__in=[c.target_id for c in complaints if c.target_id]), 10)
    take(register.alias(at=StrIndex(Value(text), "name")).filter(at__gt=0).order_by("pk"), 40)
    for name in list(dict.fromkeys(names))[:4]:
        take(_alike(register, "name", name), 20)
        take(register.filter(Q(name__contains=name) | Q(aliases__contains=[name])).order_by("pk"), 10)
    for place in list(dict.fromkeys(places))[:3]:
        take(_alike(register, "address", place), 20)
    if case.lat is not None and case.lng is not None:
        take(register.filter(_near(case.lat, case.lng)).order_by("pk"), 80)
    chosen = list(ids)[:CANDIDATES]
    return {row.pk: row for row in register.filter(pk__in=chosen).annotate(last_case_at=Max("cases__opened_at"))}


def repeat_candidates(case: Case, facts: CaseFacts, actor: Actor) -> list[Case]:
    """Cases worth comparing, at most ``CANDIDATES``: tied by a number at any age, else of the last weeks: the same
    party, near, the same address, and the newest."""
    own = (
        Case.objects.visible_to(actor)
        .filter(street=case.street_id)
        .exclude(pk=case.pk)
        .exclude(stage__in=[CaseStage.JOINED, CaseStage.REJECTED])
    )
    lately = own.filter(opened_at__gte=case.opened_at - timedelta(days=REPEAT_DAYS))
    ids: dict[int, None] = {}

    def take(rows: QuerySet[Case], count: int) -> None:
        ids.update(dict.fromkeys(rows.order_by("-opened_at", "-pk").values_list("pk", flat=True)[:count]))

    if facts.quotes or facts.number:
        take(own.filter(pk__in=_tied(facts)), 40)
    if case.target_id:
        take(lately.filter(target=case.target_id), 40)
    if case.lat is not None and case.lng is not None:
        take(lately.filter(_near(case.lat, case.lng)), 60)
    if case.address:
        take(lately.filter(address=case.address), 30)
    take(lately, CANDIDATES)
    return list(own.filter(pk__in=list(ids)[:CANDIDATES]).select_related("category", "target"))


def _alike(register: QuerySet[Target], column: str, text: str) -> QuerySet[Target]:
    """Rows sharing the most pairs of characters with the text, half of its pairs at least.

    Not by trigrams of the database: they leave Chinese characters out where its character class is "C".
    """
    plain = "".join(text.split())[:_PAIRS_OF]
    pairs = list(dict.fromkeys(first + second for first, second in pairwise(plain)))
    if not pairs:
        return register.none()
    shared = sum(
        (
            Case_(When(**{f"{column}__contains": pair}, then=1), default=0, output_field=IntegerField())
            for pair in pairs
        ),
        start=Value(0),
    )
    return register.annotate(shared=shared).filter(shared__gte=(len(pairs) + 1) // 2).order_by("-shared", "pk")


def _tied(facts: CaseFacts) -> set[int]:
    """Cases that bear a quoted number, quote this one's or quote the same: by three index look-ups, whatever the
    database thinks of its tables."""
    numbers = [*facts.quotes, *([facts.number] if facts.number else [])]
    complaints = set(QuotedNumber.objects.filter(number__in=numbers).values_list("complaint_id", flat=True))
    complaints |= set(HotlineOrder.objects.filter(number__in=facts.quotes).values_list("complaint_id", flat=True))
    return set(CaseComplaint.objects.filter(complaint__in=complaints).values_list("case_id", flat=True))


def _near(lat: float, lng: float) -> Q:
    return Q(lat__range=(lat - NEAR_DEGREES, lat + NEAR_DEGREES), lng__range=(lng - NEAR_DEGREES, lng + NEAR_DEGREES))
