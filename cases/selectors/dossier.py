"""Everything of the case page, in a fixed number of queries, whatever the case has grown to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Answer,
    Attachment,
    Case,
    CaseComplaint,
    CaseNote,
    CaseStage,
    CheckAfter,
    Complaint,
    Deadline,
    DeadlineState,
    Feedback,
    FileState,
    Finding,
    FindingState,
    LabState,
    LabTest,
    Need,
    NeedCause,
    NeedState,
    Order,
    OrderNeed,
    OrderState,
    Part,
    PartItem,
    PartState,
    ResidentLine,
    Result,
    ReworkState,
    Urgency,
    Visit,
    VisitOfficer,
)
from cases.selectors.board import OrderGlance, PartGlance, squad_name
from cases.selectors.nextstep import Facts, Owed, Step, step_of
from cases.selectors.pictures import Picture, pictures_of

_LETTERS = {"zh": "甲乙丙丁戊己庚辛壬癸", "en": "ABCDEFGHIJ"}


@dataclass(slots=True)
class Voice:
    """One complaint on the case, under a letter instead of a name, with its private line."""

    label: str
    complaint: Complaint
    lines: list[ResidentLine] = field(default_factory=list)
    photos: list[Attachment] = field(default_factory=list)
    feedback: Feedback | None = None

    @property
    def last_line(self) -> ResidentLine | None:
        return self.lines[-1] if self.lines else None


@dataclass(slots=True)
class PartView:
    """A squad's part: its track, who came, how far its list is, what it has still to rule on and until when."""

    part: Part
    name: str
    officers: list[VisitOfficer] = field(default_factory=list)
    items: int = 0
    answered: int = 0
    failed: int = 0
    to_rule: int = 0
    rule_by: datetime | None = None
    deadline: Deadline | None = None
    track: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class OrderView:
    """An order with its parts, visits, findings (rulings attached) and tests."""

    order: Order
    parts: list[PartView] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    labs: list[LabTest] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    photos: list[Attachment] = field(default_factory=list)

    @property
    def glance(self) -> OrderGlance:
        parts = [
            PartGlance(view.name, view.part.state, _late(view.deadline), view.part.is_lead)
            for view in self.parts
            if view.part.state != PartState.RELEASED
        ]
        return OrderGlance(self.order.pk, self.order.number, self.order.state, 0, parts)

    @property
    def visits_saved(self) -> int:
        """Visits that a joint one makes needless: its agencies less one; a lead without items of its own only leads."""
        rows = (view for view in self.parts if view.part.state != PartState.RELEASED)
        return max(0, len({view.part.agency_id for view in rows if view.items or not view.part.is_lead}) - 1)

    @property
    def live(self) -> bool:
        return self.order.state in flow.LIVE

    @property
    def to_rule(self) -> Owed:
        """The findings that nobody has ruled on yet, whose they are, and whether their time is over."""
        rows = [finding for finding in self.findings if finding.state == FindingState.OPEN]
        late = any(view.rule_by is not None and view.rule_by < now() for view in self.parts)
        return Owed(len(rows), list(dict.fromkeys(str(row.agency) for row in rows)), late)


@dataclass(slots=True)
class Dossier:
    """``orders`` newest first; ``step`` is the one next thing to do."""

    case: Case
    step: Step
    voices: list[Voice]
    orders: list[OrderView]
    needs: list[Need]
    deadlines: list[Deadline]
    notes: list[CaseNote]
    checks: list[CheckAfter]
    rework: Feedback | None
    pictures: list[Picture]
    absorbed: list[Case]


def dossier(case: Case) -> Dossier:
    """Everything about a case that the caller has found through ``visible_to``."""
    voices = voices_of(case)
    needs = list(Need.objects.filter(case=case).prefetch_related("agencies").order_by("pk"))
    links = OrderNeed.objects.filter(need__case=case).values("order")
    orders, own_deadlines = _views(Order.objects.filter(pk__in=links), case)
    checks = list(CheckAfter.objects.filter(case=case).select_related("by").order_by("-at"))
    asked = [voice.feedback for voice in voices if voice.feedback and voice.feedback.rework == ReworkState.ASKED]
    present = next((view for view in orders if view.order.state != OrderState.CANCELLED), None)
    facts = Facts(
        to_rule=_owed(orders),
        labs=sum(lab.state == LabState.COMMISSIONED for view in orders for lab in view.labs),
        checked=_passed(case, checks),
        rework_asked=bool(asked),
        open_need=any(need.state == NeedState.OPEN for need in needs),
        made_up_missing=bool(present and present.order.urgent_first and not present.order.approved_at),
    )
    return Dossier(
        case=case,
        step=step_of(case, present.glance if present else None, facts),
        voices=voices,
        orders=orders,
        needs=needs,
        deadlines=_case_deadlines(own_deadlines, orders),
        notes=list(CaseNote.objects.filter(case=case).select_related("written_by").order_by("-pk")),
        checks=checks,
        rework=asked[0] if asked else None,
        pictures=pictures_of(voices, orders, _rechecks(orders)),
        absorbed=list(Case.objects.filter(merged_into=case).order_by("pk")) if case.complaint_count > 1 else [],
    )


def _rechecks(orders: Sequence[OrderView]) -> set[int]:
    """Which of the orders look again at what was to be put right."""
    if not orders:
        return set()
    links = OrderNeed.objects.filter(order__in=[view.order.pk for view in orders], need__cause=NeedCause.RECHECK)
    return set(links.values_list("order_id", flat=True))


def _owed(orders: Sequence[OrderView]) -> Owed:
    """What is to be ruled on over all the orders."""
    each = [view.to_rule for view in orders]
    names = dict.fromkeys(name for owed in each for name in owed.agencies)
    return Owed(sum(owed.count for owed in each), list(names), any(owed.late for owed in each))


def _passed(case: Case, checks: Sequence[CheckAfter]) -> bool | None:
    """Whether the present round was checked after: True, or None while it is to be checked."""
    if checks and checks[0].passed and checks[0].at >= case.stage_at and case.stage == CaseStage.CHECKING:
        return True
    return None


def label_of(index: int) -> str:
    """The letter under which a complainant appears: 反映人甲, complainant A. Numbers from the eleventh."""
    letters = _LETTERS["zh" if (get_language() or "zh").startswith("zh") else "en"]
    letter = letters[index] if index < len(letters) else str(index + 1)
    return _("Complainant %(letter)s") % {"letter": letter}


def voices_of(case: Case) -> list[Voice]:
    """The complaints of a case in the order they came, with lines, photos and rating. Four queries."""
    links = list(
        CaseComplaint.objects.filter(case=case)
        .select_related("complaint__identity", "complaint__hotline")
        .order_by("complaint__received_at", "complaint_id")
    )
    found = {link.complaint_id: Voice(label_of(index), link.complaint) for index, link in enumerate(links)}
    for line in ResidentLine.objects.filter(complaint__in=found).select_related("written_by").order_by("at", "pk"):
        found[line.complaint_id].lines.append(line)
    for photo in photos_of(complaint__in=found):
        if photo.complaint_id is not None:
            found[photo.complaint_id].photos.append(photo)
    for feedback in Feedback.objects.filter(case=case):
        found[feedback.complaint_id].feedback = feedback
    return list(found.values())


def photos_of(**subjects: Any) -> Iterable[Attachment]:
    """Attachments of the subjects whose files can be read."""
    return (
        Attachment.objects.filter(**subjects)
        .exclude(file__state=FileState.BROKEN)
        .select_related("file")
        .order_by("pk")
    )


def order_view(order_id: int) -> OrderView:
    """One order with everything the office reads about it."""
    return _views(Order.objects.filter(pk=order_id), None)[0][0]


def _views(orders: QuerySet[Order], case: Case | None) -> tuple[list[OrderView], list[Deadline]]:
    """Orders newest first, and the live clocks of the case itself. Nine queries at most."""
    rows = {
        order.pk: OrderView(order)
        for order in orders.select_related("target", "street", "drafted_by", "approved_by", "issued_by").order_by("-pk")
    }
    parts = _parts_fill(rows) if rows else {}
    if rows:
        _visits_fill(rows, parts)
        _photos_fill(rows)
    own = _deadlines_fill(rows, parts, case)
    for view in rows.values():
        for part_view in view.parts:
            part_view.track = _track(part_view)
    return list(rows.values()), own


def _count(rows: QuerySet[Any], **path: Any) -> Coalesce:
    return Coalesce(
        Subquery(rows.filter(**path).order_by().values(*path).annotate(n=Count("pk")).values("n")),
        0,
        output_field=IntegerField(),
    )


def _parts_fill(rows: dict[int, OrderView]) -> dict[int, PartView]:
    found: dict[int, PartView] = {}
    answers = Answer.objects.all()
    for part in (
        Part.objects.filter(order_id__in=rows)
        .select_related("squad", "agency")
        .annotate(
            item_count=_count(PartItem.objects.all(), part=OuterRef("pk")),
            answer_count=_count(answers, part_item__part=OuterRef("pk")),
            failed_count=_count(answers.filter(result=Result.FAILS), part_item__part=OuterRef("pk")),
        )
        .order_by("-is_lead", "pk")
    ):
        view = PartView(part, squad_name(part.squad), [], part.item_count, part.answer_count, part.failed_count)
        found[part.pk] = view
        rows[part.order_id].parts.append(view)
    return found


def _visits_fill(rows: dict[int, OrderView], parts: dict[int, PartView]) -> None:
    for officer in VisitOfficer.objects.filter(part_id__in=parts).order_by("pk"):
        parts[officer.part_id].officers.append(officer)
    for visit in Visit.objects.filter(order_id__in=rows).order_by("sequence"):
        rows[visit.order_id].visits.append(visit)
    for finding in (
        Finding.objects.filter(visit__order_id__in=rows)
        .select_related("agency", "item", "ruling", "ruling__ruled_by", "visit", "found_by")
        .order_by("pk")
    ):
        rows[finding.visit.order_id].findings.append(finding)
        parts[finding.part_id].to_rule += finding.state == FindingState.OPEN
    for lab in (
        LabTest.objects.filter(visit__order_id__in=rows)
        .select_related("part_item__item", "laboratory", "visit")
        .order_by("pk")
    ):
        rows[lab.visit.order_id].labs.append(lab)


def _photos_fill(rows: dict[int, OrderView]) -> None:
    """Photos and reports that squads and laboratories took, oldest first."""
    on_order = (
        Q(visit__order_id__in=rows)
        | Q(answer__visit__order_id__in=rows)
        | Q(finding__visit__order_id__in=rows)
        | Q(ruling__finding__visit__order_id__in=rows)
        | Q(lab_test__visit__order_id__in=rows)
    )
    taken = (
        Attachment.objects.filter(on_order)
        .exclude(file__state=FileState.BROKEN)
        .select_related("file", "answer__part_item__item", "finding", "ruling__finding")
        .annotate(
            of_order=Coalesce(
                "visit__order_id",
                "answer__visit__order_id",
                "finding__visit__order_id",
                "ruling__finding__visit__order_id",
                "lab_test__visit__order_id",
            )
        )
        .order_by("pk")
    )
    for row in taken:
        rows[row.of_order].photos.append(row)


def _deadlines_fill(rows: dict[int, OrderView], parts: dict[int, PartView], case: Case | None) -> list[Deadline]:
    """Clocks of orders, parts, tests, findings and rulings go to their order; those of the case are returned."""
    rule = (
        Q(order_id__in=rows)
        | Q(part_id__in=parts)
        | Q(lab_test__visit__order_id__in=rows)
        | Q(finding__visit__order_id__in=rows)
        | Q(ruling__finding__visit__order_id__in=rows)
    )
    if case is not None:
        rule |= Q(case=case)
    live = Deadline.objects.filter(rule, state__in=[DeadlineState.RUNNING, DeadlineState.PAUSED])
    own: list[Deadline] = []
    for row in live.select_related(
        "part__squad",
        "lab_test__visit",
        "finding__visit",
        "finding__item",
        "ruling__finding__visit",
        "ruling__finding__item",
    ).order_by("due_at"):
        if row.part_id is not None:
            view = parts[row.part_id]
            view.deadline = view.deadline or row
            rows[view.part.order_id].deadlines.append(row)
        elif row.order_id is not None:
            rows[row.order_id].deadlines.append(row)
        elif row.lab_test is not None:
            rows[row.lab_test.visit.order_id].deadlines.append(row)
        elif row.finding is not None:
            rows[row.finding.visit.order_id].deadlines.append(row)
            parts[row.finding.part_id].rule_by = parts[row.finding.part_id].rule_by or row.due_at
        elif row.ruling is not None:
            rows[row.ruling.finding.visit.order_id].deadlines.append(row)
        else:
            own.append(row)
    return own


def _late(deadline: Deadline | None) -> bool:
    return bool(deadline and deadline.due_at < now())


def _track(view: PartView) -> list[dict[str, Any]]:
    """The four points of a part: called, acknowledged, on scene, finished."""
    part = view.part
    silent_late = part.state == PartState.CALLED and _late(view.deadline)
    return [
        {"label": pgettext("track", "called"), "at": part.called_at, "state": "done" if part.called_at else ""},
        {
            "label": _("no answer") if silent_late else pgettext("track", "answered"),
            "at": part.acknowledged_at,
            "state": "ack" if part.acknowledged_at else "late" if silent_late else "",
        },
        {"label": pgettext("track", "on scene"), "at": part.on_scene_at, "state": "done" if part.on_scene_at else ""},
        {"label": pgettext("track", "finished"), "at": part.done_at, "state": "done" if part.done_at else ""},
    ]


def _case_deadlines(own: Sequence[Deadline], orders: Sequence[OrderView]) -> list[Deadline]:
    """Clocks of the case and of its orders, the nearest first, each named once."""
    seen = {row.pk: row for row in [*own, *(row for view in orders for row in view.deadlines)]}
    return sorted(seen.values(), key=lambda row: row.due_at)


def urgent(subject: Case | Order) -> bool:
    return subject.urgency != Urgency.GENERAL
