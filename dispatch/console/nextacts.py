"""The buttons of the next-action bar, for a case and for an order; and what the bar says, wherever it stands."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from cases import flow
from cases.clock.moment import now
from cases.models import Case, Order, OrderState, PartState
from cases.policies import may
from cases.selectors.dossier import Dossier, dossier, urgent
from cases.selectors.nextstep import ISSUE_FIRST_THEN, ISSUE_THEN, SUBMIT_THEN, ruling_words
from cases.selectors.orderview import OrderView, PartView
from teams.policies import Actor


def next_of_case(actor: Actor, subject: Case, facts: Dossier | None = None) -> dict[str, object]:
    """``title``, ``why`` and ``actions`` of a case's next-action bar."""
    known = facts or dossier(subject)
    return {
        "title": known.step.title,
        "why": known.step.why,
        "actions": next_actions(actor, subject, known),
    }


def next_of_order(actor: Actor, view: OrderView) -> dict[str, object]:
    """``title``, ``why`` and ``actions`` of an order's next-action bar."""
    title, why = _order_words(view.order.state, urgent(view.order))
    if view.order.state == OrderState.TO_APPROVE and not urgent(view.order):
        if may(actor, "order.approve", street_id=view.order.street_id):
            title = _("Approve it, or send it back")
        else:
            title, why = _("It waits for approval"), ""
    if view.order.state == OrderState.RULING:
        title, why = ruling_words(view.to_rule)
    if view.order.state == OrderState.DONE and view.order.urgent_first and not view.order.approved_at:
        title = _("Make up the approval of order %(number)s") % {"number": view.order.number}
        why = _("It was urgent and went out first; the approval is due within 24 hours.")
    return {"title": title, "why": why, "actions": order_actions(actor, view)}


def button(label: str, url: str, **more: object) -> dict[str, object]:
    """A button as the next-action bar and the menus draw it."""
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
            button(_("Accept"), act("accept"), post=True, key="a"),
            button(_("Reject"), act("reject"), key="r"),
            button(_("Join"), act("join"), key="m"),
        ]
    if code == "triage":
        return [button(_("Triage"), reverse("console:triage", args=[subject.pk]), key="t")]
    if code == "asking":
        return [button(_("Go on without an answer"), act("resume"), post=True)]
    if code == "mediate":
        return [button(_("Mediation is over"), act("settle"))]
    if code == "rework" and facts.rework:
        return [button(_("Decide"), reverse("console:feedback_decide", args=[facts.rework.pk]))]
    if code == "open_order" and subject.target_id:
        return [button(_("Draft order"), reverse("console:order_open", args=[subject.target_id]), key="g")]
    if code in ("check_after", "close"):
        return _closing(actor, subject, code)
    present = next((view for view in facts.orders if view.order.state != "cancelled"), None)
    return order_actions(actor, present) if present else []


def _closing(actor: Actor, subject: Case, code: str) -> list[dict[str, object]]:
    right, slug = ("case.check_after", "check-after") if code == "check_after" else ("case.close", "close")
    label = _("Check after") if code == "check_after" else _("Close the case")
    if not may(actor, right, street_id=subject.street_id):
        return []
    return [button(label, reverse(f"console:case_{slug}", args=[subject.pk]), key="c")]


def order_actions(actor: Actor, view: OrderView) -> list[dict[str, object]]:
    """What may be done to an order now, the likeliest first."""
    order = view.order

    def act(slug: str) -> str:
        return reverse(f"console:order_{slug}", args=[order.pk])

    rows: list[dict[str, object]] = []
    late = [p for p in view.parts if p.part.state == PartState.CALLED or _overdue(p)]
    if not may(actor, "order.draft", street_id=order.street_id):
        return rows
    if flow.allowed(order, "submit") and not urgent(order):
        rows.append(button(_("Submit for approval"), act("submit"), post=True, key="s"))
    if flow.allowed(order, "issue_first") and urgent(order):
        rows.append(
            button(
                _("Issue at once"),
                act("issue"),
                post=True,
                key="s",
                confirm=_("It is urgent: the squads are called now and approval is made up within 24 hours. Go on?"),
            )
        )
        if flow.allowed(order, "submit"):
            rows.append(button(_("Submit for approval"), act("submit"), post=True))
    if flow.allowed(order, "approve") or (order.urgent_first and not order.approved_at):
        rows.extend(_approving(actor, order, act("approve"), act("send-back")))
    if flow.allowed(order, "issue"):
        rows.append(button(_("Issue"), act("issue"), post=True, key="s"))
    for part_view in sorted(late, key=_due)[:1]:
        rows.append(_part_button(_("Urge the %(squad)s squad"), part_view, "urge", post=True, key="u"))
    for part_view in [p for p in view.parts if p.part.state == PartState.RETURNED][:1]:
        rows.append(_part_button(_("Call the %(squad)s squad again"), part_view, "call-again"))
        rows.append(_part_button(_("Reassign the part of %(squad)s"), part_view, "reassign", key="d"))
    return rows[:3]


def _due(view: PartView) -> float:
    due = view.deadline.due_at if view.deadline else view.rule_by
    return due.timestamp() if due else 0


def _overdue(view: PartView) -> bool:
    """It has acknowledged and should be there by now, or its rulings should be."""
    if view.part.state == PartState.DONE:
        return view.rule_by is not None and view.rule_by < now()
    due = view.deadline.due_at if view.deadline else None
    return view.part.state == PartState.ACKNOWLEDGED and due is not None and due < now()


def _approving(actor: Actor, order: Order, approve: str, back: str) -> list[dict[str, object]]:
    if not may(actor, "order.approve", street_id=order.street_id):
        return [_refused(_("Approve"), _("The head of office approves."))]
    rows = [button(_("Approve"), approve, key="y")]
    if flow.allowed(order, "send_back"):
        rows.append(button(_("Send back"), back))
    return rows


def _part_button(label: str, view: PartView, slug: str, **more: object) -> dict[str, object]:
    url = reverse(f"console:part_{slug}", args=[view.part.pk])
    return button(label % {"squad": view.name}, url, **more)


def _order_words(state: str, in_haste: bool) -> tuple[str, str]:
    if in_haste and state in ("drafted", "to_approve"):
        return _("It is urgent: issue it at once"), str(ISSUE_FIRST_THEN)
    words = {
        "drafted": (
            _("Submit it for approval"),
            str(SUBMIT_THEN),
        ),
        "to_approve": (_("It waits for approval"), _("Read which agencies go and why.")),
        "approved": (_("Issue it: whistle the squads"), str(ISSUE_THEN)),
        "issued": (_("The squads are called"), _("Each acknowledges or returns its part; you see who is silent.")),
        "acknowledged": (_("Every squad has acknowledged"), _("The first one that reports in starts the visit.")),
        "on_scene": (
            _("The visit is under way"),
            _("They answer their lists; the lead closes the visit when all have finished."),
        ),
        "done": (_("Nothing is to be done: the order has ended"), ""),
        "cancelled": (_("This order was cancelled"), ""),
    }
    return words.get(state, ("", ""))
