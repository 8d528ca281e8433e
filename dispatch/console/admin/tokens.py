"""Tokens of programs: who has one, what it opens, when it was last used; handed out once, ended at once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from dispatch.console.admin.forms import PersonField, ReasonForm, day_field, reason_field
from dispatch.console.admin.frame import act_page, admin_view, page_number, show_admin
from dispatch.web import tokens
from dispatch.web.access import actor_for, holds_somewhere
from dispatch.web.models import ApiToken
from dispatch.web.scopes import SCOPES
from teams.selectors.history import history_of

PAGE = 50
SOON = timedelta(days=14)
STATES = (("active", gettext_lazy("active")), ("ended", gettext_lazy("ended")), ("all", gettext_lazy("all")))


class TokenForm(forms.Form):
    """Whose token, for what, how far and how long."""

    account = PersonField(
        label=gettext_lazy("account"),
        help_text=gettext_lazy("User name. The program may do what this account may, within the scopes, and no more."),
    )
    name = forms.CharField(
        label=gettext_lazy("what it is for"), max_length=80, help_text=gettext_lazy("The other system's name.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("scopes"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    last_day = day_field(
        pgettext_lazy("token", "last day"),
        required=False,
        help_text=gettext_lazy("Left empty it is valid until it is revoked. Better short, and a new one in time."),
    )
    reason = reason_field()


def _end_of(day: date | None) -> datetime | None:
    """The whole last day counts."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None


def _row(token: ApiToken) -> dict[str, Any]:
    """With its light: ok, soon (ends within two weeks), hold (ended)."""
    moment = now()
    over = token.expires_at is not None and token.expires_at <= moment
    light = "ok"
    if token.revoked_at is not None or over or not token.user.is_active:
        light = "hold"
    elif token.expires_at is not None and token.expires_at - moment < SOON:
        light = "soon"
    last = timezone.localdate(token.expires_at - timedelta(seconds=1)) if token.expires_at else None
    opens = [str(SCOPES.get(scope, scope)) for scope in token.scopes]
    more = len(opens) - 1
    return {"token": token, "light": light, "over": over, "last_day": last, "opens": opens, "more": more}


@require_safe
@admin_view("history.view")
def token_list(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("state", "")
    state = wanted if wanted in tokens.STATES else "active"
    page = Paginator(tokens.tokens_visible_to(actor_for(request), state=state), PAGE).get_page(page_number(request))
    context = {
        "rows": [_row(token) for token in page],
        "page": page,
        "state": state,
        "states": STATES,
        "query": urlencode({"state": state}),
        "may_edit": holds_somewhere(request, "door.manage"),
    }
    return show_admin(request, "console/admin/tokens.html", context, section="tokens")


@require_safe
@admin_view("history.view")
def token(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(tokens.tokens_visible_to(actor_for(request)), pk=pk)
    context = {
        "row": _row(found),
        "token": found,
        "history": history_of("token", pk),
        "may_edit": holds_somewhere(request, "door.manage") and found.revoked_at is None,
    }
    return show_admin(request, "console/admin/token.html", context, section="tokens")


@admin_view("door.manage", fresh=True)
def token_new(request: HttpRequest) -> HttpResponse:
    actor = actor_for(request)

    def call(data: dict[str, Any]) -> tuple[ApiToken, str]:
        return tokens.token_issue(
            actor=actor,
            user=data["account"],
            name=data["name"],
            scopes=data["scopes"],
            expires_at=_end_of(data["last_day"]),
            reason=data["reason"],
        )

    def shown(made: tuple[ApiToken, str]) -> HttpResponse:
        row, text = made
        context = {
            "title": _("The token, shown once"),
            "why": _("Whoever has it acts as this account within its scopes. Hand it over by a safe way."),
            "secret": text,
            "facts": ((_("account"), row.user), (_("what it is for"), row.name)),
            "back": reverse("console:admin_token", args=[row.pk]),
        }
        response = show_admin(request, "console/admin/secret.html", context, section="tokens")
        response["Cache-Control"] = "no-store"
        return response

    return act_page(
        request,
        TokenForm,
        call,
        title=_("New token"),
        button=_("Make the token"),
        why=_("For programs of other systems. It is shown once; the account's owner is told."),
        section="tokens",
        back=reverse("console:admin_tokens"),
        done="",
        after=shown,
    )


@admin_view("door.manage", fresh=True)
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found, actor = get_object_or_404(ApiToken, pk=pk), actor_for(request)
    return act_page(
        request,
        ReasonForm,
        lambda data: tokens.token_revoke(actor=actor, token_id=pk, **data),
        title=_("Revoke the token %(name)s") % {"name": found.name},
        button=_("Revoke the token"),
        why=_("From this moment no program gets in by it. It can't be taken back; a new one can be made."),
        danger=True,
        section="tokens",
        back=reverse("console:admin_token", args=[pk]),
        done=_("Token revoked."),
    )
