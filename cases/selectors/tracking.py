"""What residents may read of their own report, by its private link.

Nothing here names another complainant, a member of staff or a squad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import constant_time_compare

from cases import flow
from cases.models import (
    Case,
    CaseStage,
    Category,
    Complaint,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Event,
    Feedback,
    File,
    FileState,
    LineKind,
    Order,
    Part,
    PartState,
    ResidentLine,
)
from teams.models import Agency


@dataclass(frozen=True, slots=True)
class Matter:
    """One problem that a report is about, as far as its complainant may know.

    ``agencies``: who was at the spot on the latest visit. ``due``: until when, by kind of deadline, as far as a clock
    of the office or a rectification runs; never of a visit to come: the party must not learn it here.
    ``feedback`` is the reader's own rating of the latest closing; ``rateable``: closed, and that closing not rated yet.
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
    category: Category | None
    due: Mapping[str, datetime]

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
    return _tracked(complaint) if complaint else None


def track_by_phone(reference: str, tail: str) -> Tracked | None:
    """The report with this reference when the phone left with it ends on these four digits; else None, whatever the
    cause. The caller counts the tries and shows less than a private link does."""
    complaint = Complaint.objects.select_related("identity").filter(reference=reference).first()
    known = complaint.identity if complaint and complaint.token_hash else None
    masked = known.masked_phone if known and known.erased_at is None else ""
    right = constant_time_compare(masked[-_TAIL:].rjust(_TAIL, "*"), tail)
    return _tracked(complaint) if complaint and right and len(tail) == _TAIL and tail.isdigit() else None


_TAIL = 4


def _tracked(complaint: Complaint) -> Tracked:
    lines = list(complaint.lines.order_by("at", "pk"))
    cases = list(Case.objects.filter(complaint_links__complaint=complaint).select_related("category").order_by("pk"))
    photos = File.objects.filter(attachments__complaint=complaint).exclude(state=FileState.BROKEN)
    return Tracked(
        complaint=complaint,
        matters=[_matter(case, complaint) for case in cases],
        lines=lines,
        photos=list(photos.order_by("attachments__pk")),
        question=_open_question(lines) if any(case.stage == CaseStage.ASKING for case in cases) else None,
    )


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
    been = list(
        Order.objects.filter(
            need_links__need__case=case, need_links__released_at__isnull=True, on_scene_at__isnull=False
        ).order_by("on_scene_at", "pk")
    )
    # The latest: after a rework it is the second time that says since when the office is at it.
    taken_up = Event.objects.filter(case=case, kind__in=["case.accepted", "case.rework"]).order_by("-seq")
    return Matter(
        case_id=case.pk,
        stage=case.stage,
        disposition=case.disposition,
        taken_up_at=taken_up.values_list("at", flat=True).first(),
        on_site_at=been[-1].on_scene_at if been else None,
        ended_at=(case.closed_at or case.stage_at) if case.stage in flow.ENDED else None,
        agencies=_agencies(been),
        transferred_to=case.transferred_to,
        reworked=case.rework_count > 0,
        feedback=feedback,
        rateable=case.stage == CaseStage.CLOSED and not rated,
        category=case.category,
        due=_due(case),
    )


_TOLD = (
    DeadlineKind.REGISTER,
    DeadlineKind.TRIAGE,
    DeadlineKind.CONTACT,
    DeadlineKind.CHECK_AFTER,
    DeadlineKind.WHOLE_CASE,
)


def _due(case: Case) -> dict[str, datetime]:
    running = Deadline.objects.filter(case=case, state=DeadlineState.RUNNING, kind__in=_TOLD)
    found = dict(running.values_list("kind", "due_at"))
    if case.due_kind == DeadlineKind.RECTIFICATION and case.due_at:
        found[case.due_kind] = case.due_at
    return found


def _agencies(been: Sequence[Order]) -> list[Agency]:
    """Agencies that were there, each once, that of the first visit's lead first: a recheck hides nobody."""
    there = (
        Part.objects.filter(order__in=been, state__in=[PartState.ON_SCENE, PartState.DONE])
        .select_related("agency")
        .order_by("order__on_scene_at", "order_id", "-is_lead", "pk")
    )
    return list({part.agency_id: part.agency for part in there}.values())
