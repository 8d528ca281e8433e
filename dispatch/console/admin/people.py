"""Staff: the list with its lights, one person's page, and what the administrators may do there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.policies import may
from cases.selectors.openwork import open_work
from cases.services import staffing
from dispatch.console.admin.forms import OptionalReasonForm, PersonField, ReasonForm, reason_field
from dispatch.console.admin.frame import act_page, admin_view, page_number, show_admin
from dispatch.notify.letters import invitation_mail
from dispatch.web.access import actor_for, check_right, holds_somewhere
from dispatch.web.sessions import sessions_end_all, sessions_of
from teams.models import Role, Squad, Street, User
from teams.selectors.history import history_of
from teams.selectors.staff import colleagues, person_file, staff_page, staff_visible_to
from teams.services import invitations, leaves, people

STATES = (
    ("active", gettext_lazy("active")),
    ("expiring", gettext_lazy("certificate runs out")),
    ("waiting", gettext_lazy("not signed in yet")),
    ("roleless", gettext_lazy("without a role")),
    ("closed", gettext_lazy("deactivated")),
    ("all", gettext_lazy("all")),
)


class PersonForm(forms.Form):
    """How a person is called and reached."""

    name = forms.CharField(label=pgettext_lazy("person", "name"), max_length=60)
    email = forms.EmailField(label=gettext_lazy("e-mail"), required=False)
    phone = forms.CharField(label=gettext_lazy("phone"), max_length=32, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("language"),
        choices=(("zh-hans", gettext_lazy("Simplified Chinese")), ("en", gettext_lazy("English"))),
    )
    reason = reason_field()


class NewPersonForm(PersonForm):
    username = forms.CharField(
        label=gettext_lazy("user name"), max_length=40, help_text=gettext_lazy("Letters, digits and . @ + - _ only.")
    )
    email = forms.EmailField(
        label=gettext_lazy("e-mail"),
        required=False,
        help_text=gettext_lazy("The invitation goes there. Without one its link is shown to you once, to hand over."),
    )
    field_order = ("username", "name", "email", "phone", "language")


class CloseForm(ReasonForm):
    hand_over_to = PersonField(
        label=gettext_lazy("who takes over the open cases"),
        required=False,
        listed="colleagues",
        help_text=gettext_lazy("User name or name. Only needed while cases are in this person's hand."),
    )
    field_order = ("hand_over_to", "reason")

    def clean_hand_over_to(self) -> int | None:
        found: User | None = self.cleaned_data["hand_over_to"]
        return found.pk if found else None


def person_or_404(request: HttpRequest, pk: int, right: str | None = None) -> User:
    """Somebody of the staff whom the reader may see; 403 without the right."""
    person = staff_visible_to(actor_for(request)).filter(pk=pk).first()
    if person is None:
        raise Http404
    if right is not None:
        check_right(request, right)
    return person


@require_safe
@admin_view("ground.view")
def person_list(request: HttpRequest) -> HttpResponse:
    names = ("text", "role", "squad", "street", "state")
    filters = {name: request.GET.get(name, "") for name in names}
    filters["state"] = filters["state"] or "active"
    page, rows = staff_page(actor_for(request), filters, page=page_number(request))
    context = {
        "rows": rows,
        "page": page,
        "filters": filters,
        "roles": Role.choices,
        "squads": Squad.objects.filter(active=True).order_by("name"),
        "streets": Street.objects.all(),
        "states": STATES,
        "query": urlencode({key: value for key, value in filters.items() if value}),
        "may_edit": holds_somewhere(request, "staff.edit"),
    }
    return show_admin(request, "console/admin/people.html", context, section="people")


@require_safe
@admin_view("ground.view")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    mine = actor.user_id == found.pk
    head = leaves.may_manage(actor, found)
    context = {
        "person": found,
        "file": person_file(found),
        "history": history_of("person", found.pk),
        "today": timezone.localdate(),
        "waiting": not found.has_usable_password(),
        "mine": mine,
        "may_edit": may(actor, "staff.edit"),
        "may_grant": may(actor, "role.grant") and not mine,
        "may_reset": may(actor, "factor.reset") and not mine,
        "open_sessions": len(sessions_of(found)) if may(actor, "factor.reset") and not mine else 0,
        "may_invite": invitations.may_invite(actor, found),
        "may_leave": head or may(actor, "leave.record"),
    }
    return show_admin(request, "console/admin/person.html", context, section="people")


@admin_view("staff.edit", fresh=True)
def person_new(request: HttpRequest) -> HttpResponse:
    """The account is made and its link goes out in one step."""
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> tuple[User, invitations.Made]:
        user = people.person_create(actor=actor, **data)
        return user, invitations.invitation_make(actor=actor, user_id=user.pk)

    return act_page(
        request,
        NewPersonForm,
        call,
        title=_("Invite a person"),
        button=_("Invite"),
        why=_("The person sets the password by a link that works once, for three days. Roles are granted afterwards."),
        section="people",
        back=reverse("console:admin_people"),
        done="",
        after=lambda made: _handed(request, *made),
    )


@admin_view("staff.edit", "factor.reset", fresh=True)
def person_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link; for somebody who has a password already it is a reset."""
    found, actor = person_or_404(request, pk), actor_for(request)
    if found.has_usable_password():
        check_right(request, "factor.reset")
    return act_page(
        request,
        OptionalReasonForm,
        lambda data: invitations.invitation_make(actor=actor, user_id=pk, reason=data["reason"]),
        title=_("A new link for %(person)s") % {"person": found},
        button=_("Make the link"),
        why=_("Earlier links stop working. Until the new one is used, a present password goes on working."),
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done="",
        after=lambda made: _handed(request, found, made),
    )


def _handed(request: HttpRequest, user: User, made: invitations.Made) -> HttpResponse:
    """By e-mail where that works; else the link stands on this page, once."""
    link = request.build_absolute_uri(reverse("invitation", args=[made.token]))
    back = reverse("console:admin_person", args=[user.pk])
    if invitation_mail(user, link):
        messages.success(request, _("The link was sent to %(email)s.") % {"email": user.email})
        return redirect(back)
    context = {"person": user, "link": link, "until": made.invitation.expires_at, "back": back}
    response = show_admin(request, "console/admin/link.html", context, section="people")
    response["Cache-Control"] = "no-store"
    return response


@admin_view("staff.edit", fresh=True)
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    initial = {name: getattr(found, name) for name in ("name", "email", "phone", "language")}
    return act_page(
        request,
        lambda data: PersonForm(data, initial=initial),
        lambda data: people.person_edit(actor=actor, user_id=pk, **data),
        title=str(found),
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Saved."),
    )


@admin_view("staff.edit", fresh=True)
def person_close(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    work = open_work(found)
    return act_page(
        request,
        CloseForm,
        lambda data: staffing.person_close(actor=actor, user_id=pk, **data),
        title=_("Deactivate %(person)s") % {"person": found},
        button=_("Deactivate"),
        why=_("Signed out everywhere at once; all roles end; substitutions too. What was done stays in the journal."),
        danger=True,
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Deactivated."),
        template="console/admin/leave_form.html",
        context={"work": work, "colleagues": colleagues(found)},
    )


@admin_view("staff.edit", fresh=True)
def person_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: people.account_reopen(actor=actor, user_id=pk, **data),
        title=_("Activate %(person)s again") % {"person": found},
        button=_("Activate"),
        why=_("Earlier roles do not come back: the security administrator grants them anew."),
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Active again."),
    )


@admin_view("factor.reset", fresh=True)
def person_reset(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: people.sign_in_reset(actor=actor, user_id=pk, **data),
        title=_("Reset the sign-in of %(person)s") % {"person": found},
        button=_("Reset"),
        why=_("For a lost phone: second factors are removed and every session ends. The password stays."),
        danger=True,
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("Second factors removed, all sessions ended."),
    )


@admin_view("factor.reset", fresh=True)
def person_sign_out(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = person_or_404(request, pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: sessions_end_all(actor=actor, user_id=pk, **data),
        title=_("Sign %(person)s out everywhere") % {"person": found},
        button=_("End all sessions"),
        why=_("On every device at once, open pages too. Password and second factors stay: they sign in again."),
        danger=True,
        section="people",
        back=reverse("console:admin_person", args=[pk]),
        done=_("All sessions ended."),
        context={"places": sessions_of(found)},
    )
