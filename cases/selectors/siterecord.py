"""The site record (现场检查笔录) of a visit as it stands: what the party is shown and signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from cases.models import (
    Answer,
    Attachment,
    AttachmentRole,
    File,
    FileState,
    Finding,
    LabState,
    LabTest,
    Order,
    Part,
    PartState,
    Target,
    Visit,
    VisitOfficer,
)


@dataclass(slots=True)
class Section:
    """One squad: in whose name, who, with which certificates, what it looked at and found."""

    part: Part
    officers: list[VisitOfficer] = field(default_factory=list)
    helpers: list[VisitOfficer] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tests: list[LabTest] = field(default_factory=list)
    arrived_at: datetime | None = None


@dataclass(slots=True)
class Evidence:
    """A photo or paper with the digest that proves it unchanged."""

    file: File
    of: str


@dataclass(slots=True)
class SiteRecord:
    """DOMAIN §5: party, times, place, officers, identity and recusal, findings, evidence, opinion, signature."""

    visit: Visit
    order: Order
    target: Target
    sections: list[Section]
    evidence: list[Evidence]
    signature: File | None

    @property
    def signed(self) -> bool:
        return self.visit.signed_at is not None


def site_record(visit: Visit) -> SiteRecord:
    """The record of one visit, of all squads that came. Seven queries, whatever their number."""
    order = Order.objects.select_related("target", "street").get(pk=visit.order_id)
    came = Part.objects.filter(order=order, state__in=[PartState.ON_SCENE, PartState.DONE])
    sections = {part.pk: Section(part) for part in came.select_related("squad", "agency").order_by("-is_lead", "pk")}
    for report in visit.reports.all():
        if report.part_id in sections:
            sections[report.part_id].arrived_at = report.at
    for person in VisitOfficer.objects.filter(visit=visit, part__in=sections).order_by("pk"):
        section = sections[person.part_id]
        (section.officers if person.counts else section.helpers).append(person)
    answers = Answer.objects.filter(visit=visit, part_item__part__in=sections)
    for answer in answers.select_related("part_item__item").order_by("part_item_id"):
        sections[answer.part_item.part_id].answers.append(answer)
    found = Finding.objects.filter(visit=visit, part__in=sections, answer__isnull=True, lab_test__isnull=True)
    for finding in found.order_by("pk"):
        sections[finding.part_id].findings.append(finding)
    tests = LabTest.objects.filter(visit=visit, part_item__part__in=sections).exclude(state=LabState.CANCELLED)
    for test in tests.select_related("part_item__item", "laboratory").order_by("pk"):
        sections[test.part_item.part_id].tests.append(test)
    evidence, signature = _files(visit)
    return SiteRecord(visit, order, order.target, list(sections.values()), evidence, signature)


def _files(visit: Visit) -> tuple[list[Evidence], File | None]:
    rows = (
        Attachment.objects.filter(Q(visit=visit) | Q(answer__visit=visit) | Q(finding__visit=visit))
        .exclude(file__state=FileState.BROKEN)
        .select_related("file", "answer__part_item__item", "finding")
        .order_by("pk")
    )
    evidence, signature = [], None
    for row in rows:
        if row.role == AttachmentRole.SIGNATURE:
            signature = row.file
        elif row.answer is not None:
            evidence.append(Evidence(row.file, str(row.answer.part_item.item)))
        else:
            evidence.append(Evidence(row.file, row.finding.text if row.finding else ""))
    return evidence, None if visit.sign_refused else signature
