"""Django's administration of reference data, and the journal to look at. Complaints and identities are not here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.models import (
    Category,
    CategoryWord,
    DeadlineRule,
    Event,
    IdentityLookup,
    InspectionItem,
    ItemBasis,
    ItemLimit,
    PaperCounter,
    Setting,
    Target,
)
from cases.papers import check_pattern

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
else:
    Base, Rows = admin.ModelAdmin, admin.TabularInline


class ReadOnly(Base):
    """Can be looked at, never written: the rows are made by services alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WordRows(Rows):
    model = CategoryWord
    extra = 1


@admin.register(Category)
class CategoryAdmin(Base):
    list_display = ("code", "name", "name_en", "severity", "night", "key_area", "clause_group", "active")
    list_filter = ("parent", "severity", "night", "key_area", "active")
    search_fields = ("code", "name", "name_en", "words__word")
    inlines = (WordRows,)


class BasisRows(Rows):
    model = ItemBasis
    extra = 0


class LimitRows(Rows):
    model = ItemLimit
    extra = 0


@admin.register(InspectionItem)
class InspectionItemAdmin(Base):
    list_display = ("code", "name", "function", "kind", "key_item", "photo_required", "starts_on", "ends_on")
    list_filter = ("function", "kind", "key_item", "photo_required", "categories")
    search_fields = ("code", "name", "name_en")
    filter_horizontal = ("categories",)
    inlines = (BasisRows, LimitRows)


@admin.register(ItemBasis)
class ItemBasisAdmin(Base):
    list_display = ("text", "item", "starts_on", "ends_on", "to_confirm")
    list_filter = ("to_confirm", "item__function")
    list_select_related = ("item",)
    search_fields = ("text", "text_en", "item__code")
    autocomplete_fields = ("item",)


@admin.register(ItemLimit)
class ItemLimitAdmin(Base):
    list_display = ("item", "zone", "period", "maximum", "unit", "standard", "starts_on", "ends_on")
    list_filter = ("standard", "period", "zone")
    list_select_related = ("item",)
    autocomplete_fields = ("item",)


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(Base):
    list_display = ("kind", "urgent", "street", "amount", "unit", "source")
    list_filter = ("kind", "urgent", "street")
    list_select_related = ("street",)


class SettingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A pattern that can't number papers is refused here, not when an officer signs."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("key") == "paper_pattern" and check_pattern(str(cleaned.get("value", ""))):
            raise forms.ValidationError(
                _("A paper number needs {agency}, {kind}, {year} and {serial}, and nothing else in braces.")
            )
        return cleaned


@admin.register(Setting)
class SettingAdmin(Base):
    form = SettingForm
    list_display = ("key", "street", "value", "source")
    list_filter = ("street",)
    list_select_related = ("street",)
    search_fields = ("key", "source")


@admin.register(Target)
class TargetAdmin(ReadOnly):
    """The register. It is changed in the console, where every change is written into the party's history."""

    list_display = ("name", "kind", "trade", "address", "street", "uscc", "no_disturb", "active")
    list_filter = ("kind", "street", "no_disturb", "active")
    list_select_related = ("street",)
    search_fields = ("name", "address", "uscc")


@admin.register(PaperCounter)
class PaperCounterAdmin(ReadOnly):
    list_display = ("agency", "kind", "year", "last")
    list_filter = ("year", "kind")
    list_select_related = ("agency",)


@admin.register(IdentityLookup)
class IdentityLookupAdmin(ReadOnly):
    """Who looked for a complainant by phone, found or not."""

    list_display = ("at", "user", "purpose", "found")
    list_filter = ("purpose",)
    list_select_related = ("user",)
    date_hierarchy = "at"


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The journal. The table refuses changes by itself; this page doesn't offer any."""

    list_display = ("at", "kind", "subject", "seq", "actor_role", "late")
    list_filter = ("kind", "actor_role", "late", "street")
    list_select_related = ("case", "order")
    search_fields = ("case__reference", "order__number")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("at", "kind", "subject", "seq", "street", "actor", "actor_role", "used_seconds", "late", "body", "hash")
    readonly_fields = fields

    @admin.display(description=_("subject"))
    def subject(self, event: Event) -> str:
        return str(event.case or event.order)
