"""Writing down what a caller says, while on the phone: suggestions as one types, others who reported the same."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.models import File, RequestKind, Target, Urgency
from cases.papers import spoken
from cases.refusals import Refused
from cases.selectors.clues import addresses_like, alike_open
from cases.selectors.register import targets_visible
from cases.services import files, intake
from dispatch.console.forms import area
from dispatch.console.frame import console_view, show
from dispatch.console.triage_page import scored
from dispatch.web.access import actor_for, check_right_somewhere
from dispatch.web.choices import CHOOSE, SharedFields
from dispatch.web.refusals import INVALID, new_client_key, put_refusal
from teams.models import Street
from teams.numbers import is_number
from teams.policies import Actor

MOST_PHOTOS = 6
MOST_PARTIES = 6


class OwnStreet(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the actor's streets, by its number: that it is one of them needs no question."""

    own: frozenset[int] = frozenset()

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not is_number(value) or int(value) not in self.own:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return int(value)


class TakeForm(forms.Form):
    """A caller's complaint. Name and phone are kept apart, encrypted."""

    street = OwnStreet(queryset=Street.objects.none(), label=gettext_lazy("street"), empty_label=CHOOSE)
    text = forms.CharField(
        label=gettext_lazy("what happened"), widget=area(5, autofocus=True, **{"data-key": "1"}), max_length=4000
    )
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=RequestKind.choices, initial=RequestKind.COMPLAINT)
    urgency = forms.ChoiceField(
        label=gettext_lazy("urgency"), choices=Urgency.choices, initial=Urgency.GENERAL, widget=forms.RadioSelect
    )
    party_name = forms.CharField(label=gettext_lazy("name of the shop or party"), max_length=160, required=False)
    target = forms.IntegerField(required=False)
    address = forms.CharField(
        label=gettext_lazy("where"),
        max_length=240,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "addresses", "data-key": "3"}),
    )
    occurred_at = forms.DateTimeField(
        label=gettext_lazy("when it happened"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    join = forms.IntegerField(required=False)
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
    contact_note = forms.CharField(
        label=gettext_lazy("how to reach the caller"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    keep_secret = forms.BooleanField(label=gettext_lazy("keep the identity secret"), required=False, initial=True)
    client_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data: Any, *, actor: Actor) -> None:
        super().__init__(data, initial={"client_key": new_client_key()})
        field: Any = self.fields["street"]
        field.own = actor.streets()
        if len(field.own) == 1:
            field.initial = next(iter(field.own))
            field.widget = forms.HiddenInput()
        if data is None or len(field.own) > 1:
            field.queryset = Street.objects.filter(pk__in=actor.streets()).defer("outline")

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and sum(letter.isdigit() for letter in phone) < 5:
            raise forms.ValidationError(_("This is not a complete phone number. Correct it, or leave it empty."))
        return phone


TakeForm.base_fields = SharedFields(TakeForm.base_fields, own={"street"})


@console_view()
def take(request: HttpRequest) -> HttpResponse:
    """The form; after sending, the reference to read out and the caller's private link, shown once."""
    check_right_somewhere(request, "complaint.take")
    actor = actor_for(request)
    posted = request.method == "POST"
    form = TakeForm(request.POST if posted else None, actor=actor)
    status = 200
    if posted and "look" not in request.POST:
        status = INVALID
        if form.is_valid():
            try:
                made = _take(request, actor, form.cleaned_data)
            except Refused as refused:
                status = put_refusal(form, refused)
            else:
                return _taken(request, made)
    context = {"form": form, "urgencies": _urgencies(form), **_offered(request, actor)}
    return show(request, "console/intake.html", context, status=status, at="intake")


def _taken(request: HttpRequest, made: intake.Intake) -> HttpResponse:
    joined = made.case.reference != made.complaint.reference
    if not made.token:
        messages.success(request, _("Taken down as %(reference)s.") % {"reference": made.complaint.reference})
        return redirect("console:case", made.case.pk)
    here = get_language() or "zh-hans"
    reference = made.complaint.reference
    context = {
        "case": made.case,
        "joined": joined,
        "reference": reference,
        "groups": spoken(reference, here),
        "other_groups": spoken(reference, "zh-hans" if here.startswith("en") else "en"),
        "link": request.build_absolute_uri(reverse("portal:private", args=[made.token])),
    }
    response = show(request, "console/taken.html", context, at="intake")
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@console_view()
def intake_parties(request: HttpRequest) -> HttpResponse:
    """Parties whose name, other name or address holds what is typed (htmx)."""
    check_right_somewhere(request, "complaint.take")
    found = _parties(actor_for(request), request.GET.get("party_name", ""))
    return show(request, "console/intake.html#parties", {"parties": found})


@require_safe
@console_view()
def intake_addresses(request: HttpRequest) -> HttpResponse:
    """Addresses for the list of the field (htmx)."""
    check_right_somewhere(request, "complaint.take")
    actor = actor_for(request)
    found = addresses_like(actor=actor, street_ids=sorted(actor.streets()), text=request.GET.get("address", "")[:80])
    return show(request, "console/intake.html#addresses", {"addresses": found})


@require_POST
@console_view()
def intake_alike(request: HttpRequest) -> HttpResponse:
    """Others who reported this (htmx). Posted: a caller's words stay out of addresses."""
    check_right_somewhere(request, "complaint.take")
    return show(request, "console/intake.html#alike", {"alike": _alike(request, actor_for(request))})


def _offered(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Parties, addresses and others' reports for what stands in the form when it comes back."""
    posted = request.POST
    return {
        "parties": _parties(actor, posted.get("party_name", "")),
        "target": posted.get("target", ""),
        "alike": _alike(request, actor) if posted else [],
        "join": posted.get("join", ""),
        "looked": "look" in posted,
    }


def _parties(actor: Actor, text: str) -> list[Target]:
    words = text.strip()[:80]
    if len(words) < 2:
        return []
    rows = targets_visible(actor).filter(active=True, street_id__in=actor.streets())
    named = list(rows.filter(name__icontains=words).order_by("name", "pk")[:MOST_PARTIES])
    if len(named) < MOST_PARTIES:
        others = rows.filter(address__icontains=words) | rows.filter(aliases__contains=[words])
        others = others.exclude(pk__in=[row.pk for row in named]).order_by("name", "pk")
        named += list(others[: MOST_PARTIES - len(named)])
    return named


def _alike(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    posted = request.POST
    streets = actor.streets()
    street = posted.get("street", "")
    street_id = int(street) if is_number(street) and int(street) in streets else (min(streets) if streets else 0)
    target = posted.get("target", "")
    rows = alike_open(
        actor=actor,
        street_id=street_id,
        text=f"{posted.get('party_name', '')} {posted.get('text', '')}"[:4000],
        address=posted.get("address", "")[:240],
        target_id=int(target) if is_number(target) else None,
    )
    return [scored(row) for row in rows]


def _urgencies(form: TakeForm) -> list[dict[str, Any]]:
    value = str(form["urgency"].value() or Urgency.GENERAL)
    return [{"value": key, "label": label, "on": key == value} for key, label in Urgency.choices]


def _take(request: HttpRequest, actor: Actor, data: dict[str, Any]) -> intake.Intake:
    apart = ("street", "client_key", "target", "join")
    facts = {name: value for name, value in data.items() if name not in apart}
    key: str = data["client_key"]
    stored: list[File] = [
        files.file_store(actor=actor, upload=upload, client_key=f"{key[:56]}.{number}")
        for number, upload in enumerate(request.FILES.getlist("photos")[:MOST_PHOTOS])
    ]
    return intake.complaint_take(
        actor=actor,
        street_id=data["street"],
        files=stored,
        client_key=key,
        target_id=data["target"],
        join_case_id=data["join"],
        **facts,
    )
