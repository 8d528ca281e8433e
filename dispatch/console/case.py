"""The case page: the one next action on top, facts left, orders and private lines in the middle, timeline right."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import flow
from cases.clock.moment import now
from cases.models import Case, CaseStage, Order, PartState
from cases.policies import may
from cases.selectors.board import STAGES, squad_name
from cases.selectors.dossier import Dossier, OrderView, PartView, dossier, urgent
from cases.selectors.nextstep import URGE_THEN
from cases.selectors.related import near_cases, place_of, related
from cases.selectors.steps import steps_of
from dispatch.console.case_acts import CASE_ACTS
from dispatch.console.case_parts import case_map, gallery, photo_rows, story_of
from dispatch.console.frame import QUEUE_LOOK, console_view, queue_url, show
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


@require_safe
@console_view()
def case(request: HttpRequest, pk: int) -> HttpResponse:
    subject, actor = case_or_404(request, pk), actor_for(request)
    facts = dossier(subject)
    queue = queue_of(subject)
    context = {
        "case": subject,
        "file": facts,
        "clocks": [{"row": row, "who": squad_name(row.part.squad) if row.part else ""} for row in facts.deadlines],
        "steps": steps_of(subject),
        "next": {
            "title": facts.step.title,
            "why": facts.step.why,
            "actions": next_actions(actor, subject, facts),
        },
        "menu": _menu(actor, subject),
        "order_cards": [order_card(actor, view) for view in facts.orders],
        "present_order": facts.orders[0].order.pk if facts.orders else "",
        "gallery": gallery(facts.pictures),
        "story": story_of(subject, facts),
        "around": related(subject, actor, order_ids=[view.order.pk for view in facts.orders]),
        "map": case_map(subject),
        "may_line": may(actor, "complaint.line", street_id=subject.street_id),
        "may_be_present": may(actor, "complaint.line", street_id=subject.street_id),
        "may_reveal": may(actor, "identity.reveal", street_id=subject.street_id),
        "seq": getattr(getattr(subject, "chain", None), "seq", 0),
        "crumb_url": queue_url(queue),
        "crumb": QUEUE_LOOK[queue][0],
        "asking": subject.stage == CaseStage.ASKING,
        "printed_at": now(),
    }
    return show(request, "console/case.html", context, at=queue)


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


def queue_of(subject: Case) -> str:
    """The queue in which the case stands now; ended ones belong to none, so the whole board."""
    return next((name for name, stages in STAGES.items() if subject.stage in stages), "all")


def _button(label: str, url: str, **more: object) -> dict[str, object]:
    return {"label": label, "url": url, **more}


def _refused(label: str, why: str) -> dict[str, object]:
    return {"label": label, "url": "", "refusal": why}


def next_actions(actor: Actor, subject: Case, facts: Dossier) -> list[dict[str, object]]:
    """The buttons of the next-action bar: the main one first, at most three. Refused ones say why."""
    code, street = facts.step.code, subject.street_id

    def act(slug: str) -> str:
        return reverse(f"console:case_{slug}", args=[subject.pk])

    office = may(actor, "case.triage", street_id=street)
    if not office and code not in ("check_after", "close"):
        return []
    if code == "accept":
        return [
            _button(_("Accept"), act("accept"), post=True, key="a"),
            _button(_("Reject"), act("reject"), key="r"),
            _button(_("Join"), act("join"), key="m"),
        ]
    if code == "triage":
        return [_button(_("Triage"), reverse("console:triage", args=[subject.pk]), key="t")]
    if code == "asking":
        return [_button(_("Go on without an answer"), act("resume"), post=True)]
    if code == "mediate":
        return [_button(_("Mediation is over"), act("settle"))]
    if code == "rework" and facts.rework:
        return [_button(_("Decide"), reverse("console:feedback_decide", args=[facts.rework.pk]))]
    if code == "open_order" and subject.target_id:
        return [_button(_("Open order"), reverse("console:order_open", args=[subject.target_id]), key="g")]
    if code in ("check_after", "close"):
        return _closing(actor, subject, code)
    present = next((view for view in facts.orders if view.order.state != "cancelled"), None)
    return order_actions(actor, present) if present else []


def _closing(actor: Actor, subject: Case, code: str) -> list[dict[str, object]]:
    right, slug = ("case.check_after", "check-after") if code == "check_after" else ("case.close", "close")
    label = _("Check after") if code == "check_after" else _("Close the case")
    if not may(actor, right, street_id=subject.street_id):
        return []
    return [_button(label, reverse(f"console:case_{slug}", args=[subject.pk]), key="c")]


def order_actions(actor: Actor, view: OrderView) -> list[dict[str, object]]:
    """What may be done to an order now, the likeliest first."""
    order = view.order

    def act(slug: str) -> str:
        return reverse(f"console:order_{slug}", args=[order.pk])

    rows: list[dict[str, object]] = []
    late = [p for p in view.parts if p.part.state == PartState.CALLED]
    if not may(actor, "order.draft", street_id=order.street_id):
        return rows
    if flow.allowed(order, "submit") and not urgent(order):
        rows.append(_button(_("Submit for approval"), act("submit"), post=True, key="s"))
    if flow.allowed(order, "issue_first") and urgent(order):
        rows.append(
            _button(
                _("Issue at once"),
                act("issue"),
                post=True,
                key="s",
                confirm=_("It is urgent: the squads are called now and approval is made up within 24 hours. Go on?"),
            )
        )
        if flow.allowed(order, "submit"):
            rows.append(_button(_("Submit for approval"), act("submit"), post=True))
    if flow.allowed(order, "approve") or (order.urgent_first and not order.approved_at):
        rows.extend(_approving(actor, order, act("approve"), act("send-back")))
    if flow.allowed(order, "issue"):
        rows.append(_button(_("Issue"), act("issue"), post=True, key="s"))
    for part_view in sorted(late, key=lambda p: p.deadline.due_at.timestamp() if p.deadline else 0)[:1]:
        rows.append(_part_button(_("Urge %(squad)s"), part_view, "urge", post=True, key="u"))
    for part_view in [p for p in view.parts if p.part.state == PartState.RETURNED][:1]:
        rows.append(_part_button(_("Call %(squad)s again"), part_view, "call-again"))
        rows.append(_part_button(_("Reassign %(squad)s"), part_view, "reassign", key="d"))
    return rows[:3]


def _approving(actor: Actor, order: Order, approve: str, back: str) -> list[dict[str, object]]:
    if not may(actor, "order.approve", street_id=order.street_id):
        return [_refused(_("Approve"), _("The head of office approves."))]
    rows = [_button(_("Approve"), approve, key="y")]
    if flow.allowed(order, "send_back"):
        rows.append(_button(_("Send back"), back))
    return rows


def _part_button(label: str, view: PartView, slug: str, **more: object) -> dict[str, object]:
    url = reverse(f"console:part_{slug}", args=[view.part.pk])
    return _button(label % {"squad": view.name}, url, **more)


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
        _button(
            words[slug],
            reverse(f"console:part_{slug}", args=[part.pk]),
            post=slug == "urge",
            why=URGE_THEN if slug == "urge" else "",
        )
        for slug, allowed in states.items()
        if part.state in allowed
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
        "there": sum(p.part.state in (PartState.ON_SCENE, PartState.DONE) for p in present),
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
