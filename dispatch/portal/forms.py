"""Forms for residents: they check shape, the services check rules. Names and phones are only ever posted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unicodedata import digit

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.services.intake import MAX_TEXT
from dispatch.portal.words import listed
from teams.models import Street

KINDS = (
    ("barbecue", _("Barbecue")),
    ("fumes", _("Cooking fumes")),
    ("noise", _("Noise")),
    ("pavement", _("Pavement blocked")),
    ("site", _("Building site")),
    ("other", _("Something else")),
)
TIMES = (("now", _("Happening now")), ("before", _("Happened before")))
CONTACTED = (("yes", _("Yes, somebody did")), ("no", _("No, nobody")))
SOLVED = (("yes", _("It is solved")), ("no", _("It is not solved")))
GRADES = (
    ("1", pgettext_lazy("rating", "very bad")),
    ("2", pgettext_lazy("rating", "bad")),
    ("3", pgettext_lazy("rating", "so-so")),
    ("4", pgettext_lazy("rating", "good")),
    ("5", pgettext_lazy("rating", "very good")),
)

_CHOOSE = {"required": _("Please choose one.")}


def _words(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class WhatForm(forms.Form):
    """Step 1. A kind or some words are enough."""

    kinds = forms.MultipleChoiceField(
        label=_("What is it about?"), choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    text = forms.CharField(label=_("Tell us more"), max_length=MAX_TEXT, required=False, widget=_words(4))
    when = forms.ChoiceField(label=_("When?"), choices=TIMES, required=False, widget=forms.RadioSelect, initial="now")
    occurred_at = forms.DateTimeField(
        label=_("Day and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    danger = forms.BooleanField(label=_("Somebody could get hurt"), required=False)

    SEVERAL = {"kinds": True, "text": False, "when": False, "occurred_at": False, "danger": False}

    def clean_occurred_at(self) -> Any:
        moment = self.cleaned_data["occurred_at"]
        if self.data.get("when") != "before":
            return None
        if moment and moment > now() + timedelta(minutes=5):
            raise forms.ValidationError(_("This moment has not come yet. Correct the day or the time."))
        return moment

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        told = set(data.get("kinds", [])) - {"other"} or data.get("text", "").strip()
        if not self.errors and not told:
            self.add_error("text", _("Choose what it is about, or write a few words."))
        return data

    def words(self) -> str:
        """What the office reads: the chosen kinds, then the words. For a valid form."""
        chosen = self.cleaned_data["kinds"]
        names = listed(label for value, label in KINDS if value in chosen and value != "other")
        text: str = self.cleaned_data["text"].strip()
        if not names or not text:
            return names or text
        return (gettext("%(kinds)s: %(text)s") % {"kinds": names, "text": text})[:MAX_TEXT]


class WhereForm(forms.Form):
    """Step 2. An address, a name, a party of the register or a position: one is enough."""

    address = forms.CharField(
        label=_("Address, or how to find it"),
        max_length=240,
        required=False,
        help_text=_("For example: the crossing of two streets, which side, which building."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    party_name = forms.CharField(
        label=_("Name of the shop or site"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    target = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lng = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, min_value=0, widget=forms.HiddenInput)
    street = forms.ModelChoiceField(
        queryset=Street.objects.none(), label=_("Street or town"), required=False, empty_label=_("I don't know")
    )

    SEVERAL = dict.fromkeys(("address", "party_name", "target", "lat", "lng", "accuracy", "street"), False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["street"].queryset = Street.objects.order_by("code")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("lat") is None) != (data.get("lng") is None):
            data["lat"] = data["lng"] = data["accuracy"] = None
        known = any(data.get(name) for name in ("address", "party_name", "target")) or data.get("lat") is not None
        if not self.errors and not known:
            self.add_error("address", _("Write where it is: a street and a landmark, or the name of the shop."))
        return data


class ContactForm(forms.Form):
    """Step 3. Nothing has to be filled in."""

    phone = forms.CharField(
        label=_("Your phone number"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    name = forms.CharField(
        label=_("What may we call you?"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    keep_secret = forms.BooleanField(label=_("Keep my identity secret"), required=False, initial=True)

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and sum(letter.isdigit() for letter in phone) < 5:
            raise forms.ValidationError(_("This is not a complete phone number. Correct it, or leave it empty."))
        return phone


class AnswerForm(forms.Form):
    """Words to the office, on the private page."""

    text = forms.CharField(label=_("Your words"), max_length=MAX_TEXT, required=False, widget=_words(4))
    client_key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RateForm(forms.Form):
    """What a resident says of the result. ``matter``: which of the report's problems, counted from 1."""

    matter = forms.IntegerField(min_value=1, max_value=20, initial=1, required=False, widget=forms.HiddenInput)
    contacted = forms.ChoiceField(
        label=_("Did anybody contact you?"), choices=CONTACTED, widget=forms.RadioSelect, error_messages=_CHOOSE
    )
    solved = forms.ChoiceField(
        label=_("Is it solved?"), choices=SOLVED, widget=forms.RadioSelect, error_messages=_CHOOSE
    )
    satisfied = forms.ChoiceField(
        label=_("How satisfied are you?"), choices=GRADES, widget=forms.RadioSelect, error_messages=_CHOOSE
    )
    words = forms.CharField(
        label=_("Anything else you want to say?"), max_length=MAX_TEXT, required=False, widget=_words(3)
    )


class FindForm(forms.Form):
    """The pasted private link; or the reference, typed or as it was heard, with the end of the phone that was left."""

    what = forms.CharField(
        label=_("Private link or reference"),
        max_length=400,
        help_text=_(
            "As it stands or as it was read to you: 260821-0031, or “two six zero, eight two one, zero zero three one”."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Paste the private link, or write the reference.")},
    )
    tail = forms.CharField(
        label=_("The last four digits of the phone number you left"),
        max_length=12,
        required=False,
        help_text=_("Only with a reference; a link needs nothing else."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_tail(self) -> str:
        return "".join(str(digit(letter)) for letter in self.cleaned_data["tail"] if letter.isdecimal())[-4:]
