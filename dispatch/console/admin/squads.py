"""Squads, the 1 + 2 + N picture of a street, and agencies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import Order
from cases.selectors.competence import powers_named
from cases.selectors.openwork import squad_work
from cases.services import staffing
from dispatch.console.admin.forms import ReasonForm, reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.choices import CHOOSE, NONE
from teams.models import Agency, District, Function, Squad, SquadKind, Street
from teams.numbers import is_number
from teams.selectors.history import history_of
from teams.selectors.squads import agency_list, formation, squad_list, squad_rows
from teams.services import squads


class SquadForm(forms.Form):
    """A squad; the agency is chosen once, when it is set up."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=gettext_lazy("agency"),
        empty_label=CHOOSE,
        help_text=gettext_lazy("In whose name it acts, for good."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=SquadKind.choices)
    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)
    short_name = forms.CharField(label=gettext_lazy("short name"), max_length=12, required=False)
    short_name_en = forms.CharField(label=gettext_lazy("short English name"), max_length=24, required=False)
    phone = forms.CharField(label=gettext_lazy("duty phone"), max_length=32, required=False)
    streets = forms.ModelMultipleChoiceField(
        Street.objects.all(), label=gettext_lazy("streets it serves"), widget=forms.CheckboxSelectMultiple
    )
    reason = reason_field()

    def __init__(self, data: Any, *, squad: Squad | None = None) -> None:
        initial: dict[str, Any] = {}
        if squad is not None:
            names = ("kind", "name", "name_en", "short_name", "short_name_en", "phone")
            initial = {name: getattr(squad, name) for name in names}
            initial["streets"] = list(squad.streets.all())
        super().__init__(data, initial=initial)
        if squad is not None:
            del self.fields["agency"]
        else:
            del self.fields["reason"]
            agencies = Agency.objects.filter(active=True).order_by("function", "name")
            self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]


class AgencyForm(forms.Form):
    """An agency; function and place are chosen once."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)
    function = forms.ChoiceField(label=gettext_lazy("function"), choices=Function.choices)
    code = forms.CharField(
        label=gettext_lazy("code on papers"),
        max_length=16,
        help_text=gettext_lazy("As it stands in paper numbers, for example 迎市监."),
    )
    district = forms.ModelChoiceField(District.objects.all(), label=gettext_lazy("district"), empty_label=None)
    street = forms.ModelChoiceField(
        Street.objects.all(),
        label=gettext_lazy("street"),
        required=False,
        empty_label=NONE,
        help_text=gettext_lazy("Only for the agency of a street that acts in its own name."),
    )
    reason = reason_field()

    def __init__(self, data: Any, *, agency: Agency | None = None) -> None:
        initial = {name: getattr(agency, name) for name in ("name", "name_en", "code")} if agency else {}
        super().__init__(data, initial=initial)
        if agency is not None:
            for name in ("function", "district", "street"):
                del self.fields[name]
        else:
            del self.fields["reason"]


def _split(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "street_ids": [street.pk for street in data.pop("streets")]}


@require_safe
@admin_view("ground.view")
def squad_index(request: HttpRequest) -> HttpResponse:
    street = request.GET.get("street", "")
    closed = request.GET.get("closed") == "1"
    context = {
        "rows": squad_list(street_id=int(street) if is_number(street) else None, closed=closed),
        "streets": Street.objects.all(),
        "street": street,
        "closed": closed,
        "may_edit": holds_somewhere(request, "ground.edit"),
    }
    return show_admin(request, "console/admin/squads.html", context, section="squads")


@require_safe
@admin_view("ground.view")
def squad(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Squad, pk=pk)
    parts, tests = squad_work(found)
    dissolves = holds_somewhere(request, "ground.edit")
    seen = set(Order.objects.visible_to(actor_for(request)).filter(parts__in=parts).values_list("pk", flat=True))
    shown = [part for part in parts if dissolves or part.order_id in seen]
    context = {
        "row": squad_rows(Squad.objects.filter(pk=pk))[0],
        "parts": shown,
        "others": len(parts) - len(shown),
        "tests": tests,
        "history": history_of("squad", pk),
        "may_edit": dissolves and found.active,
    }
    return show_admin(request, "console/admin/squad.html", context, section="squads")


@require_safe
@admin_view("ground.view")
def street_formation(request: HttpRequest, pk: int) -> HttpResponse:
    street = get_object_or_404(Street, pk=pk)
    context = {"f": formation(street), "streets": Street.objects.all(), "street": street}
    return show_admin(request, "console/admin/formation.html", context, section="squads")


@admin_view("ground.edit")
def squad_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> Squad:
        agency = data.pop("agency")
        return squads.squad_create(actor=actor, agency_id=agency.pk, **_split(data))

    return act_page(
        request,
        SquadForm,
        call,
        title=_("New squad"),
        section="squads",
        back=reverse("console:admin_squads"),
        done=_("Squad set up."),
    )


@admin_view("ground.edit")
def squad_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Squad, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: SquadForm(data, squad=found),
        lambda data: squads.squad_edit(actor=actor, squad_id=pk, **_split(data)),
        title=str(found),
        section="squads",
        back=reverse("console:admin_squad", args=[pk]),
        done=_("Saved."),
    )


@admin_view("ground.edit")
def squad_dissolve(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Squad, pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: staffing.squad_dissolve(actor=actor, squad_id=pk, **data),
        title=_("Dissolve %(squad)s") % {"squad": found},
        button=_("Dissolve the squad"),
        why=_("Its roles and coming turns of duty end at once. What it did stays under its name."),
        danger=True,
        section="squads",
        back=reverse("console:admin_squad", args=[pk]),
        done=_("Squad dissolved."),
    )


@require_safe
@admin_view("ground.view")
def agency_index(request: HttpRequest) -> HttpResponse:
    context = {"rows": agency_list(), "may_edit": holds_somewhere(request, "ground.edit")}
    return show_admin(request, "console/admin/agencies.html", context, section="agencies")


@require_safe
@admin_view("ground.view")
def agency(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(agency_list(), pk=pk)
    context = {
        "agency": found,
        "squads": squad_rows(found.squads.filter(active=True).order_by("name")),
        "powers": powers_named(found),
        "history": history_of("agency", pk),
        "may_edit": holds_somewhere(request, "ground.edit") and found.active,
    }
    return show_admin(request, "console/admin/agency.html", context, section="agencies")


@admin_view("ground.edit")
def agency_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> Agency:
        district, street = data.pop("district"), data.pop("street")
        street_id = street.pk if street else None
        return squads.agency_create(actor=actor, district_id=district.pk, street_id=street_id, **data)

    return act_page(
        request,
        AgencyForm,
        call,
        title=_("New agency"),
        section="agencies",
        back=reverse("console:admin_agencies"),
        done=_("Agency entered."),
    )


@admin_view("ground.edit")
def agency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Agency, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: AgencyForm(data, agency=found),
        lambda data: squads.agency_edit(actor=actor, agency_id=pk, **data),
        title=str(found),
        section="agencies",
        back=reverse("console:admin_agency", args=[pk]),
        done=_("Saved."),
    )


@admin_view("ground.edit")
def agency_close(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(Agency, pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: squads.agency_close(actor=actor, agency_id=pk, **data),
        title=_("Close %(agency)s") % {"agency": found},
        button=_("Close the agency"),
        why=_("It acts no more. Its papers and decisions stay."),
        danger=True,
        section="agencies",
        back=reverse("console:admin_agency", args=[pk]),
        done=_("Agency closed."),
    )
