"""Staff accounts: made by an administrator, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dispatch.web.access import actor_for, home_of, staff_required
from dispatch.web.fresh import is_fresh
from dispatch.web.lockout import CountedAdapter


class ClosedSignupAdapter(CountedAdapter):
    """allauth without public registration; tries are counted (``lockout``), a proof is asked for (``fresh``)."""

    error_messages = {
        **CountedAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("User name or password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return super().is_reauthentication_required(app=app, **kwargs) and not is_fresh(context.request)


@staff_required
def landing(request: HttpRequest) -> HttpResponse:
    """Send a member of staff to the face of their work."""
    home = home_of(actor_for(request))
    if home == "/":
        messages.warning(request, _("You are signed in, but have no role yet. Your administrator grants it."))
    return redirect(home)


@never_cache
@require_safe
def session_alive(request: HttpRequest) -> HttpResponse:
    """Whether the page's person is still signed in (204) or not (401), and the token for its forms.

    A form that waits for the network asks this before it is sent again: a new sign-in makes the page's token worthless.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return HttpResponse(status=204, headers={"X-User": str(request.user.pk), "X-CSRF": get_token(request)})
