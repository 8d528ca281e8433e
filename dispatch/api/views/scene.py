"""What squads and laboratories do: acknowledge, report in, answer, close, test, rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import Answer, File, Finding, LabTest, Part, PartItem, PartState, ReportIn, Ruling, Visit
from cases.refusals import Refused
from cases.services import files, findings, followups, orders, visits
from dispatch.api.fetching import by_right, lead_of_visit, own_part, part_of_item
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import orders as shapes
from dispatch.api.serializers.ground import ReasonIn
from dispatch.web.access import finding_or_404, lab_or_404, part_or_404


@operation("part_list", "GET", scope="field:read", answer=shapes.PartWorkOut, ordering=("-called_at", "-id"))
def part_list(call: Call) -> QuerySet[Part]:
    """The parts of one's own squads that were called and not excused, newest call first, with order and items."""
    mine = Part.objects.filter(squad_id__in=call.actor.squads(), called_at__isnull=False)
    return _with_work(mine.exclude(state=PartState.RELEASED))


@operation("part_retrieve", "GET", scope="field:read", answer=shapes.PartWorkOut, fetch=own_part)
def part_retrieve(call: Call, pk: int) -> Part:
    """One part: its order and place, items, the visit under way and the squad's own findings."""
    return _with_work(Part.objects.filter(pk=pk)).get()


@operation(
    "part_acknowledge",
    "POST",
    fetch=by_right(part_or_404, "part.acknowledge"),
    scope="field:write",
    answer=shapes.PartOut,
)
def part_acknowledge(call: Call, pk: int) -> Part:
    """The squad takes its part."""
    return _out(orders.part_acknowledge(actor=call.actor, part_id=pk))


@operation(
    "part_return",
    "POST",
    fetch=by_right(part_or_404, "part.return"),
    scope="field:write",
    body=ReasonIn,
    answer=shapes.PartOut,
)
def part_return(call: Call, pk: int) -> Part:
    """The squad gives its part back with a reason, at most twice."""
    return _out(orders.part_return(actor=call.actor, part_id=pk, **call.data))


@operation(
    "visit_report_in",
    "POST",
    fetch=by_right(part_or_404, "visit.report_in"),
    scope="field:write",
    body=shapes.ReportInIn,
    answer=shapes.ReportInOut,
    status=201,
    tag="part",
)
def visit_report_in(call: Call, pk: int) -> ReportIn:
    """On scene, with two officers of the agency whose certificates are valid."""
    return visits.visit_report_in(actor=call.actor, part_id=pk, **call.data)


@operation(
    "item_answer",
    "PUT",
    fetch=part_of_item("visit.answer"),
    scope="field:write",
    body=shapes.AnswerIn,
    answer=shapes.AnswerOut,
    tag="part",
)
def item_answer(call: Call, pk: int) -> Answer:
    """Answer an item of one's part, or correct the answer, while on scene."""
    data: dict[str, Any] = dict(call.data)
    photos = _photos(call, data.pop("photo_ids", ()))
    return visits.answer_submit(actor=call.actor, part_item_id=pk, files=photos, **data)


@operation(
    "part_finish",
    "POST",
    fetch=by_right(part_or_404, "visit.answer"),
    scope="field:write",
    body=shapes.FinishIn,
    answer=shapes.PartOut,
)
def part_finish(call: Call, pk: int) -> Part:
    """All items of the part are answered."""
    return _out(visits.part_finish(actor=call.actor, part_id=pk, **call.data))


@operation(
    "finding_submit",
    "POST",
    fetch=by_right(part_or_404, "finding.add"),
    scope="field:write",
    body=shapes.FindingIn,
    answer=shapes.FindingOut,
    status=201,
)
def finding_submit(call: Call, pk: int) -> Finding:
    """Something found besides the items of the list."""
    return findings.finding_add(actor=call.actor, part_id=pk, **call.data)


@operation(
    "lab_commission",
    "POST",
    fetch=part_of_item("lab.commission"),
    scope="field:write",
    body=shapes.CommissionIn,
    answer=shapes.LabOut,
    status=201,
)
def lab_commission(call: Call, pk: int) -> LabTest:
    """Commission a third-party test for an item; the agency pays, never the party."""
    return visits.lab_commission(actor=call.actor, part_item_id=pk, **call.data)


@operation(
    "lab_report",
    "POST",
    fetch=by_right(lab_or_404, "lab.report"),
    scope="field:write",
    body=shapes.LabIn,
    answer=shapes.LabOut,
)
def lab_report(call: Call, pk: int) -> LabTest:
    """The laboratory's result; over the limit it becomes a finding."""
    return followups.lab_report(actor=call.actor, lab_test_id=pk, **call.data)


@operation(
    "visit_close",
    "POST",
    fetch=lead_of_visit,
    scope="field:write",
    body=shapes.VisitCloseIn,
    answer=shapes.VisitOut,
)
def visit_close(call: Call, pk: int) -> Visit:
    """The lead ends the visit; what failed waits for a ruling."""
    return followups.visit_close(actor=call.actor, visit_id=pk, **call.data)


@operation(
    "ruling_issue",
    "POST",
    fetch=by_right(finding_or_404, "ruling.issue"),
    scope="field:write",
    body=shapes.RulingIn,
    answer=shapes.RulingOut,
    status=201,
    tag="finding",
)
def ruling_issue(call: Call, pk: int) -> Ruling:
    """An officer of the competent agency decides on a finding; the system only proposes."""
    return followups.ruling_issue(actor=call.actor, finding_id=pk, **call.data)


@operation(
    "photo_create",
    "POST",
    right="visit.answer",
    scope="field:write",
    body=shapes.PhotoIn,
    answer=shapes.PhotoOut,
    status=201,
    files=True,
)
def photo_create(call: Call) -> File:
    """Keep a photo (JPEG, PNG or WebP, at most 25 MB) for the answer of an item."""
    return files.file_store(actor=call.actor, upload=call.data["file"])


def _photos(call: Call, ids: Sequence[int]) -> list[File]:
    """One's own photos only: a number is no way to another's file."""
    found = list(File.objects.filter(pk__in=ids, uploaded_by_id=call.actor.user_id))
    if len(found) != len(set(ids)):
        raise Refused(
            "photo_unknown", _("One of these photos is not yours. Send it first."), field="photo_ids", status=422
        )
    return found


def _with_work(rows: QuerySet[Part]) -> QuerySet[Part]:
    items = PartItem.objects.select_related("item").order_by("item__order", "pk")
    return rows.select_related("squad__agency", "order__target", "order__street").prefetch_related(
        Prefetch("items", items),
        Prefetch("findings", Finding.objects.order_by("pk")),
        Prefetch("order__visits", Visit.objects.order_by("sequence")),
    )


def _out(part: Part) -> Part:
    return Part.objects.select_related("squad__agency").get(pk=part.pk)
