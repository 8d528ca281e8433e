"""Forms of the field: they check shape, the services check rules. Field names are those that refusals name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.models import Category, Result, RulingOutcome, Target, TargetKind, VisitOutcome
from dispatch.web.refusals import new_client_key
from teams.models import Squad

TRI = {"yes": Result.CONFORMS, "no": Result.FAILS, "na": Result.NOT_APPLICABLE}
"""What the three-state buttons post, and what it means."""
TRI_OF = {str(result): word for word, result in TRI.items()}


def area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class NumberText(forms.DecimalField):
    """A number typed on a phone: with a comma too."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        return super().to_python(value.replace(",", ".").strip() if isinstance(value, str) else value)


class KeyForm(forms.Form):
    """Carries a key of its own, so that two sendings of it make one row."""

    client_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=56)

    def __init__(self, data: Any = None, **more: Any) -> None:
        more["initial"] = {"client_key": new_client_key(), **more.get("initial", {})}
        super().__init__(data, **more)


class PlaceForm(KeyForm):
    """Where the phone is, if it says so."""

    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lng = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, min_value=0, widget=forms.HiddenInput)

    def place(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"lat": data["lat"], "lng": data["lng"], "accuracy_m": data["accuracy"]}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why you send it back"), widget=area(), max_length=240)


class TestOffForm(forms.Form):
    reason = forms.CharField(label=_("Why the test is called off"), widget=area(), max_length=240)


class ArriveForm(PlaceForm):
    officers = forms.TypedMultipleChoiceField(
        label=_("Who is here"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    far_reason = forms.CharField(
        label=_("Why you report in from there"),
        required=False,
        max_length=200,
        help_text=_("Nearer than that, leave it empty."),
    )
    party_person = forms.CharField(label=_("Person of the party on site"), required=False, max_length=60)
    party_role = forms.CharField(
        label=_("Their role"), required=False, max_length=40, help_text=_("For example shop manager, site manager.")
    )
    identity_shown = forms.BooleanField(label=_("Certificates shown"), required=False)
    recusal_asked = forms.BooleanField(label=_("Told that they may ask for another officer"), required=False)
    recusal_answer = forms.CharField(
        label=_("What the party answered"),
        required=False,
        max_length=200,
        help_text=_("Empty: nobody has to stand aside."),
    )

    def __init__(self, data: Any = None, *, people: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["officers"].choices = people  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """One item. Empty ``result`` leaves the verdict to the measured value."""

    result = forms.ChoiceField(choices=[(word, word) for word in TRI], required=False)
    value = NumberText(label=_("Value"), required=False, max_digits=10, decimal_places=2)
    text_value = forms.CharField(label=_("Answer"), required=False, max_length=120)
    instrument = forms.CharField(label=_("Instrument"), required=False, max_length=80)
    note = forms.CharField(label=_("Note"), required=False, max_length=400, widget=area(2))
    photo_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=56)


class SampleForm(forms.Form):
    laboratory = forms.ModelChoiceField(
        label=_("Laboratory"), queryset=Squad.objects.none(), empty_label=None, widget=forms.RadioSelect
    )
    sample = forms.CharField(
        label=_("Sample"), required=False, max_length=160, help_text=_("What was taken, where, its seal number.")
    )

    def __init__(self, data: Any = None, *, laboratories: Any, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["laboratory"].queryset = laboratories  # type: ignore[attr-defined]


class FindingForm(KeyForm):
    text = forms.CharField(label=_("What was found"), widget=area(4), max_length=400)


class RecordForm(KeyForm):
    """The party's opinion, then its signature or the note of its refusal."""

    agrees = forms.TypedChoiceField(
        label=_("The party's opinion"),
        choices=(("yes", _("read, and correct")), ("no", _("objects"))),
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    opinion = forms.CharField(label=_("In the party's words"), required=False, max_length=400, widget=area(2))
    how = forms.ChoiceField(
        label=_("Signature"),
        choices=(("signed", _("signs")), ("refused", _("refuses to sign"))),
        widget=forms.RadioSelect,
        initial="signed",
    )
    signature = forms.FileField(label=_("Photo of the signature"), required=False)
    refused = forms.CharField(label=_("Why it was not signed"), required=False, max_length=200)
    witness = forms.CharField(label=_("Name of the witness"), required=False, max_length=60)


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("How the visit ended"), choices=VisitOutcome.choices, widget=forms.RadioSelect, initial="done"
    )
    absent = forms.TypedMultipleChoiceField(
        label=_("Squads that did not come"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What they had to look at waits for another visit."),
    )
    party_opinion = forms.CharField(label=_("The party's opinion"), required=False, max_length=400, widget=area(2))
    note = forms.CharField(label=_("Note"), required=False, max_length=400, widget=area(2))

    def __init__(self, data: Any = None, *, missing: list[tuple[int, str]], signed: bool, **more: Any) -> None:
        super().__init__(data, **more)
        if signed:
            del self.fields["party_opinion"]
        if missing:
            self.fields["absent"].choices = missing  # type: ignore[attr-defined]
        else:
            del self.fields["absent"]


DAYS = ((0, _("on the spot")), (3, _("3 days")), (7, _("7 days")), (15, _("15 days")))
"""Terms for the thumb; 0 means that it was put right before the officers left."""


class RulingForm(forms.Form):
    """The decision on a finding. ``due_days`` is for the thumb, ``due_day`` for another day."""

    outcome = forms.ChoiceField(label=_("Your decision"), choices=RulingOutcome.choices, widget=forms.RadioSelect)
    slight = forms.TypedChoiceField(
        label=_("How grave"),
        choices=(("yes", _("slight")), ("no", _("not slight"))),
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    measures = forms.CharField(label=_("What to put right"), required=False, max_length=400, widget=area(3))
    due_days = forms.TypedChoiceField(
        label=_("By when"), choices=DAYS, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    due_day = forms.DateField(
        label=_("Or another day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    handed_to = forms.CharField(label=_("Handed over to"), required=False, max_length=120)
    corrected_on_spot = forms.BooleanField(label=_("Put right on the spot"), required=False)
    reason = forms.CharField(label=_("Reason of your decision"), max_length=400, widget=area(2))

    def __init__(self, data: Any = None, **more: Any) -> None:
        more["initial"] = {"due_days": DAYS[1][0], **more.get("initial", {})}
        super().__init__(data, **more)

    def facts(self) -> dict[str, Any]:
        """What the service is given of the decision."""
        data = self.cleaned_data
        due, days = data["due_day"], data["due_days"]
        if due is None and days:
            due = timezone.localdate(now()) + timedelta(days=days)
        spot = data["corrected_on_spot"] or (days == 0 and data["due_day"] is None)
        facts = {name: data[name] for name in ("outcome", "slight", "measures", "handed_to", "reason")}
        # On the spot there is no day to wait for; other outcomes have none at all.
        return {**facts, "corrected_on_spot": spot, "due_day": None if spot else due}


class PatrolForm(RulingForm, PlaceForm):
    """Photo, what, where, who is with me; what I decide can wait for the next page."""

    outcome = forms.ChoiceField(
        label=_("Your decision"), choices=RulingOutcome.choices, widget=forms.RadioSelect, required=False
    )
    reason = forms.CharField(label=_("Reason of your decision"), max_length=400, widget=area(2), required=False)

    squad = forms.ModelChoiceField(label=_("My squad"), queryset=Squad.objects.none(), empty_label=None)
    category = forms.ModelChoiceField(
        label=_("What kind"), queryset=Category.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    target = forms.ModelChoiceField(
        label=_("Party"),
        queryset=Target.objects.none(),
        required=False,
        widget=forms.RadioSelect,
        empty_label=_("Somebody else: write the name"),
        blank=True,
    )
    name = forms.CharField(label=_("Name of the party"), required=False, max_length=160)
    address = forms.CharField(label=_("Where"), required=False, max_length=240)
    kind = forms.ChoiceField(label=_("Kind of party"), choices=TargetKind.choices, required=False)
    text = forms.CharField(label=_("What was found"), widget=area(3), max_length=400, required=False)
    officers = forms.TypedMultipleChoiceField(
        label=_("Who is with me"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    far_reason = forms.CharField(
        label=_("Why you record it from there"),
        required=False,
        max_length=200,
        help_text=_("Nearer than that, leave it empty."),
    )
    party_person = forms.CharField(label=_("Person of the party on site"), required=False, max_length=60)

    def __init__(
        self,
        data: Any = None,
        *,
        squads: Any,
        categories: Any,
        targets: Any,
        people: list[tuple[int, str]],
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        fields: dict[str, Any] = self.fields
        fields["squad"].queryset = squads
        fields["category"].queryset = categories
        fields["target"].queryset = targets
        fields["officers"].choices = people

    def words(self) -> str:
        """What was found; the category's own name where nothing was written, as papers write it."""
        data = self.cleaned_data
        return data["text"].strip() or str(data["category"].name)

    def party(self) -> dict[str, Any]:
        """The party for the service: registered, new with a name, or the place itself where the phone stands."""
        data = self.cleaned_data
        if data["target"]:
            return {"target_id": data["target"].pk}
        if not data["name"].strip():
            if data["lat"] is None:
                return {}
            with override("zh-hans"):  # the register is kept in Chinese, whoever records
                name = gettext("Place of %(at)s") % {"at": timezone.localtime(now()).strftime("%m-%d %H:%M")}
            return {"new_party": {"name": name, "address": data["address"], "kind": TargetKind.PLACE, "radius_m": 30}}
        kind = data["kind"] or TargetKind.BUSINESS
        return {"new_party": {"name": data["name"], "address": data["address"], "kind": kind}}


class LabReportForm(KeyForm):
    value = NumberText(
        label=_("Value"),
        max_digits=10,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "data-measured": ""}),
    )
    method = forms.CharField(label=_("Method"), required=False, max_length=80)
    report_number = forms.CharField(label=_("Number of the report"), max_length=40)
    conforms = forms.TypedChoiceField(
        label=_("Does it conform?"),
        choices=(("yes", _("conforms")), ("no", _("does not conform"))),
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, limited: bool, **more: Any) -> None:
        super().__init__(data, **more)
        if limited:
            del self.fields["conforms"]


class AlertForm(PlaceForm):
    text = forms.CharField(label=_("What you saw"), widget=area(3), max_length=2000)
    urgency = forms.ChoiceField(
        label=_("Urgency"),
        choices=(("general", _("general")), ("urgent", _("urgent: come now"))),
        widget=forms.RadioSelect,
        initial="general",
    )
    party_name = forms.CharField(label=_("Name of the shop or party"), required=False, max_length=160)
    address = forms.CharField(label=_("Where"), required=False, max_length=240)


class TaskForm(KeyForm):
    note = forms.CharField(label=_("What was done"), required=False, max_length=400, widget=area(3))
    outcome = forms.ChoiceField(
        label=_("How it ended"),
        choices=(("done", _("dealt with")), ("not_found", _("not found"))),
        widget=forms.RadioSelect,
        initial="done",
    )
