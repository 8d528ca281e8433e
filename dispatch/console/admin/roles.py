"""A person's roles, certificates and leave: one small page an act."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.policies import may
from dispatch.console.admin.forms import LastDayForm, PersonField, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view
from dispatch.console.admin.people import person_or_404
from dispatch.web.access import actor_for
from dispatch.web.choices import CHOOSE, NONE
from dispatch.web.moments import moment_words
from teams.models import Agency, Assignment, Certificate, District, Function, Grid, Leave, Role, Squad, Street, User
from teams.selectors.staff import colleagues
from teams.services import certificates, leaves, roles
from teams.services.days import yesterday


class RoleForm(forms.Form):
    """A role and its place; what the role doesn't need is hidden and left out."""

    role = forms.ChoiceField(label=gettext_lazy("role"), choices=Role.choices)
    street = forms.ModelChoiceField(
        Street.objects.all(), label=gettext_lazy("street"), required=False, empty_label=NONE
    )
    grid = forms.ModelChoiceField(
        Grid.objects.none(), label=gettext_lazy("grid"), required=False, empty_label=gettext_lazy("all of the street")
    )
    squad = forms.ModelChoiceField(Squad.objects.none(), label=gettext_lazy("squad"), required=False, empty_label=NONE)
    district = forms.ModelChoiceField(
        District.objects.all(), label=gettext_lazy("district"), required=False, empty_label=NONE
    )
    starts_on = day_field(gettext_lazy("first day in force"))
    ends_on = day_field(
        gettext_lazy("last day in force"), required=False, help_text=gettext_lazy("Empty: until it is ended.")
    )
    reason = reason_field(required=True)

    WHEN = {
        "street": "role=dispatcher|office_head|checker|grid_worker",
        "grid": "role=grid_worker",
        "squad": "role=squad_leader|officer|auxiliary|lab_technician",
        "district": "role=supervisor",
    }

    def __init__(self, data: Any) -> None:
        super().__init__(data, initial={"starts_on": timezone.localdate()})
        today = timezone.localdate()
        grids = Grid.objects.exclude(ends_on__lt=today).select_related("community__street")
        self.fields["grid"].queryset = grids  # type: ignore[attr-defined]
        self.fields["grid"].label_from_instance = lambda grid: f"{grid.code} {grid} · {grid.community.street}"  # type: ignore[attr-defined]
        self.fields["squad"].queryset = Squad.objects.filter(active=True).order_by("name")  # type: ignore[attr-defined]

    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """The fields with what they wait for (``data-when``)."""
        return [(field, self.WHEN.get(field.name, "")) for field in self]


class CertificateForm(forms.Form):
    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("agency"), empty_label=CHOOSE)
    number = forms.CharField(label=gettext_lazy("certificate number"), max_length=40)
    valid_from = day_field(gettext_lazy("valid from"))
    valid_until = day_field(gettext_lazy("valid until"))

    def __init__(self, data: Any, *, person: User) -> None:
        super().__init__(data)
        agencies = Agency.objects.filter(active=True).exclude(function=Function.LABORATORY).order_by("name")
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]
        held = Assignment.objects.filter(user=person, squad__isnull=False).select_related("squad").last()
        if held is not None and held.squad is not None:
            self.fields["agency"].initial = held.squad.agency_id


class RenewForm(forms.Form):
    valid_until = day_field(gettext_lazy("valid until"))
    reason = reason_field()


class RevokeForm(forms.Form):
    revoked_on = day_field(gettext_lazy("revoked on"))
    reason = reason_field(required=True)


class LeaveForm(forms.Form):
    starts_on = day_field(gettext_lazy("first day of the leave"))
    ends_on = day_field(gettext_lazy("last day of the leave"))
    substitute = PersonField(
        label=gettext_lazy("substitute"),
        required=False,
        listed="colleagues",
        help_text=gettext_lazy(
            "Holds the roles on these days, while the person's own are paused. Enter a user name or a name."
        ),
    )
    note = forms.CharField(label=gettext_lazy("note"), max_length=120, required=False)

    def clean_substitute(self) -> int | None:
        found: User | None = self.cleaned_data["substitute"]
        return found.pk if found else None


class LeaveEndForm(forms.Form):
    last_day = day_field(
        gettext_lazy("last day of the leave"), help_text=gettext_lazy("Choose yesterday to end it at once.")
    )


@admin_view("role.grant", fresh=True)
def role_new(request: HttpRequest, pk: int) -> HttpResponse:
    person, actor = person_or_404(request, pk), actor_for(request)

    def call(data: dict[str, Any]) -> Assignment:
        places: dict[str, Any] = {f"{name}_id": row.pk if (row := data.pop(name)) else None for name in RoleForm.WHEN}
        return roles.role_grant(actor=actor, user_id=pk, **data, **places)

    return act_page(
        request,
        RoleForm,
        call,
        title=_("Grant a role to %(person)s") % {"person": person},
        button=_("Grant"),
        why=_("It counts from its first to its last day. Pages that are open follow at once.")
        + ("" if person.has_usable_password() else " " + _("This person has not set a password yet.")),
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Role granted."),
        template="console/admin/role_form.html",
    )


@admin_view("role.grant", fresh=True)
def role_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = Assignment.objects.select_related("user").filter(pk=pk).first()
    if row is None:
        raise Http404
    actor = actor_for(request)
    return act_page(
        request,
        lambda data: LastDayForm(data, initial={"last_day": yesterday()}),
        lambda data: roles.role_end(actor=actor, assignment_id=pk, **data),
        title=_("End a role of %(person)s: %(role)s") % {"person": row.user, "role": Role(row.role).label},
        button=_("End the role"),
        danger=True,
        section="people",
        back=reverse("console:admin_person", args=[row.user_id]),
        done=_("The role ends."),
    )


@admin_view("staff.edit")
def certificate_new(request: HttpRequest, pk: int) -> HttpResponse:
    person, actor = person_or_404(request, pk), actor_for(request)

    def call(data: dict[str, Any]) -> Certificate:
        agency = data.pop("agency")
        return certificates.certificate_add(actor=actor, user_id=pk, agency_id=agency.pk, **data)

    return act_page(
        request,
        lambda data: CertificateForm(data, person=person),
        call,
        title=_("A certificate of %(person)s") % {"person": person},
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Certificate entered."),
    )


def _certificate(pk: int) -> Certificate:
    row = Certificate.objects.select_related("user").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@admin_view("staff.edit")
def certificate_renew(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = _certificate(pk), actor_for(request)
    return act_page(
        request,
        RenewForm,
        lambda data: certificates.certificate_renew(actor=actor, certificate_id=pk, **data),
        title=_("Renew certificate %(number)s of %(person)s") % {"number": row.number, "person": row.user},
        button=_("Renew"),
        why=_("Valid until %(day)s so far. Enter the last day that stands on the renewed certificate.")
        % {"day": moment_words(row.valid_until, "full")},
        section="people",
        back=reverse("console:admin_person", args=[row.user_id]),
        done=_("Saved."),
    )


@admin_view("staff.edit")
def certificate_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    row, actor = _certificate(pk), actor_for(request)
    return act_page(
        request,
        lambda data: RevokeForm(data, initial={"revoked_on": timezone.localdate()}),
        lambda data: certificates.certificate_revoke(actor=actor, certificate_id=pk, **data),
        title=_("Revoke certificate %(number)s of %(person)s") % {"number": row.number, "person": row.user},
        button=_("Revoke"),
        why=_("From that day the certificate no longer counts. Earlier visits keep their record of it."),
        danger=True,
        section="people",
        back=reverse("console:admin_person", args=[row.user_id]),
        done=_("Certificate revoked."),
    )


@admin_view("leave.manage", "leave.record", fresh=True)
def leave_new(request: HttpRequest, pk: int) -> HttpResponse:
    person, actor = person_or_404(request, pk), actor_for(request)
    head = leaves.may_manage(actor, person)
    if not (head or may(actor, "leave.record")):
        raise PermissionDenied
    grants = head or may(actor, "role.grant")

    def make(data: Any) -> LeaveForm:
        form = LeaveForm(data, initial={"starts_on": timezone.localdate(), "ends_on": timezone.localdate()})
        if not grants:
            form.fields["substitute"].disabled = True
            form.fields["substitute"].help_text = _(
                "A substitute is named by the head of the street's office or the security administrator."
            )
        return form

    def call(data: dict[str, Any]) -> Leave:
        return leaves.leave_add(actor=actor, user_id=pk, substitute_id=data.pop("substitute"), **data)

    return act_page(
        request,
        make,
        call,
        title=_("Leave of %(person)s") % {"person": person},
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Leave entered."),
        template="console/admin/leave_form.html",
        context={"colleagues": colleagues(person)},
    )


@admin_view("leave.manage", "leave.record", fresh=True)
def leave_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = Leave.objects.select_related("user").filter(pk=pk).first()
    if row is None:
        raise Http404
    person, actor = person_or_404(request, row.user_id), actor_for(request)
    if not (leaves.may_manage(actor, person) or may(actor, "leave.record")):
        raise PermissionDenied
    return act_page(
        request,
        lambda data: LeaveEndForm(data, initial={"last_day": yesterday()}),
        lambda data: leaves.leave_end(actor=actor, leave_id=pk, **data),
        title=_("Leave of %(person)s ends") % {"person": person},
        button=_("End the leave"),
        section="people",
        back=reverse("console:admin_person", args=[person.pk]),
        done=_("The leave ends; the roles are the person's own again."),
    )
