"""Cases: read, accept, triage, join, reject, check after, close."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from cases.models import Case, CheckAfter, Complaint, Event, Need, NeedAgency
from cases.services import closure, triage
from dispatch.api.etags import etag_of
from dispatch.api.fetching import at_desk, desk_required
from dispatch.api.filters import CaseFilter
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import cases as shapes
from dispatch.api.serializers.ground import ReasonIn
from dispatch.web.access import case_or_404

_WITH = ("street", "grid", "category", "target")
_NOT_SHOWN = ("street__outline", "grid__outline")
"""Kilobytes a row."""


@operation(
    "case_list", "GET", scope="cases:read", answer=shapes.CaseOut, filters=CaseFilter, ordering=("-opened_at", "-id")
)
def case_list(call: Call) -> QuerySet[Case]:
    """Cases that the account sees, newest first."""
    desk_required(call.request)
    return Case.objects.visible_to(call.actor).select_related(*_WITH).defer(*_NOT_SHOWN)


@operation(
    "case_retrieve", "GET", fetch=at_desk(case_or_404), scope="cases:read", answer=shapes.CaseDetailOut, etag=etag_of
)
def case_retrieve(call: Call, pk: int) -> Case:
    """One case with the complaints (phones masked), needs and the facts of its journal, newest first."""
    needs = Need.objects.order_by("pk").prefetch_related(Prefetch("agency_links", NeedAgency.objects.order_by("pk")))
    events = Event.objects.order_by("-seq")
    complaints = Complaint.objects.select_related("identity").order_by("pk")
    rows = (
        Case.objects.select_related(*_WITH)
        .defer(*_NOT_SHOWN)
        .prefetch_related(Prefetch("complaints", complaints), Prefetch("needs", needs), Prefetch("events", events))
    )
    return rows.get(pk=pk)


@operation(
    "case_accept",
    "POST",
    fetch=at_desk(case_or_404, "case.accept"),
    scope="cases:write",
    answer=shapes.CaseOut,
    etag=etag_of,
)
def case_accept(call: Call, pk: int) -> Case:
    """Accept a received case; its triage clock starts."""
    return _out(triage.case_accept(actor=call.actor, case_id=pk))


@operation(
    "case_triage",
    "POST",
    fetch=at_desk(case_or_404, "case.triage"),
    scope="cases:write",
    body=shapes.TriageIn,
    answer=shapes.CaseOut,
    etag=etag_of,
)
def case_triage(call: Call, pk: int) -> Case:
    """Decide what becomes of an accepted case: inspection, handling, answered, mediation, transfer, rejected."""
    return _out(triage.case_triage(actor=call.actor, case_id=pk, **call.data))


@operation(
    "case_reject",
    "POST",
    fetch=at_desk(case_or_404, "case.reject"),
    scope="cases:write",
    body=ReasonIn,
    answer=shapes.CaseOut,
    etag=etag_of,
)
def case_reject(call: Call, pk: int) -> Case:
    """Not taken up, with a reason that every complainant reads."""
    return _out(triage.case_reject(actor=call.actor, case_id=pk, **call.data))


@operation(
    "case_merge",
    "POST",
    fetch=at_desk(case_or_404, "case.join"),
    scope="cases:write",
    body=shapes.MergeIn,
    answer=shapes.CaseOut,
    etag=etag_of,
)
def case_merge(call: Call, pk: int) -> Case:
    """Join the case to another about the same problem at the same party; the survivor is answered."""
    case_or_404(call.request, call.data["into_case_id"], "case.join")
    return _out(triage.case_join(actor=call.actor, case_id=pk, **call.data))


@operation(
    "checkafter_submit",
    "POST",
    fetch=at_desk(case_or_404, "case.check_after"),
    scope="cases:write",
    body=shapes.CheckAfterIn,
    answer=shapes.CheckAfterOut,
    status=201,
    tag="case",
)
def checkafter_submit(call: Call, pk: int) -> CheckAfter:
    """Check on the spot after handling, by somebody who was not on the visit. Not passed is rework."""
    return closure.checkafter_submit(actor=call.actor, case_id=pk, **call.data)


@operation(
    "case_close",
    "POST",
    fetch=at_desk(case_or_404, "case.close"),
    scope="cases:write",
    body=shapes.CloseIn,
    answer=shapes.CaseOut,
    etag=etag_of,
)
def case_close(call: Call, pk: int) -> Case:
    """Close a checked case; every complainant reads the result."""
    return _out(closure.case_close(actor=call.actor, case_id=pk, **call.data))


def _out(case: Case) -> Case:
    return Case.objects.select_related(*_WITH).defer(*_NOT_SHOWN).get(pk=case.pk)
