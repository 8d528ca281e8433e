"""Who of the office has this case open as well, and who is writing."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, case_or_404
from dispatch.web.presence import here, others
from teams.models import User

RIGHT = "complaint.line"
"""Held by those who work on the case; whoever looks on is neither shown nor told."""


@require_POST
@console_view()
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """A sign of life of the reader, answered with the others. Nothing is written to the database."""
    case = case_or_404(request, pk, RIGHT)
    user = request.user
    assert isinstance(user, User)
    place, gone = f"case:{case.pk}", bool(request.POST.get("gone"))
    here(
        place=place,
        topic=f"office:{case.street_id}",
        subject=case.pk,
        user_id=user.pk,
        name=user.name or user.username,
        writing=request.POST.get("writing") == "1",
        gone=gone,
    )
    if gone:
        return HttpResponse(status=204)
    people = others(place=place, user_id=actor_for(request).user_id or 0)
    response = show(request, "console/presence.html#people", {"people": people})
    response["X-Seq"] = str(int(time.time() * 1000))
    return response
