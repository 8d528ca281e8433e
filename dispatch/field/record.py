"""The site record before the visit is closed: shown to the party on the phone, its opinion, its signature by finger."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.models import PartState, VisitState
from cases.selectors.siterecord import site_record
from cases.services import files, visits
from dispatch.field.forms import RecordForm
from dispatch.field.frame import attempt, done, field_act, photo_store, show
from dispatch.field.rows import VIEW, is_task, officer_here, part_for
from dispatch.field.visit import visit_of
from dispatch.web.access import actor_for
from dispatch.web.files import media_url
from dispatch.web.refusals import INVALID


@field_act
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in the record so far; for the lead's officers the party's opinion and signature under it."""
    posted = request.method == "POST"
    part = part_for(request, pk, "visit.close" if posted else VIEW)
    if is_task(part):
        return redirect("field:task", part.pk)
    current = visit_of(part)
    if current is None:
        return redirect("field:part", part.pk)
    form = RecordForm(
        request.POST if posted else None,
        files=request.FILES if posted else None,
        initial={"agrees": _word(current.party_agrees), "opinion": current.party_opinion},
    )
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data, actor, visit_id = form.cleaned_data, actor_for(request), current.pk
            drawn = data["signature"] if data["how"] == "signed" else None

            def sign() -> None:
                visits.record_sign(
                    actor=actor,
                    visit_id=visit_id,
                    signature=photo_store(request, drawn, data["client_key"]) if drawn else None,
                    refused=data["refused"] if data["how"] == "refused" else "",
                    witness=data["witness"],
                    agrees=data["agrees"],
                    opinion=data["opinion"],
                )

            status = attempt(form, sign)
            if status == 200:
                said = _("Signed. The record is complete.") if drawn else _("The refusal is noted.")
                return done(request, said, "field:record", part.pk)
    written = site_record(current)
    name = files.name_of(written.signature) if written.signature else None
    context = {
        "part": part,
        "record": written,
        "form": form,
        "now": now(),
        "signature_url": media_url(name) if name else "",
        "may_sign": part.is_lead and current.state == VisitState.OPEN and officer_here(request, part),
        "may_close": part.is_lead and part.state == PartState.DONE and current.state == VisitState.OPEN,
        "back_url": reverse("field:visit", args=[part.pk]),
    }
    return show(request, "field/record.html", context, status=status)


def _word(agrees: bool | None) -> str:
    return "" if agrees is None else "yes" if agrees else "no"
