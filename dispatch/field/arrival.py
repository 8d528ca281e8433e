"""Reporting in: who is here, with which certificate, and from where."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.models import Part, PartState, VisitOfficer
from cases.selectors import worklist as work
from cases.selectors.cards import card_of
from cases.selectors.office import office_setting
from cases.services import visits
from dispatch.field.forms import ArriveForm
from dispatch.field.frame import attempt, done, field_act, show
from dispatch.field.rows import is_task, part_for
from dispatch.field.words import why_not
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID
from teams.models import Certificate
from teams.selectors import squad_members


@field_act
def arrive(request: HttpRequest, pk: int) -> HttpResponse:
    """The form and its sending. What was typed and ticked stays when it is refused."""
    part = part_for(request, pk, "visit.report_in")
    onward = "field:task" if is_task(part) else "field:visit"
    if part.state not in (PartState.CALLED, PartState.ACKNOWLEDGED) and request.method != "POST":
        return redirect(onward, part.pk)
    actor = actor_for(request)
    people = people_of(part)
    mine = [person["id"] for person in people if person["id"] == actor.user_id]
    choices = [(person["id"], person["name"]) for person in people]
    posted = request.method == "POST"
    form = ArriveForm(request.POST if posted else None, people=choices, initial={"officers": mine})
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data = form.cleaned_data
            status = attempt(
                form,
                lambda: visits.visit_report_in(
                    actor=actor,
                    part_id=part.pk,
                    officer_ids=data["officers"],
                    far_reason=data["far_reason"],
                    identity_shown=data["identity_shown"],
                    recusal_asked=data["recusal_asked"],
                    recusal_answer=data["recusal_answer"],
                    party_person=data["party_person"],
                    party_role=data["party_role"],
                    client_key=data["client_key"] or None,
                    **form.place(),
                ),
            )
            if status == 200:
                return done(request, _("You are on scene. Good work."), onward, part.pk)
    chosen = {str(value) for value in (form["officers"].value() or [])}
    context: dict[str, Any] = {
        "part": part,
        "card": card_of(part.pk),
        "begins": work.begins_on(work.needs_of(part.order_id)),
        "form": form,
        "task": is_task(part),
        "people": [{**person, "on": str(person["id"]) in chosen} for person in people],
        "far_m": office_setting("report_in_far_m", part.order.street_id, 300),
        "back_url": reverse("field:part", args=[part.pk]),
    }
    return show(request, "field/arrive.html", context, status=status)


def people_of(part: Part) -> list[dict[str, Any]]:
    """Members of the squad as officers of its agency: certificate and validity, or why they do not count."""
    day = timezone.localdate(now())
    ids = list(squad_members(part.squad_id).values_list("pk", flat=True))
    taken = set(VisitOfficer.objects.filter(visit__order_id=part.order_id).values_list("user_id", flat=True))
    held: dict[int, Certificate] = {}
    for row in Certificate.objects.filter(user_id__in=ids, agency_id=part.agency_id).order_by("valid_until"):
        held[row.user_id] = row
    people = []
    for seat in visits.seats_of(ids, part.agency, day, taken=taken):
        certificate = seat.certificate or held.get(seat.user.pk)
        people.append(
            {
                "id": seat.user.pk,
                "name": seat.user.name,
                "certificate": certificate,
                "counts": seat.counts,
                "why": "" if seat.why_not is None else why_not(seat.why_not),
            }
        )
    return sorted(people, key=lambda person: (not person["counts"], person["name"]))
