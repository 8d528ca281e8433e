"""The case beside the list: its facts, the next action, the squads and the last lines, short enough to read at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.models import Case
from cases.selectors import timeline
from cases.selectors.board import squad_name
from cases.selectors.dossier import dossier
from dispatch.console.frame import console_view
from dispatch.console.nextacts import next_actions
from dispatch.web.access import actor_for, case_or_404

LAST = 4


def preview_of(request: HttpRequest, pk: int) -> dict[str, Any] | None:
    """Context of the preview of a case that this person sees; None for any other."""
    rows = Case.objects.visible_to(actor_for(request))
    case = rows.select_related("street", "target", "category", "grid", "owner", "chain").filter(pk=pk).first()
    return _preview(request, case) if case else None


@require_safe
@console_view()
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that scripts ask for when a row is at hand."""
    return render(request, "console/preview.html", {"preview": _preview(request, case_or_404(request, pk))})


def _preview(request: HttpRequest, case: Case) -> dict[str, Any]:
    actor, facts = actor_for(request), dossier(case)
    present = next((view for view in facts.orders if view.order.state != "cancelled"), None)
    url = reverse("console:case", args=[case.pk])
    actions = next_actions(actor, case, facts)
    return {
        "case": case,
        "url": url,
        "seq": case.chain.seq if getattr(case, "chain", None) else 0,
        "step": facts.step,
        # The list's own keys act on the row at hand; a second bearer of the same letter would hide one of them.
        "actions": [{name: value for name, value in action.items() if name != "key"} for action in actions],
        "next": request.headers.get("HX-Current-URL") or request.get_full_path(),
        "clocks": [{"row": row, "who": squad_name(row.part.squad) if row.part else ""} for row in facts.deadlines],
        "order": present.order if present else None,
        "parts": [view for view in present.parts if view.part.state != "released"] if present else [],
        "voices": facts.voices[:LAST],
        "more_voices": max(0, len(facts.voices) - LAST),
        "story": timeline.case_timeline(
            case=case, until=facts.until, known=facts.ground, orders=[view.order for view in facts.orders]
        ).entries[:LAST],
    }
