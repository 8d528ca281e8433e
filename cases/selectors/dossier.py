"""Everything of the case page, in a fixed number of queries, whatever the case has grown to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import (
    Attachment,
    Case,
    CaseComplaint,
    CaseNote,
    CaseStage,
    CheckAfter,
    Complaint,
    Deadline,
    Feedback,
    FileState,
    LabState,
    Need,
    NeedAgency,
    NeedCause,
    NeedState,
    Order,
    OrderNeed,
    OrderState,
    ResidentLine,
    ReworkState,
    Urgency,
)
from cases.selectors.nextstep import Facts, Owed, Step, step_of
from cases.selectors.orderview import OrderView, order_views
from cases.selectors.pictures import Picture, pictures_of
from teams.models import Agency, Squad
from teams.statements import Slot, Statement, among

_LETTERS = {"zh": "甲乙丙丁戊己庚辛壬癸", "en": "ABCDEFGHIJ"}

_COMPLAINTS = Statement(
    lambda: (
        CaseComplaint.objects.filter(case=Slot("case"))
        .select_related("complaint__identity", "complaint__hotline")
        .order_by("complaint__received_at", "complaint_id")
    )
)
_SAID = Statement(
    lambda: ResidentLine.objects.filter(among("complaint_id", "complaints")).order_by("at", "pk"), one_plan=True
)
_TOLD = Statement(
    lambda: (
        Attachment.objects.filter(among("complaint_id", "complaints"))
        .exclude(file__state=FileState.BROKEN)
        .select_related("file")
        .order_by("pk")
    ),
    one_plan=True,
)
_RATED = Statement(lambda: Feedback.objects.filter(case=Slot("case")))
_NEEDS = Statement(lambda: Need.objects.filter(case=Slot("case")).order_by("pk"))
_ASKED = Statement(
    lambda: NeedAgency.objects.filter(need__case=Slot("case")).select_related("agency").order_by("agency_id")
)
_LINKS = Statement(
    lambda: (
        OrderNeed.objects.filter(order__in=OrderNeed.objects.filter(need__case=Slot("case")).values("order"))
        .order_by("pk")
        .values_list("order_id", "released_at", "need__case_id", "need__cause")
    )
)
_CHECKS = Statement(lambda: CheckAfter.objects.filter(case=Slot("case")).select_related("by").order_by("-at"))
_NOTES = Statement(lambda: CaseNote.objects.filter(case=Slot("case")).select_related("written_by").order_by("-pk"))
_ABSORBED = Statement(lambda: Case.objects.filter(merged_into=Slot("case")).order_by("pk"))


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
class Reason:
    """A need of the case, with the agencies that it asks for."""

    need: Need
    agencies: list[Agency] = field(default_factory=list)


class Link(NamedTuple):
    """Which order a need is or was in; the needs of other cases in the same orders are among them."""

    order_id: int
    released_at: datetime | None
    case_id: int | None
    recheck: bool


@dataclass(slots=True)
class Dossier:
    """``orders`` newest first; ``step`` is the next thing to do; ``until``: when the case left each order, if ever."""

    case: Case
    step: Step
    voices: list[Voice]
    orders: list[OrderView]
    needs: list[Reason]
    deadlines: list[Deadline]
    notes: list[CaseNote]
    checks: list[CheckAfter]
    rework: Feedback | None
    pictures: list[Picture]
    absorbed: list[Case]
    until: Mapping[int, datetime | None]

    @property
    def ground(self) -> list[Squad | Agency]:
        """Squads and agencies that have been read on the way."""
        parts = [view.part for order in self.orders for view in order.parts]
        asked = [agency for reason in self.needs for agency in reason.agencies]
        return [*(part.squad for part in parts), *(part.agency for part in parts), *asked]


def dossier(case: Case) -> Dossier:
    """Everything about a case that the caller has found through ``visible_to``."""
    voices = voices_of(case)
    needs = _needs(case)
    links = _links(case) if needs else []
    orders, own_deadlines = order_views({link.order_id for link in links}, case_id=case.pk)
    checks = _CHECKS(case=case.pk)
    asked = [voice.feedback for voice in voices if voice.feedback and voice.feedback.rework == ReworkState.ASKED]
    present = next((view for view in orders if view.order.state != OrderState.CANCELLED), None)
    facts = Facts(
        to_rule=_owed(orders),
        labs=sum(lab.state == LabState.COMMISSIONED for view in orders for lab in view.labs),
        checked=_passed(case, checks),
        rework_asked=bool(asked),
        open_need=any(reason.need.state == NeedState.OPEN for reason in needs),
        made_up_missing=bool(present and present.order.urgent_first and not present.order.approved_at),
    )
    return Dossier(
        case=case,
        step=step_of(case, present.glance if present else None, facts),
        voices=voices,
        orders=orders,
        needs=needs,
        deadlines=_case_deadlines(own_deadlines, orders),
        notes=_NOTES(case=case.pk),
        checks=checks,
        rework=asked[0] if asked else None,
        pictures=pictures_of(voices, orders, {link.order_id for link in links if link.recheck}),
        absorbed=_ABSORBED(case=case.pk) if case.complaint_count > 1 else [],
        until={link.order_id: link.released_at for link in links if link.case_id == case.pk},
    )


def _links(case: Case) -> list[Link]:
    rows = _LINKS(case=case.pk)
    return [Link(order, released, of, cause == NeedCause.RECHECK) for order, released, of, cause in rows]


def _needs(case: Case) -> list[Reason]:
    found = {need.pk: Reason(need) for need in _NEEDS(case=case.pk)}
    for link in _ASKED(case=case.pk) if found else ():
        found[link.need_id].agencies.append(link.agency)
    return list(found.values())


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
    links = _COMPLAINTS(case=case.pk)
    found = {link.complaint_id: Voice(label_of(index), link.complaint) for index, link in enumerate(links)}
    if not found:
        return []
    for line in _SAID(complaints=list(found)):
        found[line.complaint_id].lines.append(line)
    for photo in _TOLD(complaints=list(found)):
        if photo.complaint_id is not None:
            found[photo.complaint_id].photos.append(photo)
    for feedback in _RATED(case=case.pk):
        found[feedback.complaint_id].feedback = feedback
    return list(found.values())


def _case_deadlines(own: Sequence[Deadline], orders: Sequence[OrderView]) -> list[Deadline]:
    """Clocks of the case and of its orders, the nearest first, each named once."""
    seen = {row.pk: row for row in [*own, *(row for view in orders for row in view.deadlines)]}
    return sorted(seen.values(), key=lambda row: row.due_at)


def urgent(subject: Case | Order) -> bool:
    return subject.urgency != Urgency.GENERAL
