"""Staff accounts: made by an administrator, never by signing up."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.core import context
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dispatch.web.access import actor_for, home_of, staff_required
from dispatch.web.fresh import is_fresh
from dispatch.web.live import revoke
from dispatch.web.lockout import CountedAdapter, tries_forget
from dispatch.web.sessions import id_of, session_begin, sessions_end
from teams.models import Assignment, User

log = structlog.get_logger("dispatch.security")


class ClosedSignupAdapter(CountedAdapter):
    """allauth without public registration; tries are counted (``lockout``), a proof is asked for (``fresh``)."""

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


@receiver(user_logged_out)
def cut_streams(user: AbstractBaseUser | None = None, **_kwargs: Any) -> None:
    """Who logs out here hears nothing more here, in any tab."""
    if user is not None and user.pk is not None:
        revoke(user.pk)  # every tab asks anew; the other devices may, this one not


@receiver([post_save, post_delete], sender=Assignment)
def cut_streams_of_role(instance: Assignment, **_kwargs: Any) -> None:
    """A changed role is heard at once: the pages' next grant has the topics of today. Hurries what ten minutes do."""
    user_id = instance.user_id
    transaction.on_commit(lambda: revoke(user_id), robust=True)


@receiver(post_save, sender=User)
def cut_streams_of_leaver(instance: User, update_fields: frozenset[str] | None = None, **_kwargs: Any) -> None:
    """Who may not come in any more, or whose sessions were all ended, hears nothing either."""
    if not instance.is_active or "session_round" in (update_fields or ()):
        user_id = instance.pk
        sessions_end(instance, why="office")
        transaction.on_commit(lambda: revoke(user_id), robust=True)


@receiver([authenticator_added, authenticator_removed, password_changed, password_set])
def end_the_others(user: User, request: HttpRequest, **_kwargs: Any) -> None:
    """Who changes a password or a factor may do so because somebody else is in."""
    sessions_end(user, but=id_of(request), why="factor")


@receiver(password_reset)
def begin_anew(user: User, request: HttpRequest, **_kwargs: Any) -> None:
    sessions_end(user, why="factor")
    tries_forget(request, user)


@receiver(user_logged_in)
def note_entry(user: User, request: HttpRequest, **_kwargs: Any) -> None:
    session_begin(request, user)
    log.info("signed_in", user_id=user.pk)


@receiver(user_logged_out)
def note_leaving(user: User | None = None, **_kwargs: Any) -> None:
    if user is not None:
        log.info("signed_out", user_id=user.pk)


@receiver(user_login_failed)
def note_refusal(credentials: dict[str, Any], **_kwargs: Any) -> None:
    """Which account somebody tried, None for none of ours. Never the words: passwords get typed into that field."""
    name = str(credentials.get("username") or "")[:150].replace("\0", "")
    known = User.objects.filter(username__iexact=name).values_list("pk", flat=True).first()
    log.warning("sign_in_refused", user_id=known)
