"""The case page: the one next action on top, facts left, orders and private lines in the middle, timeline right."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import flow
from cases.clock.moment import now
from cases.models import Case, CaseStage, Deadline, PartState
from cases.policies import may
from cases.selectors.board import squad_name
from cases.selectors.dossier import dossier
from cases.selectors.nextstep import URGE_THEN
from cases.selectors.orderview import OrderView, PartView
from cases.selectors.related import near_cases, place_of, related
from cases.selectors.steps import steps_of
from dispatch.console.case_acts import CASE_ACTS, queue_of
from dispatch.console.case_parts import case_map, gallery, photo_rows, story_of
from dispatch.console.frame import QUEUE_LOOK, console_view, queue_url, show
from dispatch.console.nextacts import button, next_of_case
from dispatch.web.access import actor_for, case_or_404
from teams.policies import Actor

MENU: tuple[tuple[str, str | None], ...] = (
    ("note", None),
    ("ask", "ask"),
    ("join", "join"),
    ("split", "plan"),
    ("return", "return"),
    ("take-back", "take_back"),
    ("reject", "reject"),
)
"""Acts of the menu and the move of the flow that each needs."""
BEFORE_TRIAGE = (CaseStage.RECEIVED, CaseStage.ACCEPTED, CaseStage.ASKING)


@require_safe
@console_view()
def case(request: HttpRequest, pk: int) -> HttpResponse:
    subject, actor = case_or_404(request, pk), actor_for(request)
    facts = dossier(subject)
    queue = queue_of(subject)
    context = {
        "case": subject,
        "file": facts,
        "clocks": [{"row": row, "who": _of_what(row)} for row in facts.deadlines],
        "steps": steps_of(subject),
        "next": next_of_case(actor, subject, facts),
        "menu": _menu(actor, subject),
        "order_cards": [order_card(actor, view) for view in facts.orders],
        "present_order": facts.orders[0].order.pk if facts.orders else "",
        "gallery": gallery(
            facts.pictures, share_in=subject if may(actor, "photo.share", street_id=subject.street_id) else None
        ),
        "story": story_of(subject, facts),
        "around": related(subject, actor, order_ids=[view.order.pk for view in facts.orders]),
        "map": case_map(subject),
        "may_line": may(actor, "complaint.line", street_id=subject.street_id),
        "may_be_present": may(actor, "complaint.line", street_id=subject.street_id),
        "may_reveal": may(actor, "identity.reveal", street_id=subject.street_id),
        "seq": getattr(getattr(subject, "chain", None), "seq", 0),
        "crumb_url": queue_url(queue),
        "crumb": QUEUE_LOOK[queue][0],
        "asking": subject.stage == CaseStage.ASKING and subject.due_at is None,
        "before_triage": subject.stage in BEFORE_TRIAGE,
        "ended": subject.stage in flow.ENDED,
        "printed_at": now(),
    }
    return show(request, "console/case.html", context, at="" if subject.stage in flow.ENDED else queue)


def _of_what(row: Deadline) -> str:
    """Which of several alike a clock is: the squad it runs for, or the finding."""
    if row.part:
        return squad_name(row.part.squad)
    finding = row.finding or (row.ruling and row.ruling.finding)
    return str(finding.item or finding.text) if finding else ""


@require_safe
@console_view()
def case_near(request: HttpRequest, pk: int) -> JsonResponse:
    """Open cases close by, as GeoJSON for the map of the page."""
    subject = case_or_404(request, pk)
    features = []
    for row in near_cases(subject, actor_for(request)).order_by("-pk")[:50]:
        point = place_of(row)
        assert point is not None  # found by its point
        words = {
            "id": f"case-{row.pk}",
            "label": row.target.name if row.target else row.title,
            "text": f"{row.reference} {row.category or ''}·{row.get_stage_display()}",
            "url": reverse("console:case", args=[row.pk]),
            "due": row.due_at.isoformat() if row.due_at else None,
            "warn": row.warn_at.isoformat() if row.warn_at else None,
        }
        geometry = {"type": "Point", "coordinates": [point[1], point[0]]}
        features.append({"type": "Feature", "geometry": geometry, "properties": words})
    return JsonResponse({"type": "FeatureCollection", "features": features})


def part_menu(actor: Actor, view: PartView) -> list[dict[str, object]]:
    """Acts on one squad's part that its state allows."""
    part, order = view.part, view.part.order
    if not may(actor, "order.change", street_id=order.street_id):
        return []
    states: dict[str, tuple[str, ...]] = {
        "urge": (PartState.CALLED, PartState.ACKNOWLEDGED),
        "call-again": (PartState.RETURNED,),
        "reassign": (PartState.PLANNED, PartState.CALLED, PartState.ACKNOWLEDGED, PartState.RETURNED),
        "release": (PartState.PLANNED, PartState.CALLED, PartState.ACKNOWLEDGED, PartState.RETURNED),
    }
    words = {
        "urge": _("Urge"),
        "call-again": _("Call again"),
        "reassign": _("Give to another squad"),
        "release": _("Excuse this squad"),
    }
    return [
        button(
            words[slug],
            reverse(f"console:part_{slug}", args=[part.pk]),
            post=slug == "urge",
            why=URGE_THEN if slug == "urge" else "",
        )
        for slug, allowed in states.items()
        if (part.state in allowed or (slug == "urge" and part.state == PartState.DONE and view.to_rule))
        and not (slug == "release" and part.is_lead)
        and (slug == "urge" or order.state in flow.LIVE)
    ]


def order_card(actor: Actor, view: OrderView) -> dict[str, Any]:
    """An order as the case page and the order page draw it."""
    for part_view in view.parts:
        part_view.part.order = view.order
    present = [p for p in view.parts if p.part.state != PartState.RELEASED]
    return {
        "view": view,
        "order": view.order,
        "parts": [{"view": p, "menu": part_menu(actor, p)} for p in present],
        "released": [p for p in view.parts if p.part.state == PartState.RELEASED],
        "saved": view.visits_saved,
        "photos": photo_rows(view.photos),
        "may_change": may(actor, "order.change", street_id=view.order.street_id),
        "there": sum(p.part.state == PartState.ON_SCENE for p in present),
    }


def _menu(actor: Actor, subject: Case) -> list[dict[str, object]]:
    rows = []
    for slug, move in MENU:
        act = CASE_ACTS[slug]
        if move and not flow.allowed(subject, move):
            continue
        if may(actor, act.right, street_id=subject.street_id):
            rows.append({"label": act.title, "url": reverse(f"console:case_{slug}", args=[subject.pk]), "slug": slug})
    return rows
