"""Forms of the console: they check shape, the services check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseStage, Category, LineKind, Order, Part, RevealPurpose, Target
from cases.selectors.dossier import voices_of
from cases.selectors.office import office_text
from dispatch.web.choices import CHOOSE
from dispatch.web.refusals import new_client_key
from teams.numbers import is_number
from teams.selectors import squads_serving


def area(rows: int = 3, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class ActForm(forms.Form):
    """A form about one subject, given by keyword."""

    def __init__(self, data: Any = None, *, subject: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.subject = subject
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the subject."""


class ReasonForm(ActForm):
    reason = forms.CharField(label=_("reason"), widget=area(), max_length=240)


class NoteForm(ActForm):
    text = forms.CharField(label=_("note"), widget=area(), max_length=2000)
    client_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def prepare(self) -> None:
        self.initial["client_key"] = new_client_key()


class AskForm(ActForm):
    complaint = forms.TypedChoiceField(label=_("whom"), coerce=int)
    question = forms.CharField(
        label=_("question"),
        widget=area(),
        max_length=1000,
        help_text=_("Only this complainant reads it, on the private page."),
    )

    def prepare(self) -> None:
        case: Case = self.subject
        voices = [(v.complaint.pk, v.label) for v in voices_of(case)]
        first = [("", CHOOSE)] if len(voices) > 1 else []  # of several, none is asked by an oversight
        self.fields["complaint"].choices = [*first, *voices]  # type: ignore[attr-defined]
        self.initial["question"] = office_text("ask_resident", case.street_id)


class JoinForm(ActForm):
    into = forms.CharField(
        label=_("reference of the case it belongs to"), max_length=16, help_text=_("For example 260821-0131.")
    )
    reason = forms.CharField(label=_("reason"), widget=area(2), max_length=240, required=False)

    def clean_into(self) -> int:
        case: Case = self.subject
        reference = self.cleaned_data["into"].strip()
        found = Case.objects.filter(reference=reference, street_id=case.street_id).exclude(pk=case.pk).first()
        if found is None:
            raise forms.ValidationError(_("There is no such case on this street."))
        if found.stage == CaseStage.JOINED:
            raise forms.ValidationError(_("That case was itself joined to another one."))
        return int(found.pk)


class SplitForm(ActForm):
    problem = forms.CharField(
        label=_("the second problem, in a few words"),
        max_length=120,
        help_text=_("Squads may read it: no names, no phone numbers."),
    )
    category = forms.ModelChoiceField(
        queryset=Category.objects.none(), label=_("its category"), required=False, empty_label=_("left to triage")
    )

    def prepare(self) -> None:
        rows = Category.objects.filter(active=True, parent__isnull=False)
        self.fields["category"].queryset = rows.exclude(pk=self.subject.category_id)  # type: ignore[attr-defined]


class CheckAfterForm(ActForm):
    passed = forms.TypedChoiceField(
        label=_("is it really solved?"),
        choices=(("yes", _("yes, solved")), ("no", _("no: it goes back for rework"))),
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    words = forms.CharField(label=_("what was seen"), widget=area(), max_length=400)

    def prepare(self) -> None:
        category = self.subject.category
        if category is None:
            return
        english = (get_language() or "").startswith("en") and category.closing_condition_en
        condition = category.closing_condition_en if english else category.closing_condition
        if condition:
            self.fields["passed"].help_text = _("Closing condition: %(condition)s") % {"condition": condition}


class CloseForm(ActForm):
    result_text = forms.CharField(
        label=_("result, in words for the complainants"),
        widget=area(5),
        max_length=2000,
        help_text=_("Each complainant reads exactly this. No names, no phone numbers, no other complainant."),
    )

    def prepare(self) -> None:
        begun = self.subject.result_text or office_text("close_result", self.subject.street_id)
        if begun:
            self.initial["result_text"] = begun
        if not self.subject.complaints.exists():
            self.fields["result_text"].label = _("Result, for the file")
            self.fields["result_text"].help_text = _("Nobody has complained: it stays in the file.")


class LineForm(ActForm):
    kind = forms.ChoiceField(
        label=_("kind"),
        choices=((LineKind.NOTICE, _("progress")), (LineKind.QUESTION, _("question"))),
        initial=LineKind.NOTICE,
    )
    text = forms.CharField(label=_("message"), widget=area(), max_length=1000)
    client_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def prepare(self) -> None:
        self.initial["client_key"] = new_client_key()


class RevealForm(ActForm):
    purpose = forms.ChoiceField(label=_("purpose"), choices=RevealPurpose.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("note"), max_length=200, required=False)


class ReworkForm(ActForm):
    accept = forms.TypedChoiceField(
        label=_("decision"),
        choices=(("yes", _("work on it again")), ("no", _("refuse"))),
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    reason = forms.CharField(
        label=_("reason"), widget=area(), max_length=240, help_text=_("The resident reads it when you refuse.")
    )


class ApproveForm(ActForm):
    note = forms.CharField(label=_("opinion"), widget=area(2), max_length=240, required=False)


class ReassignForm(ActForm):
    squad = forms.TypedChoiceField(label=_("squad"), coerce=int)
    reason = forms.CharField(label=_("reason"), widget=area(2), max_length=240)

    def prepare(self) -> None:
        part: Part = self.subject
        others = [squad for squad in squads_serving(part.order.street_id) if squad.pk != part.squad_id]
        self.fields["squad"].choices = [("", CHOOSE), *((squad.pk, str(squad)) for squad in others)]  # type: ignore[attr-defined]


class ChangeTargetForm(ActForm):
    target = forms.CharField(
        label=_("the right party"),
        max_length=160,
        help_text=_("Its name, or its number from the page of the party."),
    )
    reason = forms.CharField(label=_("reason"), widget=area(2), max_length=240)

    def clean_target(self) -> int:
        order: Order = self.subject
        words = self.cleaned_data["target"].strip()
        rows = Target.objects.filter(street_id=order.street_id, active=True, merged_into__isnull=True)
        exact = Q(pk=int(words)) if is_number(words) and len(words) < 10 else Q(name=words)
        found = list(rows.filter(exact)[:2]) or list(rows.filter(name__icontains=words).order_by("name")[:6])
        if len(found) == 1:
            return int(found[0].pk)
        if not found:
            raise forms.ValidationError(_("There is no such party on this street."))
        listed = "；".join(f"{row.pk} {row.name}" for row in found)
        raise forms.ValidationError(_("Several parties fit; give the number: %(parties)s") % {"parties": listed})
