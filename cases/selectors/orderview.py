"""One order with everything the office reads about it: parts, visits, findings and rulings, tests, clocks, photos."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Answer,
    Attachment,
    Deadline,
    DeadlineState,
    FileState,
    Finding,
    FindingState,
    LabTest,
    Order,
    Part,
    PartItem,
    PartState,
    Result,
    Visit,
    VisitOfficer,
)
from cases.selectors.board import OrderGlance, PartGlance, squad_name
from cases.selectors.nextstep import Owed
from teams.statements import Slot, Statement, among


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


def _count(rows: QuerySet[Any], **path: Any) -> Coalesce:
    return Coalesce(
        Subquery(rows.filter(**path).order_by().values(*path).annotate(n=Count("pk")).values("n")),
        0,
        output_field=IntegerField(),
    )


ORDER = Statement(
    lambda: Order.objects.filter(pk=Slot("order")).select_related(
        "target", "street", "drafted_by", "approved_by", "issued_by"
    )
)
ORDERS = Statement(
    lambda: Order.objects.filter(among("id", "orders")).select_related("chain").order_by("-pk"), one_plan=True
)
PARTS = Statement(
    lambda: (
        Part.objects.filter(among("order_id", "orders"))
        .select_related("squad", "agency")
        .annotate(
            item_count=_count(PartItem.objects.all(), part=OuterRef("pk")),
            answer_count=_count(Answer.objects.all(), part_item__part=OuterRef("pk")),
            failed_count=_count(Answer.objects.filter(result=Result.FAILS), part_item__part=OuterRef("pk")),
        )
        .order_by("-is_lead", "pk")
    ),
    one_plan=True,
)
VISITS = Statement(lambda: Visit.objects.filter(among("order_id", "orders")).order_by("sequence"), one_plan=True)
OFFICERS = Statement(lambda: VisitOfficer.objects.filter(among("part_id", "parts")).order_by("pk"), one_plan=True)
FINDINGS = Statement(
    lambda: (
        Finding.objects.filter(among("visit_id", "visits"))
        .select_related("agency", "item", "ruling", "ruling__ruled_by")
        .order_by("pk")
    ),
    one_plan=True,
)
LABS = Statement(
    lambda: (
        LabTest.objects.filter(among("visit_id", "visits"))
        .select_related("part_item__item", "laboratory")
        .order_by("pk")
    ),
    one_plan=True,
)
PHOTOS = Statement(
    lambda: (
        Attachment.objects.filter(
            Q(among("visit_id", "visits"))
            | Q(among("finding_id", "findings"))
            | Q(among("ruling_id", "rulings"))
            | Q(among("lab_test_id", "labs"))
        )
        .exclude(file__state=FileState.BROKEN)
        .select_related("file")
    ),
    one_plan=True,
)
ANSWER_PHOTOS = Statement(
    lambda: (
        Attachment.objects.filter(among("answer__visit_id", "visits"))
        .exclude(file__state=FileState.BROKEN)
        .select_related("file", "answer__part_item__item")
    ),
    one_plan=True,
)
CLOCKS = Statement(
    lambda: Deadline.objects.filter(
        Q(case=Slot("case"))
        | Q(among("order_id", "orders"))
        | Q(among("part_id", "parts"))
        | Q(among("finding_id", "findings"))
        | Q(among("ruling_id", "rulings"))
        | Q(among("lab_test_id", "labs")),
        state__in=[DeadlineState.RUNNING, DeadlineState.PAUSED],
    ).order_by("due_at"),
    one_plan=True,
)


@dataclass(slots=True)
class _Read:
    """What has been read of some orders, by key: what comes later hangs on what came before, without asking again."""

    views: dict[int, OrderView]
    parts: dict[int, PartView] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    findings: dict[int, Finding] = field(default_factory=dict)
    labs: dict[int, LabTest] = field(default_factory=dict)

    @property
    def rulings(self) -> dict[int, Finding]:
        """The findings by their ruling."""
        return {row.ruling.pk: row for row in self.findings.values() if hasattr(row, "ruling")}


def order_view(order_id: int) -> OrderView:
    """One order, with its party and its people. Ten queries at most."""
    return _filled([OrderView(order) for order in ORDER(order=order_id)], None)[0][0]


def order_views(order_ids: Collection[int], *, case_id: int) -> tuple[list[OrderView], list[Deadline]]:
    """Orders newest first, and the live clocks of the case itself. Ten queries at most, one without orders."""
    orders = ORDERS(orders=list(order_ids)) if order_ids else []
    return _filled([OrderView(order) for order in orders], case_id)


def _filled(views: list[OrderView], case_id: int | None) -> tuple[list[OrderView], list[Deadline]]:
    read = _Read({view.order.pk: view for view in views})
    if views:
        _parts_fill(read)
        _visits_fill(read)
    if read.visits:
        _found_fill(read)
        _photos_fill(read)
    own = _deadlines_fill(read, case_id)
    for part_view in read.parts.values():
        part_view.track = _track(part_view)
    return views, own


def _parts_fill(read: _Read) -> None:
    for part in PARTS(orders=list(read.views)):
        counted: Any = part
        counts = counted.item_count, counted.answer_count, counted.failed_count
        view = read.parts[part.pk] = PartView(part, squad_name(part.squad), [], *counts)
        read.views[part.order_id].parts.append(view)


def _visits_fill(read: _Read) -> None:
    for visit in VISITS(orders=list(read.views)):
        read.visits[visit.pk] = visit
        read.views[visit.order_id].visits.append(visit)


def _found_fill(read: _Read) -> None:
    """What only an order with a visit can have."""
    for officer in OFFICERS(parts=list(read.parts)):
        read.parts[officer.part_id].officers.append(officer)
    for finding in FINDINGS(visits=list(read.visits)):
        finding.visit = read.visits[finding.visit_id]
        read.findings[finding.pk] = finding
        read.views[finding.visit.order_id].findings.append(finding)
        read.parts[finding.part_id].to_rule += finding.state == FindingState.OPEN
    for lab in LABS(visits=list(read.visits)):
        lab.visit = read.visits[lab.visit_id]
        read.labs[lab.pk] = lab
        read.views[lab.visit.order_id].labs.append(lab)


def _photos_fill(read: _Read) -> None:
    """Photos and reports that squads and laboratories took, oldest first.

    Two questions: over visits, answers, findings, rulings and tests at once no index would serve.
    """
    visits, ruled = list(read.visits), read.rulings
    photos = PHOTOS(visits=visits, findings=list(read.findings), rulings=list(ruled), labs=list(read.labs))
    for photo in sorted([*photos, *ANSWER_PHOTOS(visits=visits)], key=lambda row: row.pk):
        if photo.finding_id is not None:
            photo.finding = read.findings[photo.finding_id]
        if photo.ruling_id is not None:
            photo.ruling = ruled[photo.ruling_id].ruling
        read.views[_order_of(photo, read.visits, ruled, read)].photos.append(photo)


def _order_of(photo: Attachment, visits: Mapping[int, Visit], ruled: Mapping[int, Finding], read: _Read) -> int:
    if photo.visit_id is not None:
        return visits[photo.visit_id].order_id
    if photo.answer is not None:
        return visits[photo.answer.visit_id].order_id
    if photo.lab_test_id is not None:
        return read.labs[photo.lab_test_id].visit.order_id
    finding = photo.finding or ruled[photo.ruling_id or 0]
    return finding.visit.order_id


def _deadlines_fill(read: _Read, case_id: int | None) -> list[Deadline]:
    """Clocks of orders, parts, tests, findings and rulings go to their order; those of the case are returned."""
    ruled = read.rulings
    own: list[Deadline] = []
    for row in CLOCKS(
        case=case_id,
        orders=list(read.views),
        parts=list(read.parts),
        findings=list(read.findings),
        rulings=list(ruled),
        labs=list(read.labs),
    ):
        if row.part_id is not None:
            part_view = read.parts[row.part_id]
            row.part = part_view.part
            part_view.deadline = part_view.deadline or row
            order_id = part_view.part.order_id
        elif row.order_id is not None:
            order_id = row.order_id
        elif row.lab_test_id is not None:
            order_id = read.labs[row.lab_test_id].visit.order_id
        elif row.finding_id is not None:
            row.finding = read.findings[row.finding_id]
            owing = read.parts[row.finding.part_id]
            owing.rule_by = owing.rule_by or row.due_at
            order_id = row.finding.visit.order_id
        elif row.ruling_id is not None:
            row.ruling = ruled[row.ruling_id].ruling
            order_id = ruled[row.ruling_id].visit.order_id
        else:
            own.append(row)
            continue
        read.views[order_id].deadlines.append(row)
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
