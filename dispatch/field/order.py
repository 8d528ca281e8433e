"""The order as a squad reads it: the brief, who does what; acknowledged, or returned with a reason."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.clock.moment import now
from cases.models import NeedCause, Part, PartItem, PartState, Source
from cases.selectors import worklist as work
from cases.selectors.cards import card_of
from cases.services import orders
from dispatch.field.forms import ReasonForm
from dispatch.field.frame import attempt, done, field_act, shared_shots, show
from dispatch.field.rows import officer_here, part_for
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID
from teams.models.base import in_english
from teams.selectors import on_duty

RESIDENTS = frozenset({Source.PORTAL.value, Source.HOTLINE.value, Source.OFFICE.value})


@require_safe
@field_act
def part(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, part_for(request, pk))


@require_POST
@field_act
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    row = part_for(request, pk, "part.acknowledge")
    orders.part_acknowledge(actor=actor_for(request), part_id=row.pk)
    said = _("Acknowledged: %(target)s.") % {"target": row.order.target}
    if request.POST.get("stay"):
        return done(request, said, "field:part", row.pk)
    return done(request, said, "field:today")


@field_act
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part with a reason; the office decides who goes instead."""
    row = part_for(request, pk, "part.return")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            actor, reason = actor_for(request), form.cleaned_data["reason"]
            status = attempt(form, lambda: orders.part_return(actor=actor, part_id=row.pk, reason=reason))
            if status == 200:
                return done(request, _("Returned. The office reads your reason."), "field:today")
    context = {"part": row, "form": form, "back_url": reverse("field:part", args=[row.pk])}
    return show(request, "field/return.html", context, status=status)


def _page(request: HttpRequest, row: Part) -> HttpResponse:
    needs = work.needs_of(row.order_id)
    parts = list(
        Part.objects.filter(order_id=row.order_id)
        .exclude(state__in=[PartState.RELEASED, PartState.PLANNED])
        .select_related("squad")
    )
    english = in_english()
    items: dict[int, list[str]] = {}
    asked = PartItem.objects.filter(part_id__in=[p.pk for p in parts])
    for part_id, name, name_en in asked.values_list("part_id", "item__name", "item__name_en"):
        items.setdefault(part_id, []).append((english and name_en) or name)
    cases = [need.case for need in needs if need.case is not None]
    context = {
        "card": card_of(row.pk),
        "part": row,
        "parts": [{"part": p, "items": items.get(p.pk, []), "mine": p.pk == row.pk} for p in parts],
        "needs": needs,
        "asked": work.asked_for(needs),
        "begins": work.begins_on(needs),
        "recheck": any(need.cause == NeedCause.RECHECK for need in needs),
        "resident": any(case.source in RESIDENTS for case in cases),
        "night": any(case.category is not None and case.category.night for case in cases),
        "photos": shared_shots(work.shared_photos(row.order_id)),
        "officer": officer_here(request, row),
        "dispatchers": on_duty(now(), street_id=row.order.street_id),
        "back_url": reverse("field:today"),
    }
    return show(request, "field/part.html", context)
