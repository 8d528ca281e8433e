"""What residents' own programs may do: report, follow, rate. No token of an account; the private link's secret."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from cases.models import Feedback, Source
from cases.selectors.tracking import Tracked, track
from cases.services import feedback, intake
from dispatch.api.authentication import tracking_hash
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import complaints as shapes
from dispatch.web import flood
from dispatch.web.access import check_right
from dispatch.web.limits import count
from teams.policies import RESIDENT


def _tracked(request: Request) -> Tracked:
    secret = tracking_hash(request)
    if secret is None:
        raise NotAuthenticated(_("This needs the secret of the report: send it as “Authorization: Tracking …”."))
    found = track(secret)
    if found is None:
        raise AuthenticationFailed(_("This secret opens no report."))
    return found


@operation("complaint_create", "POST", scope=None, body=shapes.ComplaintIn, answer=shapes.ReceivedOut, status=201)
def complaint_create(call: Call) -> intake.Intake:
    """A resident's report becomes a case to accept. The street is the one in which the point lies, else the receiving
    office. The same ``client_key`` with the same words answers the first result. While very many reports arrive, an
    address sends ten an hour."""
    flood.report_seen()
    if flood.is_on():
        count(call.request._request, "api_report", one=10, address=10)
    return intake.complaint_create(actor=RESIDENT, source=Source.PORTAL, **call.data)


@operation("complaint_track", "GET", scope=None, answer=shapes.TrackedOut, tracked=True, fetch=_tracked)
def complaint_track(call: Call) -> Tracked:
    """What became of a report, for whoever holds its secret."""
    return _tracked(call.request)


@operation(
    "feedback_create",
    "POST",
    scope=None,
    body=shapes.FeedbackIn,
    answer=shapes.FeedbackOut,
    status=201,
    tracked=True,
    fetch=_tracked,
)
def feedback_create(call: Call) -> Feedback:
    """The complainant rates a closed case: contacted, solved, satisfied 1 to 5. “Not solved” asks for rework."""
    return feedback.feedback_create(token_hash=_tracked(call.request).complaint.token_hash or "", **call.data)


@operation(
    "complaint_take",
    "POST",
    right="complaint.take",
    scope="complaints:write",
    body=shapes.TakenIn,
    answer=shapes.ReceivedOut,
    status=201,
    tag="complaint",
)
def complaint_take(call: Call) -> intake.Intake:
    """The office of a street writes down what a caller says."""
    data: dict[str, Any] = dict(call.data)
    street_id = data.pop("street_id")
    check_right(call.request, "complaint.take", street_id=street_id)
    return intake.complaint_take(actor=call.actor, street_id=street_id, **data)
