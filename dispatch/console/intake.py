"""Writing down what a caller says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import File, RequestKind, Urgency
from cases.refusals import Refused
from cases.services import files, intake
from dispatch.console.forms import area
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for, check_right_somewhere
from dispatch.web.refusals import INVALID, new_client_key, put_refusal
from teams.models import Street
from teams.policies import Actor

MOST_PHOTOS = 6


class TakeForm(forms.Form):
    """A caller's complaint. Name and phone are kept apart, encrypted."""

    street = forms.ModelChoiceField(queryset=Street.objects.none(), label=gettext_lazy("street"))
    text = forms.CharField(label=gettext_lazy("what happened"), widget=area(6), max_length=4000)
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=RequestKind.choices, initial=RequestKind.COMPLAINT)
    urgency = forms.ChoiceField(label=gettext_lazy("urgency"), choices=Urgency.choices, initial=Urgency.GENERAL)
    party_name = forms.CharField(label=gettext_lazy("name of the shop or party"), max_length=160, required=False)
    address = forms.CharField(label=gettext_lazy("where"), max_length=240, required=False)
    occurred_at = forms.DateTimeField(
        label=gettext_lazy("when it happened"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    name = forms.CharField(
        label=gettext_lazy("the caller's name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("the caller's phone"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    keep_secret = forms.BooleanField(label=gettext_lazy("keep the identity secret"), required=False, initial=True)
    client_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data: Any, *, actor: Actor) -> None:
        super().__init__(data, initial={"client_key": new_client_key()})
        streets = Street.objects.filter(pk__in=actor.streets())
        self.fields["street"].queryset = streets  # type: ignore[attr-defined]
        if len(actor.streets()) == 1:
            self.fields["street"].initial = next(iter(actor.streets()))
            self.fields["street"].widget = forms.HiddenInput()


@console_view()
def take(request: HttpRequest) -> HttpResponse:
    """The form; after sending, the case and the caller's private link, shown once."""
    check_right_somewhere(request, "complaint.take")
    actor = actor_for(request)
    posted = request.method == "POST"
    form = TakeForm(request.POST if posted else None, actor=actor)
    status = 200
    if posted:
        status = INVALID
        if form.is_valid():
            try:
                made = _take(request, actor, form.cleaned_data)
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                messages.success(
                    request,
                    _("Taken down as %(reference)s.") % {"reference": made.case.reference},
                )
                if made.token:
                    page = reverse("portal:private", args=[made.token])
                    context = {"case": made.case, "link": request.build_absolute_uri(page)}
                    response = show(request, "console/taken.html", context, at="intake")
                    response["Cache-Control"] = "no-store"
                    return response
                return redirect("console:case", made.case.pk)
    return show(request, "console/intake.html", {"form": form}, status=status, at="intake")


def _take(request: HttpRequest, actor: Actor, data: dict[str, Any]) -> intake.Intake:
    facts = {name: value for name, value in data.items() if name not in ("street", "client_key")}
    key: str = data["client_key"]
    stored: list[File] = [
        files.file_store(actor=actor, upload=upload, client_key=f"{key[:56]}.{number}")
        for number, upload in enumerate(request.FILES.getlist("photos")[:MOST_PHOTOS])
    ]
    return intake.complaint_take(actor=actor, street_id=data["street"].pk, files=stored, client_key=key, **facts)
