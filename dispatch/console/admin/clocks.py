"""Time limits, the numbers the rules ask for, and the texts that forms begin with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import DeadlineKind, DeadlineRule, Unit
from cases.selectors.office import CHOICES, CODES, clock_table, setting_words, settings_table, texts_table
from cases.services import catalogue
from dispatch.console.admin.forms import ReasonForm, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from teams.models import Street
from teams.selectors.history import history_of

ONE_LINE = 40
"""Characters of a value that stands in one line."""


class ClockForm(forms.Form):
    amount = forms.IntegerField(label=gettext_lazy("amount"), min_value=1, max_value=1000)
    unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=Unit.choices)
    street = forms.ModelChoiceField(
        Street.objects.all(), label=gettext_lazy("street"), required=False, empty_label=gettext_lazy("all streets")
    )
    source = forms.CharField(label=gettext_lazy("source"), max_length=120)
    starts_on = day_field(
        gettext_lazy("from which day"), help_text=gettext_lazy("Deadlines that run keep the moment they have.")
    )
    reason = reason_field()


class SettingForm(forms.Form):
    street = forms.ModelChoiceField(
        Street.objects.all(), label=gettext_lazy("street"), required=False, empty_label=gettext_lazy("all streets")
    )
    value = forms.CharField(
        label=gettext_lazy("value"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy("Empty for a street: the general value counts again."),
    )
    source = forms.CharField(label=gettext_lazy("source"), max_length=160, required=False)
    reason = reason_field()


class TextForm(forms.Form):
    street = forms.ModelChoiceField(
        Street.objects.all(), label=gettext_lazy("street"), required=False, empty_label=gettext_lazy("all streets")
    )
    text = forms.CharField(
        label=gettext_lazy("Chinese text"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Empty: the form begins empty."),
    )
    text_en = forms.CharField(
        label=gettext_lazy("English text"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )
    reason = reason_field()


def _street_id(data: dict[str, Any]) -> dict[str, Any]:
    street = data.pop("street")
    return {**data, "street_id": street.pk if street else None}


@require_safe
@admin_view("ground.view")
def clock_index(request: HttpRequest) -> HttpResponse:
    context = {"rows": clock_table(), "may_edit": holds_somewhere(request, "catalogue.edit")}
    return show_admin(request, "console/admin/clocks.html", context, section="clocks")


@admin_view("catalogue.edit")
def clock(request: HttpRequest, kind: str, urgent: int) -> HttpResponse:
    if kind not in DeadlineKind.values or urgent not in (0, 1):
        raise Http404
    actor = actor_for(request)
    rows = DeadlineRule.objects.filter(kind=kind, urgent=bool(urgent)).select_related("street").order_by("-starts_on")
    present = next((row for row in rows if row.street_id is None), None)
    initial: dict[str, Any] = {"starts_on": timezone.localdate(), "street": request.GET.get("street", "")}
    if present is not None:
        initial |= {"amount": present.amount, "unit": present.unit, "source": present.source}
    words = str(DeadlineKind(kind).label)
    return act_page(
        request,
        lambda data: ClockForm(data, initial=initial),
        lambda data: catalogue.clock_set(actor=actor, kind=kind, urgent=bool(urgent), **_street_id(data)),
        title=(_("Time limit: %(clock)s, urgent") if urgent else _("Time limit: %(clock)s, normal")) % {"clock": words},
        section="clocks",
        back=reverse("console:admin_clocks"),
        done=_("Time limit saved."),
        template="console/admin/clock_form.html",
        context={"rows": rows, "today": timezone.localdate()},
    )


@admin_view("catalogue.edit")
def clock_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(DeadlineRule.objects.select_related("street"), pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: catalogue.clock_withdraw(actor=actor, rule_id=pk, **data),
        title=_("Take back the limit of %(street)s") % {"street": row.street or _("all streets")},
        button=_("Take back"),
        why=_("The general limit counts there again from today."),
        section="clocks",
        back=reverse("console:admin_clocks"),
        done=_("The general limit counts again."),
    )


@require_safe
@admin_view("ground.view")
def text_index(request: HttpRequest) -> HttpResponse:
    context = {
        "settings": settings_table(),
        "texts": texts_table(),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/texts.html", context, section="texts")


@admin_view("catalogue.edit")
def setting(request: HttpRequest, key: str) -> HttpResponse:
    row = next((row for row in settings_table() if row.key == key), None)
    if row is None:
        raise Http404
    actor = actor_for(request)
    initial = {"value": row.raw, "source": row.source}
    history_id = row.general_id

    def make(data: Any) -> SettingForm:
        form = SettingForm(data, initial=initial)
        if key in CHOICES:
            words = CODES.get(key, {})
            choices = [("", "–"), *((code, words.get(code, code)) for code in CHOICES[key])]
            form.fields["value"].widget = forms.Select(choices=choices)
        elif len(row.raw) <= ONE_LINE:
            form.fields["value"].widget = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
        return form

    return act_page(
        request,
        make,
        lambda data: catalogue.setting_set(actor=actor, key=key, **_street_id(data)),
        title=setting_words(key),
        section="texts",
        back=reverse("console:admin_texts"),
        done=_("Saved."),
        template="console/admin/history_form.html",
        context={"history": history_of("setting", history_id) if history_id else [], "own": row.own},
    )


@admin_view("catalogue.edit")
def text(request: HttpRequest, key: str) -> HttpResponse:
    row = next((row for row in texts_table() if row.key == key), None)
    if row is None:
        raise Http404
    actor = actor_for(request)
    return act_page(
        request,
        lambda data: TextForm(data, initial={"text": row.text, "text_en": row.text_en}),
        lambda data: catalogue.text_set(actor=actor, key=key, **_street_id(data)),
        title=row.label,
        section="texts",
        back=reverse("console:admin_texts"),
        done=_("Saved."),
        template="console/admin/history_form.html",
        context={"history": history_of("text", row.general_id) if row.general_id else [], "own": row.own},
    )
