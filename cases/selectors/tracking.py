"""What residents may read: their own report by its private link, and parties by name while they report.

Nothing here names another complainant, a member of staff or a squad.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cases import flow
from cases.models import (
    Case,
    CaseStage,
    Complaint,
    Event,
    Feedback,
    File,
    FileState,
    LineKind,
    Order,
    Part,
    PartState,
    ResidentLine,
    Target,
    TargetKind,
)
from teams.models import Agency

FEWEST_LETTERS = 2
MOST_PARTIES = 6


@dataclass(frozen=True, slots=True)
class Matter:
    """One problem that a report is about, as far as its complainant may know.

    ``agencies``: who was at the spot on the latest visit. ``feedback`` is the reader's own rating of the latest
    closing; ``rateable``: the case is closed and that closing is not rated yet.
    """

    case_id: int
    stage: str
    disposition: str
    taken_up_at: datetime | None
    on_site_at: datetime | None
    ended_at: datetime | None
    agencies: list[Agency]
    transferred_to: str
    reworked: bool
    feedback: Feedback | None
    rateable: bool

    @property
    def ended(self) -> bool:
        return self.stage in flow.ENDED


@dataclass(frozen=True, slots=True)
class Tracked:
    """A report and what became of it. ``question``: the office's question that still waits for an answer."""

    complaint: Complaint
    matters: list[Matter]
    lines: list[ResidentLine]
    photos: list[File]
    question: ResidentLine | None

    @property
    def withdrawn(self) -> bool:
        return self.complaint.withdrawn_at is not None

    @property
    def withdrawable(self) -> bool:
        """The service says the last word; this decides whether the page offers it."""
        return not self.withdrawn and any(not matter.ended for matter in self.matters)

    @property
    def to_rate(self) -> Matter | None:
        """The first closed problem without a rating."""
        return None if self.withdrawn else next((matter for matter in self.matters if matter.rateable), None)


def track(token_hash: str) -> Tracked | None:
    """The report of a private link, None when no link has this hash."""
    complaint = Complaint.objects.filter(token_hash=token_hash).first() if token_hash else None
    if complaint is None:
        return None
    lines = list(complaint.lines.order_by("at", "pk"))
    cases = list(Case.objects.filter(complaint_links__complaint=complaint).order_by("pk"))
    photos = File.objects.filter(attachments__complaint=complaint).exclude(state=FileState.BROKEN)
    return Tracked(
        complaint=complaint,
        matters=[_matter(case, complaint) for case in cases],
        lines=lines,
        photos=list(photos.order_by("attachments__pk")),
        question=_open_question(lines) if any(case.stage == CaseStage.ASKING for case in cases) else None,
    )


def parties_named(words: str) -> list[Target]:
    """Businesses and sites whose name, other name or address holds the words: at most six, shortest name first.

    Fewer than two letters find nothing: nobody reads the register through this.
    """
    text = words.replace("\0", "").strip()[:80]
    if len(text) < FEWEST_LETTERS:
        return []
    found = Target.objects.filter(
        Q(name__icontains=text) | Q(address__icontains=text) | Q(aliases__contains=[text]),
        active=True,
        merged_into__isnull=True,
        kind__in=[TargetKind.BUSINESS, TargetKind.SITE],
    ).only("pk", "name", "address")[:60]
    return sorted(found, key=lambda party: (text not in party.name, len(party.name), party.pk))[:MOST_PARTIES]


def _open_question(lines: list[ResidentLine]) -> ResidentLine | None:
    """The last question, unless the resident wrote after it."""
    for line in reversed(lines):
        if line.kind == LineKind.ANSWER:
            return None
        if line.kind == LineKind.QUESTION:
            return line
    return None


def _matter(case: Case, complaint: Complaint) -> Matter:
    feedback = Feedback.objects.filter(complaint=complaint, case=case).first()
    rated = feedback is not None and (case.closed_at is None or feedback.at >= case.closed_at)
    order = (
        Order.objects.filter(
            need_links__need__case=case, need_links__released_at__isnull=True, on_scene_at__isnull=False
        )
        .order_by("-on_scene_at", "-pk")
        .first()
    )
    taken_up = Event.objects.filter(case=case, kind="case.accepted").order_by("seq").values_list("at", flat=True)
    return Matter(
        case_id=case.pk,
        stage=case.stage,
        disposition=case.disposition,
        taken_up_at=taken_up.first(),
        on_site_at=order.on_scene_at if order else None,
        ended_at=(case.closed_at or case.stage_at) if case.stage in flow.ENDED else None,
        agencies=_agencies(order) if order else [],
        transferred_to=case.transferred_to,
        reworked=case.rework_count > 0,
        feedback=feedback,
        rateable=case.stage == CaseStage.CLOSED and not rated,
    )


def _agencies(order: Order) -> list[Agency]:
    """Agencies that were there, each once, the leading one first."""
    there = Part.objects.filter(order=order, state__in=[PartState.ON_SCENE, PartState.DONE]).select_related("agency")
    return list({part.agency_id: part.agency for part in there}.values())
