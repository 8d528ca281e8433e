"""Clues in triage: which wait, and what was said before by the same caller or about the same party."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.db.models import F, Q, TextField

from cases import flow
from cases.clock.moment import now
from cases.models import Case, CaseComplaint, CaseStage, Complaint
from cases.papers import address_of_building
from cases.policies import may
from cases.selectors.board import queue_rule
from cases.selectors.register import targets_visible
from cases.selectors.suggestions import SuggestedRepeat, suggest_repeats
from teams.models import Role
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

OFFICE = (Role.DISPATCHER, Role.OFFICE_HEAD)
LIKE = 0.4
"""From here on a case is worth showing to who takes a call."""
SHORTEST, SHORTEST_PLACE = 4, 2
EARLIER = 5


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier case and why it stands here."""

    case: Case
    same_caller: bool
    same_party: bool


_PHONES = Statement(
    lambda: (
        Complaint.objects.filter(case_links__case=Slot("case"), identity__isnull=False)
        .exclude(identity__phone_index="")
        .values_list("identity__phone_index", flat=True)
        .distinct()[:5]
    )
)


@for_readers
def _others(reader: Actor) -> tuple[Statement[Case], Statement[Case]]:
    """The newest other cases by the phone of a caller (one at a time: for a list the planner never keeps its plan), and
    of a party."""
    seen = Case.objects.visible_to(reader).exclude(pk=Slot("case")).exclude(stage=CaseStage.JOINED)
    seen = seen.select_related("category", "target").order_by("-opened_at", "-pk")
    street = Slot("street")
    phone = Slot("phone", TextField())
    called = CaseComplaint.objects.filter(complaint__identity__phone_index=phone, complaint__street=street)
    by_caller = seen.filter(street=street, pk__in=called.values("case"))
    return Statement(lambda: by_caller[:EARLIER]), Statement(lambda: seen.filter(target=Slot("target"))[:EARLIER])


def earlier_cases(case: Case, *, actor: Actor, target_id: int | None) -> list[Earlier]:
    """The newest earlier cases of the callers (by the blind index, and only for who may reveal identities) and of the
    party, at most ``EARLIER`` in all. Two queries, and one a caller."""
    by_caller, by_party = _others(actor)
    found: dict[int, Earlier] = {}
    if may(actor, "identity.reveal", street_id=case.street_id) and (phones := _PHONES(case=case.pk)):
        for phone in phones:
            for row in by_caller(case=case.pk, street=case.street_id, phone=phone):
                found[row.pk] = Earlier(row, True, target_id is not None and row.target_id == target_id)
    if target_id is not None:
        for row in by_party(case=case.pk, target=target_id):
            found.setdefault(row.pk, Earlier(row, False, True))
    return sorted(found.values(), key=lambda row: (row.case.opened_at, row.case.pk), reverse=True)[:EARLIER]


def waiting_ids(actor: Actor, *, size: int) -> list[int]:
    """Ids of the clues that wait for this actor's decision, the nearest deadline first. One query."""
    streets = list(actor.streets(*OFFICE))
    if len(streets) == 1:
        return _waiting(size, one=True)(street=streets[0])
    return _waiting(size, one=False)(streets=streets) if streets else []


@lru_cache(maxsize=8)
def _waiting(size: int, *, one: bool) -> Statement[int]:
    """Those of ``one`` street stand in an index in their order."""
    where = Q(street=Slot("street")) if one else Q(among("street_id", "streets"))
    rows = Case.objects.filter(where, queue_rule("triage")).order_by(F("due_at").asc(nulls_last=True), "pk")
    return Statement(lambda: rows.values_list("pk", flat=True)[:size])


def alike_open(
    *, actor: Actor, street_id: int, text: str, address: str = "", target_id: int | None = None, limit: int = 4
) -> list[SuggestedRepeat]:
    """Cases that what a caller says may repeat and that can still take the report, the likeliest first.

    The same comparison as at triage, on a case that is never written.
    """
    if len(text.strip()) < SHORTEST and not address.strip() and target_id is None:
        return []
    unwritten = Case(street_id=street_id, opened_at=now(), address=address.strip(), target_id=target_id)
    found = suggest_repeats(unwritten, text, actor=actor, limit=2 * limit)
    near = [row for row in found if row.score >= LIKE and row.case.stage in flow.BEFORE_VISIT]
    return near[:limit]


def addresses_like(*, actor: Actor, street_ids: list[int], text: str, limit: int = 8) -> list[str]:
    """Addresses of the register and of late cases on these streets that hold the text, shortest first."""
    words = text.strip()
    if len(words) < SHORTEST_PLACE or not street_ids:
        return []
    register = targets_visible(actor).filter(street_id__in=street_ids, address__icontains=words)
    found = list(register.values_list("address", flat=True).order_by("address").distinct()[:40])
    places = Case.objects.visible_to(actor).filter(street_id__in=street_ids, address__icontains=words)
    found += [address_of_building(row) for row in places.order_by("-pk").values_list("address", flat=True)[:20]]
    return sorted(dict.fromkeys(row for row in found if words in row), key=lambda row: (len(row), row))[:limit]
