"""The end of a visit by its lead, and of a handling task by who handled it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.models import AttachmentRole, OrderState, Part, PartState, VisitState
from cases.selectors import worklist as work
from cases.selectors.cards import card_of
from cases.services import files, followups
from dispatch.field.forms import CloseForm, TaskForm
from dispatch.field.frame import attempt, done, field_act, is_htmx, photos_store, shots, show
from dispatch.field.rows import is_task, part_for
from dispatch.field.visit import visit_of
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID


@field_act
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """How the visit ended, who did not come, what the party says."""
    part = part_for(request, pk, "visit.close")
    current = visit_of(part)
    posted = request.method == "POST"
    asked_again = is_htmx(request) and not posted  # by the open page itself, when a squad has moved
    if current is None or current.state != VisitState.OPEN:
        if asked_again:
            # Who has just closed it is led on by that answer; on a colleague's phone the form has become pointless.
            mine = current is not None and current.closed_by_id == actor_for(request).user_id
            to = {} if mine else {"HX-Redirect": reverse("field:visit", args=[part.pk])}
            return HttpResponse(status=204, headers=to)
        return redirect("field:visit", part.pk)
    parts = list(
        Part.objects.filter(order_id=part.order_id)
        .exclude(state__in=[PartState.PLANNED, PartState.RELEASED])
        .select_related("squad")
    )
    waits = (PartState.CALLED, PartState.ACKNOWLEDGED, PartState.RETURNED)
    missing = [(p.pk, str(p.squad)) for p in parts if p.state in waits]
    busy = [str(p.squad) for p in parts if p.state == PartState.ON_SCENE]
    # While somebody is still at it "inspected" is refused: nothing is chosen beforehand.
    begun: dict[str, Any] = {"party_opinion": current.party_opinion, **({"outcome": ""} if busy else {})}
    if asked_again:  # what the lead has ticked meanwhile stays ticked
        begun["absent"] = request.GET.getlist("absent")
        begun |= {"outcome": chosen} if (chosen := request.GET.get("outcome")) else {}
    signed = current.signed_at is not None
    form = CloseForm(request.POST if posted else None, missing=missing, signed=signed, initial=begun)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data, actor = form.cleaned_data, actor_for(request)
            visit_id = current.pk
            status = attempt(
                form,
                lambda: followups.visit_close(
                    actor=actor,
                    visit_id=visit_id,
                    outcome=data["outcome"],
                    absent_part_ids=data.get("absent", ()),
                    note=data["note"],
                    party_opinion=data.get("party_opinion", ""),
                ),
            )
            if status == 200:
                return _after(request, part)
    context = {
        "part": part,
        "card": card_of(part.pk),
        "form": form,
        "busy": _(", ").join(busy),
        "visit": current,
        "back_url": reverse("field:visit", args=[part.pk]),
    }
    return show(request, "field/close.html#now" if asked_again else "field/close.html", context, status=status)


def _after(request: HttpRequest, part: Part) -> HttpResponse:
    """To the first finding of one's own agency, else home."""
    findings = work.open_findings_of(part)
    if findings:
        said = _("The visit is closed. Now the rulings: %(count)s of your agency.") % {"count": len(findings)}
        return done(request, said, "field:finding", findings[0].pk)
    return done(request, _("The visit is closed."), "field:today")


@field_act
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """A handling task: arrived, photos, what was done. No certificates, no checklist."""
    part = part_for(request, pk, "visit.close")
    if not is_task(part):
        return redirect("field:part", part.pk)
    if part.state in (PartState.CALLED, PartState.ACKNOWLEDGED):
        return redirect("field:arrive", part.pk)
    current = visit_of(part)
    posted = request.method == "POST"
    if posted and (current is None or current.state != VisitState.OPEN):
        return redirect("field:task", part.pk)  # no photo joins a visit that is closed
    form = TaskForm(request.POST if posted else None)
    status = 200
    if posted and current is not None:
        status = INVALID
        if form.is_valid():
            data, actor, visit_id = form.cleaned_data, actor_for(request), current.pk
            for file in photos_store(request, data["client_key"]):
                files.attach(file=file, role=AttachmentRole.AFTER, visit=current)
            status = attempt(
                form,
                lambda: followups.visit_close(
                    actor=actor, visit_id=visit_id, outcome=data["outcome"], note=data["note"]
                ),
            )
            if status == 200:
                return done(request, _("Done. The office checks it and closes the case."), "field:today")
    context = {
        "part": part,
        "card": card_of(part.pk),
        "form": form,
        "visit": current,
        "open": part.order.state == OrderState.ON_SCENE and current is not None and current.state == VisitState.OPEN,
        "shots": shots(files.files_of(visit=current) if current else []),
        "back_url": reverse("field:today"),
    }
    return show(request, "field/task.html", context, status=status)
