"""Those who look on: rework that residents ask for, and the district's streets. No rankings by fines or inspections."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cases.policies import may
from cases.selectors import district as selector
from dispatch.console.frame import console_view, show
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
    """Counts per street: open, late, on the way, visits under way, closed within a week, visits saved."""
    check_right_somewhere(request, "district.view")
    rows = selector.streets_overview(actor_for(request))
    return show(request, "console/district.html", {"rows": rows, "total": selector.total_of(rows)}, at="district")
