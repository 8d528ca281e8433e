"""Several orders at once: submitted, approved or issued, each by itself through the service of the single act.

First a page says what would become of each; what is sent then carries the place in each order's journal that was read,
so that an order which somebody changed meanwhile is refused and not decided on unread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from cases.models import Order
from cases.policies import may
from cases.refusals import Refused
from cases.selectors.board import OrderGlance, PartGlance, parts_fill
from cases.selectors.nextstep import SUBMIT_THEN
from cases.selectors.orderneeds import Reason, reasons_of
from cases.selectors.planning import ORDER_GROUPS
from cases.selectors.possible import order_bar
from cases.services import dayplans, orders
from dispatch.console.boardpage import ids_of
from dispatch.console.bulk import why
from dispatch.console.forms import ApproveForm
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, check_right_somewhere, holds_somewhere
from dispatch.web.explain import explained
from dispatch.web.refusals import INVALID
from teams.numbers import is_number
from teams.policies import Actor, not_allowed

MOST = 60
"""A page of the list."""

Each = Callable[[Actor, int, int, Mapping[str, Any]], object]


@dataclass(frozen=True, slots=True)
class OrderBulk:
    """One act: ``each`` does it to an order (actor, id, place read in its journal, what was filled in)."""

    slug: str
    right: str
    label: str | Promise
    key: str
    each: Each
    why: str | Promise
    button: Callable[[int], str]
    done: Callable[[int], str]
    form: type[ApproveForm] | None = None


def _submit(actor: Actor, order_id: int, seen: int, _data: Mapping[str, Any]) -> object:
    return orders.order_submit(actor=actor, order_id=order_id, seen=seen)


def _approve(actor: Actor, order_id: int, seen: int, data: Mapping[str, Any]) -> object:
    return orders.order_approve(actor=actor, order_id=order_id, note=data["note"], seen=seen)


def _issue(actor: Actor, order_id: int, seen: int, _data: Mapping[str, Any]) -> object:
    return dayplans.order_whistle(actor=actor, order_id=order_id, seen=seen)


ORDER_BULK: Mapping[str, OrderBulk] = {
    act.slug: act
    for act in (
        OrderBulk(
            "submit",
            "order.draft",
            gettext_lazy("Submit for approval"),
            "s",
            _submit,
            SUBMIT_THEN,
            lambda n: ngettext("Submit %(n)s order", "Submit %(n)s orders", n) % {"n": n},
            lambda n: ngettext("%(n)s order submitted.", "%(n)s orders submitted.", n) % {"n": n},
        ),
        OrderBulk(
            "approve",
            "order.approve",
            gettext_lazy("Approve"),
            "y",
            _approve,
            gettext_lazy(
                "Read of each which agencies go and why. Approving stops the clock of the approval; your opinion is "
                "written on each order."
            ),
            lambda n: ngettext("Approve %(n)s order", "Approve %(n)s orders", n) % {"n": n},
            lambda n: ngettext("%(n)s order approved.", "%(n)s orders approved.", n) % {"n": n},
            ApproveForm,
        ),
        OrderBulk(
            "issue",
            "order.issue",
            gettext_lazy("Issue"),
            "i",
            _issue,
            gettext_lazy(
                "The squads of each order are told at once, and their clocks to acknowledge and to report in start. "
                "Issuing can't be undone: an order can only be cancelled, with a reason."
            ),
            lambda n: ngettext("Issue %(n)s order", "Issue %(n)s orders", n) % {"n": n},
            lambda n: (
                ngettext("%(n)s order issued: its squads are called.", "%(n)s orders issued: the squads are called.", n)
                % {"n": n}
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Prospect:
    """One of the chosen as it stands now. ``bar``: why it would be refused, "" when it would not."""

    order: Order
    seen: int
    bar: str
    parts: Sequence[PartGlance] = ()
    reasons: Sequence[Reason] = ()
    explanation: Sequence[str] = field(default_factory=list)


def acts_for(request: HttpRequest) -> list[OrderBulk]:
    """The acts that this person may do somewhere: without any, nothing is offered to be chosen."""
    return [act for act in ORDER_BULK.values() if holds_somewhere(request, act.right)]


def order_bulk_views() -> dict[str, Callable[..., HttpResponse]]:
    return {slug: _view(act) for slug, act in ORDER_BULK.items()}


def _view(act: OrderBulk) -> Callable[..., HttpResponse]:
    @require_POST
    @console_view()
    def view(request: HttpRequest) -> HttpResponse:
        check_right_somewhere(request, act.right)
        actor = actor_for(request)
        chosen = _chosen(request, actor)
        if not chosen:
            messages.warning(request, _("Choose orders first."))
            return redirect(_back(request))
        sure = "sure" in request.POST
        form = act.form(request.POST if sure else None) if act.form else None
        if not sure or (form is not None and not form.is_valid()):
            return _ask(request, act, chosen, form, INVALID if sure else 200)
        _do(request, act, actor, chosen, form.cleaned_data if form else {})
        return redirect(_back(request))

    view.__name__ = f"order_bulk_{act.slug}"
    return view


def _chosen(request: HttpRequest, actor: Actor) -> list[Order]:
    """The ticked orders in the order of the list that they were ticked in; those of others fall out."""
    wanted = ids_of(request.POST.getlist("pick"), MOST)
    rows = Order.objects.visible_to(actor).filter(pk__in=wanted).annotate(seen=F("chain__seq"))
    found = {order.pk: order for order in rows.select_related("target", "street")}
    return [found[pk] for pk in wanted if pk in found]


def _do(request: HttpRequest, act: OrderBulk, actor: Actor, chosen: Sequence[Order], data: Mapping[str, Any]) -> None:
    """Each by itself; what is refused is named with its reason, the rest is done."""
    read = dict(pair.split(":", 1) for pair in request.POST.getlist("seen") if ":" in pair)
    done = 0
    for order in chosen:
        place = read.get(str(order.pk), "")
        try:
            act.each(actor, order.pk, int(place) if is_number(place) else 0, data)
            done += 1
        except Refused as refused:
            messages.error(request, f"{order.number} {order.target.name}: {why(order, refused)}")
    if done:
        messages.success(request, act.done(done))


def _ask(
    request: HttpRequest, act: OrderBulk, chosen: Sequence[Order], form: ApproveForm | None, status: int
) -> HttpResponse:
    rows = _prospects(actor_for(request), act, chosen)
    ready = [row for row in rows if not row.bar]
    context = {
        "act": act,
        "form": form,
        "ready": ready,
        "barred": [row for row in rows if row.bar],
        "squads": sum(len(row.parts) for row in ready),
        "button": act.button(len(ready)),
        "action": request.path,
        "group": _group(request),
        "back": _back(request),
    }
    return show(request, "console/order_bulk.html", context, status=status, at="orders")


def _prospects(actor: Actor, act: OrderBulk, chosen: Sequence[Order]) -> list[Prospect]:
    """Four queries, however many there are."""
    glances = {order.pk: OrderGlance(order.pk, order.number, order.state, 0) for order in chosen}
    parts_fill(glances.values())
    reasons = reasons_of(glances)
    return [
        Prospect(
            order,
            order.seen or 0,  # type: ignore[attr-defined]
            _bar(actor, act, order),
            glances[order.pk].parts,
            reasons.get(order.pk, ()),
            explained(order.explanation or []),
        )
        for order in chosen
    ]


def _bar(actor: Actor, act: OrderBulk, order: Order) -> str:
    if not may(actor, act.right, street_id=order.street_id):
        return str(not_allowed(act.right).message)
    return order_bar(actor, order, act.slug)


def _group(request: HttpRequest) -> str:
    group = request.POST.get("group", "")
    return group if group in ORDER_GROUPS else ""


def _back(request: HttpRequest) -> str:
    group = _group(request)
    return f"{reverse('console:orders')}?{urlencode({'group': group})}" if group else reverse("console:orders")
