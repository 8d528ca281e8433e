"""Clues in triage: which wait, and what was said before by the same caller or about the same party."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from cases import flow
from cases.clock.moment import now
from cases.models import Case, CaseStage, Complaint
from cases.papers import address_of_building
from cases.policies import may
from cases.selectors.board import queue_rule
from cases.selectors.register import targets_visible
from cases.selectors.suggestions import SuggestedRepeat, suggest_repeats
from teams.models import Role
from teams.policies import Actor

OFFICE = (Role.DISPATCHER, Role.OFFICE_HEAD)
LIKE = 0.4
"""From here on a case is worth showing to who takes a call."""
SHORTEST, SHORTEST_PLACE = 4, 2


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier case and why it stands here."""

    case: Case
    same_caller: bool
    same_party: bool


def earlier_cases(case: Case, *, actor: Actor, target_id: int | None, limit: int = 5) -> list[Earlier]:
    """The newest earlier cases of the callers (by the blind index, and only for who may reveal identities) and of the
    party, at most ``limit`` in all. Two or three queries."""
    others = Case.objects.visible_to(actor).exclude(pk=case.pk).exclude(stage=CaseStage.JOINED)
    others = others.select_related("category", "target").order_by("-opened_at", "-pk")
    found: dict[int, Earlier] = {}
    if may(actor, "identity.reveal", street_id=case.street_id):
        indexes = list(
            Complaint.objects.filter(case_links__case=case, identity__isnull=False)
            .exclude(identity__phone_index="")
            .values_list("identity__phone_index", flat=True)
            .distinct()[:5]
        )
        if indexes:
            complaints = Complaint.objects.filter(identity__phone_index__in=indexes, street_id=case.street_id)
            by_caller = others.filter(street_id=case.street_id, complaint_links__complaint__in=complaints.values("pk"))
            for row in by_caller.distinct()[:limit]:
                found[row.pk] = Earlier(row, True, target_id is not None and row.target_id == target_id)
    if target_id is not None:
        for row in others.filter(target_id=target_id)[:limit]:
            found.setdefault(row.pk, Earlier(row, False, True))
    return sorted(found.values(), key=lambda row: (row.case.opened_at, row.case.pk), reverse=True)[:limit]


def waiting_ids(actor: Actor, *, size: int) -> list[int]:
    """Ids of the clues that wait for this actor's decision, the nearest deadline first. One query."""
    rows = Case.objects.filter(queue_rule("triage"), street_id__in=actor.streets(*OFFICE))
    return list(rows.order_by(F("due_at").asc(nulls_last=True), "pk").values_list("pk", flat=True)[:size])


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
