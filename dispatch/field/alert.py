"""The grid worker: what they saw goes to the office; they read what became of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cases.selectors import worklist as work
from cases.services import intake
from dispatch.field.forms import AlertForm
from dispatch.field.frame import attempt, done, field_page, photos_store, show
from dispatch.web.access import actor_for
from dispatch.web.refusals import INVALID
from teams.models import Role


@field_page(Role.GRID_WORKER)
def alert(request: HttpRequest) -> HttpResponse:
    """One form and the own alerts under it."""
    actor = actor_for(request)
    posted = request.method == "POST"
    form = AlertForm(request.POST if posted else None)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            data = form.cleaned_data
            key = data["client_key"]
            facts: dict[str, Any] = {name: data[name] for name in ("urgency", "party_name", "address")}
            street = min(actor.streets(Role.GRID_WORKER))
            status = attempt(
                form,
                lambda: intake.alert_create(
                    actor=actor,
                    street_id=street,
                    text=data["text"],
                    client_key=key or None,
                    files=photos_store(request, key),
                    **facts,
                    **form.place(),
                ),
            )
            if status == 200:
                return done(request, _("Sent. The office has it now."), "field:alert")
    context = {"form": form, "alerts": work.alerts(actor)}
    return show(request, "field/alert.html", context, status=status, at="alert")
