"""Who must have a second factor and has none is led to set one up, and gets nothing else until then."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from dispatch.web.access import actor_for
from teams.models import Role, User
from teams.policies import Actor

OPEN = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "account_sessions",
        "appearance_set",
        "healthz",
        "invitation",
        "metrics",
        "readyz",
        "session_alive",
        "set_language",
    }
)
"""What stays open besides the pages of second factors and those that need no account at all."""
_REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone are none: they come with one of these."""


def factor_lacks(actor: Actor) -> bool:
    """Whether a role of this account must have a second factor (``SECOND_FACTOR_ROLES``) and there is none."""
    if not actor.has(*(Role(name) for name in settings.SECOND_FACTOR_ROLES)):
        return False
    return not Authenticator.objects.filter(user=actor.user_id, type__in=_REAL).exists()


def factor_first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Stands before every view: no page, no act and no grant for the stream. Programs are asked by their token."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            not settings.SECOND_FACTOR_ROLES
            or not isinstance(request.user, User)
            or not factor_lacks(actor_for(request))
            or _stays_open(request)
        ):
            return get_response(request)
        target = reverse("mfa_index")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        messages.info(
            request, _("Your role needs a passkey or an authenticator app. Set one up; then everything is open.")
        )
        return redirect(target)

    return middleware


def _stays_open(request: HttpRequest) -> bool:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return True  # nothing is there
    name = match.url_name or ""
    return match.app_name == "portal" or name in OPEN or name.startswith("mfa_")
