"""Powers: the matrix of agencies and categories with its gaps, and one form an entry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import Category
from cases.selectors.competence import category_choices, power_matrix
from dispatch.console.admin.forms import LastDayForm, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.choices import CHOOSE
from teams.models import Agency, Function, Power, Street
from teams.selectors.history import history_of
from teams.services import powers
from teams.services.days import yesterday


class PowerForm(forms.Form):
    """A power from a day on."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("agency"), empty_label=CHOOSE)
    category_code = forms.ChoiceField(
        label=gettext_lazy("category"), help_text=gettext_lazy("A major category covers all of its minor ones.")
    )
    street = forms.ModelChoiceField(
        Street.objects.all(),
        label=gettext_lazy("street"),
        required=False,
        empty_label=gettext_lazy("everywhere in the district"),
    )
    basis = forms.CharField(label=gettext_lazy("legal basis"), max_length=200, required=False)
    delegated = forms.BooleanField(
        label=gettext_lazy("delegated to the street, which acts in its own name"), required=False
    )
    optional = forms.BooleanField(
        label=gettext_lazy("proposed only when the complaint's words speak of its items"), required=False
    )
    to_confirm = forms.BooleanField(label=gettext_lazy("still to be confirmed by the lawyers"), required=False)
    starts_on = day_field(gettext_lazy("first day in force"))
    ends_on = day_field(
        gettext_lazy("last day in force"), required=False, help_text=gettext_lazy("Empty: until it is ended.")
    )
    reason = reason_field()

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial={"starts_on": timezone.localdate(), **initial})
        agencies = Agency.objects.filter(active=True).exclude(function=Function.LABORATORY).order_by("function", "name")
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        self.fields["category_code"].choices = category_choices()  # type: ignore[attr-defined]


class PowerChangeForm(forms.Form):
    from_day = day_field(
        gettext_lazy("from which day"), help_text=gettext_lazy("The present entry ends the day before.")
    )
    basis = forms.CharField(label=gettext_lazy("legal basis"), max_length=200, required=False)
    delegated = forms.BooleanField(
        label=gettext_lazy("delegated to the street, which acts in its own name"), required=False
    )
    optional = forms.BooleanField(
        label=gettext_lazy("proposed only when the complaint's words speak of its items"), required=False
    )
    to_confirm = forms.BooleanField(label=gettext_lazy("still to be confirmed by the lawyers"), required=False)
    ends_on = day_field(gettext_lazy("last day in force"), required=False)
    reason = reason_field(required=True)


@require_safe
@admin_view("ground.view")
def power_index(request: HttpRequest) -> HttpResponse:
    streets = list(Street.objects.select_related("district"))
    wanted = request.GET.get("street", "")
    street = next((row for row in streets if str(row.pk) == wanted), streets[0] if streets else None)
    own = actor_for(request).streets()
    if not wanted and own:
        street = next((row for row in streets if row.pk in own), street)
    major = request.GET.get("major", "")
    majors = list(Category.objects.filter(parent__isnull=True, active=True))
    if major not in {row.code for row in majors}:
        major = ""
    context = {
        "street": street,
        "streets": streets,
        "majors": majors,
        "major": major,
        "matrix": power_matrix(street, major) if street else None,
        "query": urlencode({"street": street.pk if street else "", "major": major}),
        "may_edit": holds_somewhere(request, "ground.edit"),
    }
    return show_admin(request, "console/admin/powers.html", context, section="powers")


@admin_view("ground.edit", fresh=True)
def power_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    initial = {name: request.GET[name] for name in ("agency", "category_code", "street") if request.GET.get(name)}

    def call(data: dict[str, Any]) -> Power:
        agency, street = data.pop("agency"), data.pop("street")
        return powers.power_grant(actor=actor, agency_id=agency.pk, street_id=street.pk if street else None, **data)

    return act_page(
        request,
        lambda data: PowerForm(data, initial=initial),
        call,
        title=_("New power"),
        section="powers",
        back=reverse("console:admin_powers"),
        done=_("Power entered."),
    )


def _power(pk: int) -> Power:
    row = Power.objects.select_related("agency", "street").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_safe
@admin_view("ground.view")
def power(request: HttpRequest, pk: int) -> HttpResponse:
    row = _power(pk)
    today = timezone.localdate()
    context = {
        "power": row,
        "category": Category.objects.filter(code=row.category_code).first(),
        "history": history_of("power", pk),
        "over": row.ends_on is not None and row.ends_on < today,
        "may_edit": holds_somewhere(request, "ground.edit"),
    }
    return show_admin(request, "console/admin/power.html", context, section="powers")


@admin_view("ground.edit", fresh=True)
def power_change(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = _power(pk), actor_for(request)
    initial = {name: getattr(row, name) for name in ("basis", "delegated", "optional", "to_confirm", "ends_on")}
    return act_page(
        request,
        lambda data: PowerChangeForm(data, initial={**initial, "from_day": timezone.localdate()}),
        lambda data: powers.power_change(actor=actor, power_id=pk, **data),
        title=_("Change power %(code)s of %(agency)s") % {"code": row.category_code, "agency": row.agency},
        section="powers",
        back=reverse("console:admin_powers"),
        done=_("Saved."),
    )


@admin_view("ground.edit", fresh=True)
def power_end(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = _power(pk), actor_for(request)
    return act_page(
        request,
        lambda data: LastDayForm(data, initial={"last_day": yesterday()}),
        lambda data: powers.power_end(actor=actor, power_id=pk, **data),
        title=_("End power %(code)s of %(agency)s") % {"code": row.category_code, "agency": row.agency},
        button=_("End the power"),
        why=_("Earlier orders keep their agencies."),
        danger=True,
        section="powers",
        back=reverse("console:admin_powers"),
        done=_("The power ends."),
    )
