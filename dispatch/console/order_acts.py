"""What the office does to an order and to a squad's part in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case, LabTest, Order, Part
from cases.selectors.nextstep import ISSUE_THEN, SUBMIT_THEN, URGE_THEN
from cases.selectors.orderview import order_view
from cases.selectors.possible import lab_bar, order_bar, part_bar
from cases.services import dayplans, followups, orders
from dispatch.console import forms
from dispatch.console.acts import Act, Place, act_view
from dispatch.console.nextacts import button, next_of_order
from dispatch.web.access import lab_or_404, order_or_404, part_or_404
from dispatch.web.explain import explained
from dispatch.web.moments import moment_words
from teams.policies import Actor

Data = Mapping[str, Any]


def _order_url(order: Order) -> str:
    return reverse("console:order", args=[order.pk])


def _submit(actor: Actor, order: Order, data: Data) -> object:
    return orders.order_submit(actor=actor, order_id=order.pk)


def _approve(actor: Actor, order: Order, data: Data) -> object:
    return orders.order_approve(actor=actor, order_id=order.pk, note=data["note"])


def _send_back(actor: Actor, order: Order, data: Data) -> object:
    return orders.order_send_back(actor=actor, order_id=order.pk, reason=data["reason"])


def _issue(actor: Actor, order: Order, data: Data) -> object:
    return dayplans.order_whistle(actor=actor, order_id=order.pk)


def _cancel(actor: Actor, order: Order, data: Data) -> object:
    return orders.order_cancel(actor=actor, order_id=order.pk, reason=data["reason"])


def _change_target(actor: Actor, order: Order, data: Data) -> object:
    return orders.order_change_target(actor=actor, order_id=order.pk, target_id=data["target"], reason=data["reason"])


def _who_goes(order: Order) -> Data:
    """The squads with their items, and why: what is approved is read where it is approved."""
    view = order_view(order.pk)
    return {"parts": view.parts, "explanation": explained(view.order.explanation or [])}


ORDER_ACTS: Mapping[str, Act] = {
    act.slug: act
    for act in (
        Act(
            "submit",
            "order.draft",
            _("Submit for approval"),
            _("Submit for approval"),
            _submit,
            _("Submitted: the head of office approves."),
            why=SUBMIT_THEN,
        ),
        Act(
            "approve",
            "order.approve",
            _("Approve"),
            _("Approve"),
            _approve,
            _("Approved."),
            forms.ApproveForm,
            _(
                "Read which agencies go and why. Approving stops the approval's clock; "
                "then the order can be issued, if it is not out already."
            ),
            about=_who_goes,
        ),
        Act(
            "send-back",
            "order.approve",
            _("Send back"),
            _("Send back to the draft"),
            _send_back,
            _("Sent back to the draft."),
            forms.ReasonForm,
            _("It is a draft again. The office is told with your reason; the approval's clock stops."),
        ),
        Act(
            "issue",
            "order.issue",
            _("Issue: whistle the squads"),
            _("Issue"),
            _issue,
            _("Issued: the squads are called."),
            why=ISSUE_THEN,
            about=_who_goes,
        ),
        Act(
            "cancel",
            "order.cancel",
            _("Cancel the order"),
            _("Cancel the order"),
            _cancel,
            _("Cancelled; its needs are open again."),
            forms.ReasonForm,
            _("Called squads are told and every clock of the order stops. The needs go back to the plan."),
            danger=True,
        ),
        Act(
            "change-target",
            "order.change",
            _("Change the party"),
            _("Change"),
            _change_target,
            _("The order goes to the other party now."),
            forms.ChangeTargetForm,
            _("Its cases and needs go with it. Called squads are told; an approval is asked for again."),
        ),
    )
}


def _matter(order: Order) -> str:
    """Which visit an act is about: whose door, what for, which day."""
    cases = Case.objects.filter(needs__order_links__order=order, category__isnull=False).distinct().order_by("pk")
    kinds = [case.category for case in cases.select_related("category")]
    words = [order.target, order.target.address, *kinds, order.get_kind_display(), moment_words(order.planned_day)]
    return "·".join(dict.fromkeys(str(word) for word in words if word))


def _next_of(actor: Actor, order_id: int) -> Mapping[str, object]:
    return next_of_order(actor, order_view(order_id))


ORDERS = Place(
    order_or_404,
    lambda order: str(order.number),
    _order_url,
    order_bar,
    lambda actor, order, _slug: _next_of(actor, order.pk),
    lambda _order: "orders",
    _matter,
)


def _urge(actor: Actor, part: Part, data: Data) -> object:
    return orders.part_urge(actor=actor, part_id=part.pk)


def _call_again(actor: Actor, part: Part, data: Data) -> object:
    return orders.part_call_again(actor=actor, part_id=part.pk, reason=data["reason"])


def _reassign(actor: Actor, part: Part, data: Data) -> object:
    return orders.part_reassign(actor=actor, part_id=part.pk, squad_id=data["squad"], reason=data["reason"])


def _release(actor: Actor, part: Part, data: Data) -> object:
    return orders.part_release(actor=actor, part_id=part.pk, reason=data["reason"])


def _returned(part: Part) -> Data:
    """Why the squad gave it back: whoever decides reads it while writing the answer."""
    return {"said": (part.squad, part.return_reason)} if part.return_reason else {}


PART_ACTS: Mapping[str, Act] = {
    act.slug: act
    for act in (
        Act(
            "urge",
            "part.urge",
            _("Urge"),
            _("Urge"),
            _urge,
            _("Urged: the squad and its leader are told."),
            why=URGE_THEN,
        ),
        Act(
            "call-again",
            "order.change",
            _("Call again"),
            _("Call again"),
            _call_again,
            _("Called again."),
            forms.ReasonForm,
            _("The squad is told and reads this reason. Its clocks to acknowledge and to report in start anew."),
            about=_returned,
        ),
        Act(
            "reassign",
            "order.change",
            _("Give to another squad"),
            _("Reassign"),
            _reassign,
            _("Another squad is called."),
            forms.ReassignForm,
            _("If the order is out, the new squad is called and its clocks start; this one is told it is excused."),
            about=_returned,
        ),
        Act(
            "release",
            "order.change",
            _("Excuse this squad"),
            _("Excuse"),
            _release,
            _("The squad is excused."),
            forms.ReasonForm,
            _("If it was called, it is told, and its clocks stop; the others go without it."),
            about=_returned,
        ),
    )
}


def _part_instead(actor: Actor, part: Part, slug: str) -> Mapping[str, object]:
    """The lead can't be excused: its part goes to another squad. Else what is next about the order."""
    if slug == "release" and part.is_lead and not part_bar(actor, part, "reassign"):
        act = PART_ACTS["reassign"]
        to_other = button(str(act.button), reverse("console:part_reassign", args=[part.pk]))
        return {"title": act.title, "why": act.why, "actions": [to_other]}
    return _next_of(actor, part.order_id)


PARTS = Place(
    part_or_404,
    lambda part: f"{part.order.number} · {part.squad}",
    lambda part: _order_url(part.order),
    part_bar,
    _part_instead,
    lambda _part: "orders",
    lambda part: f"{part.squad}·{part.order.target}",
)


def _lab_cancel(actor: Actor, test: LabTest, data: Data) -> object:
    return followups.lab_cancel(actor=actor, lab_test_id=test.pk, reason=data["reason"])


LAB_ACTS: Mapping[str, Act] = {
    "cancel": Act(
        "cancel",
        "order.change",
        _("Call the laboratory test off"),
        _("Call the test off"),
        _lab_cancel,
        _("The test is called off; the laboratory and the squad are told."),
        forms.ReasonForm,
        _("On scene the item is open again; after the visit it stands as not applicable, with this reason."),
        danger=True,
    )
}
LABS = Place(
    lab_or_404,
    lambda test: f"{test.number} · {test.part_item.item}",
    lambda test: _order_url(test.visit.order),
    lab_bar,
    lambda actor, test, _slug: _next_of(actor, test.visit.order_id),
    lambda _test: "orders",
    lambda test: str(test.visit.order.target),
)


def lab_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: act_view(LABS, act) for slug, act in LAB_ACTS.items()}


def order_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: act_view(ORDERS, act) for slug, act in ORDER_ACTS.items()}


def part_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: act_view(PARTS, act) for slug, act in PART_ACTS.items()}
