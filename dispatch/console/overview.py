"""Those who look on: rework that residents ask for, and the district's streets. No rankings by fines or inspections."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.policies import may
from cases.selectors import district as selector
from dispatch.console.frame import console_view, show
from dispatch.insights.streets import street_areas, streets_now, whole
from dispatch.web.access import actor_for, check_right_somewhere


@require_safe
@console_view()
def feedback_list(request: HttpRequest) -> HttpResponse:
    """Ratings that ask for rework, the oldest first."""
    actor = actor_for(request)
    rows = [
        {"row": row, "may": may(actor, "case.rework", street_id=row.case.street_id)}
        for row in selector.rework_asked(actor)
    ]
    return show(request, "console/feedback.html", {"rows": rows}, at="feedback")


@require_safe
@console_view()
def district(request: HttpRequest) -> HttpResponse:
    """Streets side by side, by code: what stands there now, the three rates of 30 days, visits saved; with a map."""
    check_right_somewhere(request, "district.view")
    rows = streets_now(actor_for(request))
    areas = street_areas(rows)
    for area in areas["features"]:
        area["properties"]["text"] = _("%(open)s open, %(late)s late, %(visits)s visits under way") % {
            "open": area["properties"]["count"],
            "late": area["properties"]["late"],
            "visits": area["properties"]["visiting"],
        }
    context = {"rows": rows, "total": whole(rows), "areas": areas}
    return show(request, "console/district.html", context, at="district")
