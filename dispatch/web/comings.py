"""What follows when somebody comes, leaves, or changes a factor or a role, whichever process writes it.

Loaded by ``WebConfig.ready``: a worker or a command that closes an account must cut its streams as a page does.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from dispatch.web.live import revoke
from dispatch.web.lockout import tries_forget
from dispatch.web.sessions import id_of, session_begin, sessions_end
from teams.models import Assignment, User

log = structlog.get_logger("dispatch.security")


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
