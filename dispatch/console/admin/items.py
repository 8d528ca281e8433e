"""Inspection items with their limits and legal bases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cases.models import Category, InspectionItem, ItemBasis, ItemKind, ItemLimit, Period
from cases.services import catalogue
from dispatch.console.admin.forms import LastDayForm, ReasonForm, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view, page_number, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from teams.models import Function
from teams.selectors.history import history_of
from teams.services.days import yesterday


class ItemForm(forms.Form):
    """An item; code and first day are given once."""

    code = forms.CharField(label=gettext_lazy("code"), max_length=24)
    function = forms.ChoiceField(label=gettext_lazy("whose item"), choices=Function.choices)
    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("how it is answered"), choices=ItemKind.choices)
    choices = forms.CharField(
        label=gettext_lazy("choices"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("For a choice: the answers, with commas between."),
    )
    choices_en = forms.CharField(
        label=gettext_lazy("choices (English)"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("The same answers in the same order."),
    )
    unit = forms.CharField(label=gettext_lazy("unit"), max_length=16, required=False)
    unit_en = forms.CharField(label=gettext_lazy("unit (English)"), max_length=16, required=False)
    hint = forms.CharField(label=gettext_lazy("how to check"), max_length=240, required=False)
    hint_en = forms.CharField(label=gettext_lazy("how to check (English)"), max_length=240, required=False)
    key_item = forms.BooleanField(label=gettext_lazy("key item"), required=False)
    photo_required = forms.BooleanField(label=gettext_lazy("photo required"), required=False)
    clause_group = forms.CharField(label=gettext_lazy("clause group"), max_length=24, required=False)
    order = forms.IntegerField(label=gettext_lazy("position in the list"), min_value=0, max_value=9999, initial=100)
    categories = forms.ModelMultipleChoiceField(
        Category.objects.filter(active=True, parent__isnull=False).order_by("code"),
        label=gettext_lazy("asked for these categories (none: at every visit)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = day_field(gettext_lazy("first day in force"))
    reason = reason_field()

    def __init__(self, data: Any, *, item: InspectionItem | None = None, replaces: bool = False) -> None:
        initial: dict[str, Any] = {"starts_on": timezone.localdate()}
        if item is not None:
            own = [name for name in self.base_fields if name not in ("categories", "starts_on") and hasattr(item, name)]
            initial |= {name: getattr(item, name) for name in own}
            initial["choices"] = "，".join(item.choices)
            initial["choices_en"] = ", ".join(item.choices_en)
            initial["categories"] = list(item.categories.all())
        if replaces and item is not None:
            initial["code"] = f"{item.code}-2"
        super().__init__(data, initial=initial)
        self.fields["categories"].label_from_instance = lambda row: f"{row.code} {row}"  # type: ignore[attr-defined]
        if replaces:
            del self.fields["categories"]
            self.fields["reason"].required = True
        elif item is not None:
            del self.fields["code"], self.fields["starts_on"]
        else:
            del self.fields["reason"]

    def clean_choices(self) -> list[str]:
        return _pieces(self.cleaned_data["choices"])

    def clean_choices_en(self) -> list[str]:
        return _pieces(self.cleaned_data["choices_en"])


def _pieces(text: str) -> list[str]:
    text = text.replace("，", ",").replace("、", ",")
    return [piece.strip()[:40] for piece in text.split(",") if piece.strip()]


class LimitForm(forms.Form):
    maximum = forms.DecimalField(label=gettext_lazy("at most"), max_digits=10, decimal_places=2)
    unit = forms.CharField(label=gettext_lazy("unit"), max_length=16)
    zone = forms.TypedChoiceField(
        label=gettext_lazy("noise zone (GB 3096)"),
        choices=[("", gettext_lazy("every zone")), *((str(zone), str(zone)) for zone in range(5))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    period = forms.ChoiceField(label=gettext_lazy("time of day"), choices=Period.choices)
    standard = forms.CharField(label=gettext_lazy("standard"), max_length=60)
    starts_on = day_field(
        gettext_lazy("from which day"), help_text=gettext_lazy("The present limit ends the day before.")
    )
    reason = reason_field()


class BasisForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("law and article"), max_length=200)
    text_en = forms.CharField(label=gettext_lazy("the same in English"), max_length=240, required=False)
    starts_on = day_field(gettext_lazy("in force from"), help_text=gettext_lazy("The law's own day, past or to come."))
    to_confirm = forms.BooleanField(
        label=gettext_lazy("still to be confirmed by the lawyers"), required=False, initial=True
    )
    reason = reason_field()


@require_safe
@admin_view("ground.view")
def item_index(request: HttpRequest) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("text", "function", "state")}
    today = timezone.localdate()
    rows = InspectionItem.objects.annotate(
        open_bases=Count("bases", filter=Q(bases__to_confirm=True), distinct=True),
    ).order_by("function", "order", "code")
    if text := filters["text"].strip():
        rows = rows.filter(Q(name__icontains=text) | Q(name_en__icontains=text) | Q(code__icontains=text))
    if filters["function"] in Function.values:
        rows = rows.filter(function=filters["function"])
    if filters["state"] == "ended":
        rows = rows.filter(ends_on__lt=today)
    else:
        rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
        if filters["state"] == "unconfirmed":
            rows = rows.filter(open_bases__gt=0)
    page = Paginator(rows, 50).get_page(page_number(request))
    context = {
        "page": page,
        "filters": filters,
        "functions": Function.choices,
        "query": urlencode({key: value for key, value in filters.items() if value}),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/items.html", context, section="items")


@require_safe
@admin_view("ground.view")
def item(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(InspectionItem, pk=pk)
    context = {
        "item": row,
        "limits": ItemLimit.objects.filter(item=row).order_by("zone", "period", "-starts_on"),
        "bases": ItemBasis.objects.filter(item=row).order_by("-starts_on", "pk"),
        "measured": row.kind in (ItemKind.MEASURED, ItemKind.LAB, ItemKind.NUMBER),
        "today": timezone.localdate(),
        "history": history_of("item", pk),
        "may_edit": holds_somewhere(request, "catalogue.edit"),
    }
    return show_admin(request, "console/admin/item.html", context, section="items")


def _values(data: dict[str, Any]) -> dict[str, Any]:
    rest = ("code", "starts_on", "reason", "categories")
    found: dict[str, Any] = {name: data[name] for name in rest if name in data}
    if "categories" in found:
        found["category_ids"] = [row.pk for row in found.pop("categories")]
    return {**found, "values": {name: value for name, value in data.items() if name not in rest}}


@admin_view("catalogue.edit")
def item_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)
    return act_page(
        request,
        ItemForm,
        lambda data: catalogue.item_create(actor=actor, **_values(data)),
        title=_("New inspection item"),
        section="items",
        back=reverse("console:admin_items"),
        done=_("Item entered."),
    )


@admin_view("catalogue.edit")
def item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(InspectionItem, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: ItemForm(data, item=row),
        lambda data: catalogue.item_edit(actor=actor, item_id=pk, **_values(data)),
        title=f"{row.code} {row}",
        section="items",
        back=reverse("console:admin_item", args=[pk]),
        done=_("Saved."),
    )


@admin_view("catalogue.edit")
def item_replace(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(InspectionItem, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: ItemForm(data, item=row, replaces=True),
        lambda data: catalogue.item_replace(actor=actor, item_id=pk, **_values(data)),
        title=_("Replace %(item)s") % {"item": f"{row.code} {row}"},
        button=_("Replace the item"),
        why=_("The present item ends the day before. Its limits, legal bases and categories are taken over."),
        section="items",
        back=reverse("console:admin_items"),
        done=_("Item replaced."),
    )


@admin_view("catalogue.edit")
def item_end(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(InspectionItem, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: LastDayForm(data, initial={"last_day": yesterday()}),
        lambda data: catalogue.item_end(actor=actor, item_id=pk, **data),
        title=_("End %(item)s") % {"item": f"{row.code} {row}"},
        button=_("End the item"),
        why=_("Visits after that day no longer ask it. Earlier ones keep it with its answers."),
        danger=True,
        section="items",
        back=reverse("console:admin_item", args=[pk]),
        done=_("The item ends."),
    )


@admin_view("catalogue.edit")
def limit_new(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(InspectionItem, pk=pk), actor_for(request)
    last = row.limits.order_by("-starts_on", "-pk").first()
    initial: dict[str, Any] = {"unit": row.unit, "starts_on": timezone.localdate()}
    if last is not None:
        initial |= {"standard": last.standard, "period": last.period, "zone": last.zone, "maximum": last.maximum}
    return act_page(
        request,
        lambda data: LimitForm(data, initial=initial),
        lambda data: catalogue.limit_set(actor=actor, item_id=pk, **data),
        title=_("A limit of %(item)s") % {"item": f"{row.code} {row}"},
        why=_("Values measured before that day are judged by the limit of their day."),
        section="items",
        back=reverse("console:admin_item", args=[pk]),
        done=_("Limit entered."),
    )


@admin_view("catalogue.edit")
def basis_new(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(InspectionItem, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: BasisForm(data, initial={"starts_on": timezone.localdate()}),
        lambda data: catalogue.basis_add(actor=actor, item_id=pk, **data),
        title=_("A legal basis of %(item)s") % {"item": f"{row.code} {row}"},
        section="items",
        back=reverse("console:admin_item", args=[pk]),
        done=_("Legal basis entered."),
    )


@admin_view("catalogue.edit")
def basis_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(ItemBasis, pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: catalogue.basis_confirm(actor=actor, basis_id=pk, **data),
        title=_("Confirm: %(basis)s") % {"basis": row.text},
        button=_("Confirm"),
        why=_("Say in the reason who confirmed it."),
        section="items",
        back=reverse("console:admin_item", args=[row.item_id]),
        done=_("Confirmed."),
    )


@admin_view("catalogue.edit")
def basis_end(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = get_object_or_404(ItemBasis, pk=pk), actor_for(request)
    return act_page(
        request,
        lambda data: LastDayForm(data, initial={"last_day": yesterday()}),
        lambda data: catalogue.basis_end(actor=actor, basis_id=pk, **data),
        title=_("No longer in force: %(basis)s") % {"basis": row.text},
        button=_("End the legal basis"),
        why=_("The law's own last day. Earlier conduct is still judged by it."),
        danger=True,
        section="items",
        back=reverse("console:admin_item", args=[row.item_id]),
        done=_("Saved."),
    )
