"""The one form of triage: what it is, who, together with what, which agencies, what they read, what becomes of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.models import Case, Category, Complaint, Disposition, Severity, TargetKind, Urgency
from cases.selectors.suggestions import Suggestions
from cases.services import triage
from dispatch.console.forms import area
from dispatch.web.choices import CHOOSE
from teams.numbers import is_number
from teams.policies import Actor
from teams.selectors import agencies_at, squads_at
from teams.statements import Statement

KEYS = {
    Disposition.INSPECTION: "i",
    Disposition.HANDLING: "h",
    Disposition.ANSWERED: "w",
    Disposition.MEDIATION: "e",
    Disposition.TRANSFER: "p",
    Disposition.JOINED: "m",
    Disposition.QUESTION: "q",
    Disposition.REJECTED: "r",
}
NEW, PLACE = "new", "place"
NEEDED = {
    "brief": (Disposition.INSPECTION, Disposition.HANDLING),
    "squad": (Disposition.HANDLING,),
    "reply": (Disposition.ANSWERED,),
    "transfer_to": (Disposition.TRANSFER,),
    "question": (Disposition.QUESTION,),
    "reason": (Disposition.REJECTED,),
}
"""Fields that a decision needs; which of them is asked for depends on what was chosen."""


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _minor_classes() -> QuerySet[Category]:
    return Category.objects.filter(active=True, parent__isnull=False)


_CATEGORIES = Statement(_minor_classes)


class TriageForm(forms.Form):
    """Shape only: what each decision needs is the service's rule; its refusals come back to these fields."""

    use_required_attribute = False

    disposition = forms.ChoiceField(label=_("what becomes of it"), choices=Disposition.choices)
    category = forms.ModelChoiceField(
        queryset=Category.objects.none(), label=_("category"), required=False, empty_label=CHOOSE
    )
    severity = forms.ChoiceField(label=_("severity"), choices=Severity.choices, required=False)
    urgency = forms.ChoiceField(label=_("urgency"), choices=Urgency.choices, required=False)
    target = forms.CharField(label=_("party"), required=False, max_length=12)
    party_text = forms.CharField(label=_("find another party"), required=False, max_length=80)
    new_kind = forms.ChoiceField(label=_("kind"), choices=TargetKind.choices, required=False)
    new_name = forms.CharField(label=_("name"), max_length=160, required=False)
    new_address = forms.CharField(label=_("address"), max_length=240, required=False)
    into = forms.IntegerField(label=_("case it belongs to"), required=False)
    agencies = forms.TypedMultipleChoiceField(label=_("agencies"), coerce=int, required=False)
    brief = forms.CharField(label=_("What the squads read"), widget=area(5), max_length=2000, required=False)
    brief_confirmed = forms.BooleanField(
        label=_("I have read it: nothing in it tells who complained"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-key": "c", "data-key-label": _("brief is read")}),
    )
    from_day = forms.DateField(label=_("first day"), required=False, widget=_day())
    due_day = forms.DateField(label=_("last day"), required=False, widget=_day())
    hour_from = forms.TimeField(label=_("hour from"), required=False, widget=_hour())
    hour_until = forms.TimeField(label=_("hour until"), required=False, widget=_hour())
    squad = forms.TypedChoiceField(label=_("squad"), coerce=int, empty_value=None, required=False)
    reply = forms.CharField(label=_("answer to the complainants"), widget=area(4), max_length=2000, required=False)
    transfer_to = forms.CharField(label=_("to which unit"), max_length=120, required=False)
    complaint = forms.TypedChoiceField(label=_("whom"), coerce=int, empty_value=None, required=False)
    question = forms.CharField(label=_("question"), widget=area(3), max_length=1000, required=False)
    reason = forms.CharField(label=_("reason"), widget=area(2), max_length=240, required=False)

    def __init__(
        self, data: Any, *, case: Case, offer: Suggestions, complaints: list[tuple[int, str]], enquiry: bool = False
    ) -> None:
        self.case = case
        super().__init__(data, initial=_initial(case, offer, enquiry))
        for name, when in NEEDED.items():
            self.fields[name].required = not self.is_bound or self.data.get("disposition") in when
        self.all_agencies = agencies_at(case.street)
        fields: dict[str, Any] = self.fields
        fields["category"].queryset = _minor_classes()
        self.all_categories = _CATEGORIES()
        fields["agencies"].choices = [(row.pk, str(row)) for row in self.all_agencies]
        fields["squad"].choices = [("", CHOOSE), *((s.pk, str(s)) for s in squads_at(case.street_id))]
        fields["complaint"].choices = complaints

    def clean_target(self) -> str:
        value: str = self.cleaned_data["target"]
        if value and value not in (NEW, PLACE) and not is_number(value):
            raise forms.ValidationError(_("Choose a party."))
        return value

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("disposition") == Disposition.JOINED and not data.get("into"):
            self.add_error("into", _("Choose the case that it belongs to."))
        if data.get("disposition") == Disposition.QUESTION and not data.get("complaint"):
            self.add_error("complaint", _("Nobody can be asked: nobody complained."))
        if data.get("target") == NEW and not data.get("new_name"):
            self.add_error("new_name", _("Give the party's name."))
        return data


def _initial(case: Case, offer: Suggestions, enquiry: bool) -> dict[str, Any]:
    today = timezone.localdate(now())
    category = case.category or (offer.categories[0].subject if offer.categories else None)
    party = case.target or (offer.parties[0].subject if offer.parties and offer.parties[0].score >= 0.4 else None)
    same = [row for row in offer.repeats if row.joinable and category and row.case.category_id == category.pk]
    join = next((row for row in same if row.score >= 0.7), None)
    return {
        "disposition": Disposition.JOINED if join else Disposition.ANSWERED if enquiry else Disposition.INSPECTION,
        "category": category.pk if category else None,
        "severity": category.severity if category else case.severity,
        "urgency": case.urgency,
        "target": str(party.pk) if party else PLACE,
        "into": join.case.pk if join else None,
        "agencies": [row.agency.pk for row in offer.agencies if row.proposed],
        "brief": case.brief or offer.brief.masked,
        "from_day": today,
        "due_day": triage.due_day_default(case, today),
        "new_address": case.address,
        "new_kind": TargetKind.BUSINESS,
    }


def decide(actor: Actor, case: Case, data: dict[str, Any]) -> None:
    """One decision, one service."""
    disposition = data["disposition"]
    if disposition == Disposition.JOINED:
        triage.case_join(actor=actor, case_id=case.pk, into_case_id=data["into"], reason=data["reason"])
        return
    if disposition == Disposition.QUESTION:
        triage.case_ask(actor=actor, case_id=case.pk, complaint_id=data["complaint"], question=data["question"])
        return
    target = data["target"]
    triage.case_triage(
        actor=actor,
        case_id=case.pk,
        disposition=disposition,
        category_id=data["category"].pk if data["category"] else None,
        severity=data["severity"] or None,
        urgency=data["urgency"] or None,
        target_id=int(target) if is_number(target) else None,
        new_party=_new_party(case, data) if target == NEW else None,
        place_name="",
        place_address=case.address if target == PLACE else "",
        brief=data["brief"],
        brief_confirmed=data["brief_confirmed"],
        agency_ids=data["agencies"],
        from_day=data["from_day"],
        due_day=data["due_day"],
        hour_from=data["hour_from"],
        hour_until=data["hour_until"],
        squad_id=data["squad"],
        reply=data["reply"],
        transfer_to=data["transfer_to"],
        reason=data["reason"],
    )


def _new_party(case: Case, data: dict[str, Any]) -> dict[str, object]:
    return {
        "kind": data["new_kind"] or TargetKind.BUSINESS,
        "name": data["new_name"],
        "address": data["new_address"] or case.address,
        "lat": case.lat,
        "lng": case.lng,
    }


def complaint_choices(case: Case, labels: list[tuple[Complaint, str]]) -> list[tuple[int, str]]:
    """Those who can answer on a private page."""
    return [(row.pk, label) for row, label in labels if row.token_hash and row.withdrawn_at is None]
