"""Plan and orders: open needs by party, an order with its preview, its approval and its whistle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from cases.models import Case, Deadline, Need, Order, Target
from cases.planner.guard import Guarded
from cases.policies import may
from cases.refusals import Refused
from cases.selectors import orderlist, planning, timeline
from cases.selectors.board import OrderGlance, parts_fill, squad_name
from cases.selectors.composition import Composition, compose
from cases.selectors.guard import guard_of
from cases.selectors.orderneeds import reasons_of
from cases.selectors.orderview import order_view
from cases.services import orders as service
from dispatch.console.case import order_card
from dispatch.console.frame import console_view, show
from dispatch.console.nextacts import next_of_order
from dispatch.console.order_acts import ORDER_ACTS
from dispatch.console.orderbulk import acts_for
from dispatch.web.access import actor_for, holds_somewhere, order_or_404, target_or_404
from dispatch.web.explain import explained
from dispatch.web.refusals import INVALID, put_refusal
from teams.numbers import is_number
from teams.selectors import squads_serving, street_team

GROUPS = (
    ("", pgettext_lazy("orders", "open")),
    ("approve", gettext_lazy("to approve")),
    ("draft", gettext_lazy("drafts and approval")),
    ("way", gettext_lazy("on the way")),
    ("rule", gettext_lazy("to rule")),
    ("ended", gettext_lazy("ended")),
)


@require_safe
@console_view()
def plan(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    plans = planning.open_needs(actor)
    context = {
        "now_plans": [row for row in plans if not row.later],
        "later_plans": [row for row in plans if row.later],
        "needs": sum(len(row.needs) for row in plans),
        "today": timezone.localdate(now()),
        "may_publish": holds_somewhere(request, "plan.publish"),
        "may_open": {row.target.pk for row in plans if may(actor, "order.draft", street_id=row.target.street_id)},
    }
    return show(request, "console/plan.html", context, at="plan_work")


class OpenForm(forms.Form):
    """A new order over a party's open needs. Empty squads = those that the planner names."""

    needs = forms.TypedMultipleChoiceField(label=gettext_lazy("reasons to visit"), coerce=int, required=False)
    planned_day = forms.DateField(
        label=gettext_lazy("planned day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    planned_from = forms.TimeField(
        label=gettext_lazy("hour from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    planned_until = forms.TimeField(
        label=gettext_lazy("hour until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    lead_squad = forms.TypedChoiceField(label=gettext_lazy("who leads"), required=False, coerce=int, empty_value=None)
    lead_reason = forms.CharField(label=gettext_lazy("why another squad leads"), required=False, max_length=240)
    guard_reason = forms.CharField(
        label=gettext_lazy("why the planned checks go all the same"), required=False, max_length=240
    )
    chosen = forms.BooleanField(required=False, widget=forms.HiddenInput)
    squads = forms.TypedMultipleChoiceField(label=gettext_lazy("joint squads"), coerce=int, required=False)

    def __init__(self, data: Any, *, target: Target, rows: list[Need], first: set[int]) -> None:
        # A recheck has a first day: the order is not begun with a day that it would refuse.
        days = [timezone.localdate(now()), *(need.from_day for need in rows if need.pk in first)]
        start = {"needs": sorted(first), "planned_day": max(days)}
        super().__init__(data, initial=start)
        self.fields["needs"].choices = [(need.pk, str(need.pk)) for need in rows]  # type: ignore[attr-defined]
        team = street_team(target.street_id)
        serving = [(squad.pk, str(squad)) for squad in squads_serving(target.street_id)]
        lead_name = _("%(squad)s (the street's own team)") % {"squad": team} if team else _("the street's own team")
        others = [(pk, name) for pk, name in serving if not team or pk != team.pk]
        self.fields["lead_squad"].choices = [("", lead_name), *others]  # type: ignore[attr-defined]
        self.fields["squads"].choices = serving  # type: ignore[attr-defined]


@console_view()
def order_open(request: HttpRequest, pk: int) -> HttpResponse:
    """What the order would look like, and why; opening it makes the draft."""
    target = target_or_404(request, pk, "order.draft")
    rows = planning.needs_of(target)
    first = planning.needs_first(rows)
    posted = request.method == "POST"
    form = OpenForm(request.POST if posted else None, target=target, rows=rows, first=first)
    status = 200
    valid = posted and form.is_valid()
    if valid and "open" in request.POST:
        try:
            order = service.order_open(actor=actor_for(request), target_id=target.pk, **_asked(form))
        except Refused as refused:
            status = put_refusal(form, refused)
        else:
            messages.success(request, _("Order %(number)s is drafted.") % {"number": order.number})
            return redirect("console:order", order.pk)
    elif posted and not valid:
        status = INVALID
    chosen = set(form.cleaned_data["needs"]) if valid and form.cleaned_data.get("needs") else first
    picked = [need for need in rows if need.pk in chosen]
    preview = _preview(target, picked, form if valid else None)
    if preview and valid and "open" not in request.POST:
        preview = _told(form, picked, preview)
    guarded = Guarded()
    if preview:
        on = form.cleaned_data.get("planned_day") if valid else None
        guarded = guard_of(target=target, needs=picked, plan=preview, on=on or timezone.localdate(now()))
    context = {
        "target": target,
        "form": form,
        "needs": [{"need": need, "on": need.pk in chosen} for need in rows],
        "guarded": guarded,
        "guard_why": explained(guarded.notes),
        "live": planning.live_order(target),
        "preview": preview,
        "preview_parts": [{"plan": part, "why": explained(part.notes)} for part in preview.parts] if preview else [],
        "preview_why": explained(preview.notes) if preview else [],
    }
    if request.headers.get("HX-Request"):
        return show(request, "console/order_open.html#form", context, status=status)
    return show(request, "console/order_open.html", context, status=status, at="plan_work")


def _asked(form: OpenForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "need_ids": data["needs"] or None,
        "planned_day": data["planned_day"],
        "planned_from": data["planned_from"],
        "planned_until": data["planned_until"],
        "lead_squad_id": data["lead_squad"],
        "lead_reason": data["lead_reason"],
        "guard_reason": data["guard_reason"],
        "squad_ids": data["squads"] if data["chosen"] else None,
    }


def _told(form: OpenForm, needs: list[Need], preview: Composition) -> Composition | None:
    """The preview with what drafting would refuse said beside it; needs that don't fit together make no visit."""
    data = form.cleaned_data
    try:
        service.opening_check(
            needs=needs, plan=preview, planned_day=data["planned_day"], lead_reason=data["lead_reason"]
        )
    except Refused as refused:
        put_refusal(form, refused)
        return None if refused.code == "needs_do_not_fit" else preview
    return preview


def _preview(target: Target, needs: list[Need], form: OpenForm | None) -> Composition | None:
    if not needs:
        return None
    data = form.cleaned_data if form else {}
    return compose(
        target=target,
        needs=needs,
        lead_squad_id=data.get("lead_squad"),
        squad_ids=data.get("squads") if data.get("chosen") else None,
        on=data.get("planned_day") or timezone.localdate(now()),
    )


@require_safe
@console_view()
def order_list(request: HttpRequest) -> HttpResponse:
    group = request.GET.get("group", "")
    after = request.GET.get("after", "")
    rows, more = orderlist.orders_page(actor_for(request), group=group, after=int(after) if is_number(after) else None)
    glances = {order.pk: OrderGlance(order.pk, order.number, order.state, 0) for order in rows}
    parts_fill(glances.values())
    clocks = orderlist.clocks_of(glances)
    base = reverse("console:orders")
    context = {
        "rows": [
            {
                "order": order,
                "parts": glances[order.pk].parts,
                "clock": clocks.get(order.pk),
                "who": _whose(clocks, order),
            }
            for order in rows
        ],
        "ended": group == "ended",
        "group": group,
        "bulk": [] if group == "ended" else acts_for(request),
        "groups": [{"label": label, "url": f"{base}?group={code}", "current": code == group} for code, label in GROUPS],
        "next_url": f"{base}?group={group}&after={more}" if more else "",
        "shown": len(rows),
    }
    return show(request, "console/orders.html", context, at="orders")


def _whose(clocks: Mapping[int, Deadline], order: Order) -> str:
    """The squad that the order's nearest clock runs for."""
    clock = clocks.get(order.pk)
    part = clock and (clock.part or (clock.finding and clock.finding.part))
    return squad_name(part.squad) if part else ""


@require_safe
@console_view()
def order(request: HttpRequest, pk: int) -> HttpResponse:
    subject, actor = order_or_404(request, pk), actor_for(request)
    view = order_view(subject.pk)
    seen = Case.objects.visible_to(actor).filter(needs__order_links__order=subject).distinct()
    cases = {case.pk: case for case in seen.select_related("category")}
    office = may(actor, "order.change", street_id=subject.street_id)
    menu = []
    if office and view.live:
        menu = [
            {"label": ORDER_ACTS[slug].title, "url": reverse(f"console:order_{slug}", args=[pk])}
            for slug in ("change-target", "cancel")
        ]
    context = {
        "order": view.order,
        "card": order_card(actor, view),
        "reasons": [{"reason": row, "case": cases.get(row.need.case_id or 0)} for row in reasons_of([pk]).get(pk, [])],
        "menu": menu,
        "next": next_of_order(actor, view),
        "explanation": explained(view.order.explanation or []),
        "story": timeline.order_timeline(order=view.order),
    }
    return show(request, "console/order.html", context, at="orders")
