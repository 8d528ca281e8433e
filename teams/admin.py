"""Django's administration of the ground: areas, agencies, squads, powers, staff, certificates, duty, calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from teams.models import (
    Agency,
    Assignment,
    CalendarDay,
    Certificate,
    Community,
    District,
    Duty,
    Grid,
    Leave,
    Power,
    Squad,
    Street,
    User,
)

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
    StaffAdmin = UserAdmin[User]
    NewStaff = AdminUserCreationForm[User]
    ChangeStaff = UserChangeForm[User]
else:
    Base, Rows, StaffAdmin = admin.ModelAdmin, admin.TabularInline, UserAdmin
    NewStaff, ChangeStaff = AdminUserCreationForm, UserChangeForm

admin.site.site_header = _("System administration")
admin.site.site_title = _("System administration")
admin.site.index_title = _("Reference data and staff")


class StreetRows(Rows):
    model = Street
    fields = ("code", "name", "name_en", "kind", "short_name")
    extra = 0
    show_change_link = True


@admin.register(District)
class DistrictAdmin(Base):
    list_display = ("code", "name", "name_en")
    inlines = (StreetRows,)


@admin.register(Street)
class StreetAdmin(Base):
    list_display = ("code", "name", "name_en", "kind", "short_name", "district")
    list_filter = ("district", "kind")
    search_fields = ("code", "name", "name_en")


class GridRows(Rows):
    model = Grid
    fields = ("code", "name", "name_en", "kind", "starts_on", "ends_on")
    extra = 0
    show_change_link = True


@admin.register(Community)
class CommunityAdmin(Base):
    list_display = ("code", "name", "name_en", "street")
    list_filter = ("street",)
    search_fields = ("code", "name")
    inlines = (GridRows,)


@admin.register(Grid)
class GridAdmin(Base):
    list_display = ("code", "name", "name_en", "kind", "community", "starts_on", "ends_on")
    list_filter = ("kind", "community__street")
    search_fields = ("code", "name")
    autocomplete_fields = ("community",)


@admin.register(Agency)
class AgencyAdmin(Base):
    list_display = ("name", "code", "function", "district", "street", "active")
    list_filter = ("function", "active", "street")
    search_fields = ("name", "name_en", "code")


@admin.register(Power)
class PowerAdmin(Base):
    list_display = ("agency", "category_code", "street", "optional", "delegated", "starts_on", "ends_on", "to_confirm")
    list_filter = ("agency__function", "optional", "delegated", "to_confirm", "street")
    list_select_related = ("agency", "street")
    search_fields = ("category_code", "agency__name", "basis")
    autocomplete_fields = ("agency",)


class MemberRows(Rows):
    model = Assignment
    fields = ("user", "role", "starts_on", "ends_on")
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Squad)
class SquadAdmin(Base):
    list_display = ("name", "short_name", "kind", "agency", "active")
    list_filter = ("kind", "agency__function", "active", "streets")
    list_select_related = ("agency",)
    search_fields = ("name", "name_en", "short_name")
    filter_horizontal = ("streets",)
    autocomplete_fields = ("agency",)
    inlines = (MemberRows,)


class StaffForm(ChangeStaff):
    class Meta:
        model = User
        fields = "__all__"


class NewStaffForm(NewStaff):
    class Meta:
        model = User
        fields = ("username", "name", "email")


class AssignmentRows(Rows):
    model = Assignment
    fk_name = "user"
    extra = 0


class CertificateRows(Rows):
    model = Certificate
    extra = 0


@admin.register(User)
class StaffUserAdmin(StaffAdmin):
    """Members of staff. Roles over cases are assignments, never Django's permissions."""

    form = StaffForm
    add_form = NewStaffForm
    list_display = ("username", "name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "assignments__role")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "phone", "language")}),
        (_("System administration"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    inlines = (AssignmentRows, CertificateRows)


@admin.register(Assignment)
class AssignmentAdmin(Base):
    list_display = ("user", "role", "street", "squad", "district", "starts_on", "ends_on")
    list_filter = ("role", "street", "squad__agency__function")
    list_select_related = ("user", "street", "squad", "district")
    search_fields = ("user__username", "user__name")
    autocomplete_fields = ("user", "street", "squad", "grid")
    date_hierarchy = "starts_on"


@admin.register(Certificate)
class CertificateAdmin(Base):
    list_display = ("number", "user", "agency", "valid_from", "valid_until", "revoked_on")
    list_filter = ("agency__function", "valid_until")
    list_select_related = ("user", "agency")
    search_fields = ("number", "user__username", "user__name")
    autocomplete_fields = ("user", "agency")
    date_hierarchy = "valid_until"


@admin.register(Duty)
class DutyAdmin(Base):
    list_display = ("user", "squad", "street", "starts_at", "ends_at")
    list_filter = ("squad", "street")
    list_select_related = ("user", "squad", "street")
    autocomplete_fields = ("user", "squad", "street")
    date_hierarchy = "starts_at"


@admin.register(Leave)
class LeaveAdmin(Base):
    list_display = ("user", "starts_on", "ends_on", "substitute")
    list_select_related = ("user", "substitute")
    autocomplete_fields = ("user", "substitute")


@admin.register(CalendarDay)
class CalendarDayAdmin(Base):
    list_display = ("day", "kind", "note", "district")
    list_filter = ("kind", "district")
    date_hierarchy = "day"
