"""One-time links by which people set their password. The link is shown or mailed once; only its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import ChangeAction, Invitation, Subject, User
from teams.policies import Actor, may, not_allowed
from teams.services.history import change_record
from teams.services.people import not_oneself, person_lock

VALID_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Made:
    """``token`` is in the link and nowhere else: it can't be shown a second time."""

    invitation: Invitation
    token: str


def digest_of(token: str) -> str:
    """The token is 43 random characters, so a plain digest can't be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def may_invite(actor: Actor, user: User) -> bool:
    """Who has no password yet is invited by either administrator; a new link for who has one is a reset (security)."""
    if actor.user_id == user.pk or not user.is_active:
        return False
    return may(actor, "factor.reset") or (may(actor, "staff.edit") and not user.has_usable_password())


def invitation_make(*, actor: Actor, user_id: int, reason: str = "") -> Made:
    """A new link for a person; earlier ones that were not used stop working. With a password already set it is a reset,
    which is the security administrator's. Refuses ``not_oneself``, ``closed_already``."""
    with transaction.atomic():
        user = person_lock(user_id)
        not_oneself(actor, user_id)
        if not user.is_active:
            raise Refused("closed_already", _("This account is not active."))
        if not may_invite(actor, user):
            raise not_allowed("factor.reset")
        moment = timezone.now()
        user.invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=moment)
        token = secrets.token_urlsafe(32)
        made = Invitation.objects.create(
            user=user,
            digest=digest_of(token),
            made_by_id=actor.user_id,
            made_at=moment,
            expires_at=moment + VALID_FOR,
        )
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.INVITED,
            after={"expires_at": timezone.localtime(made.expires_at).isoformat(timespec="minutes")},
            reason=reason,
        )
        return Made(made, token)


def invitation_of(token: str) -> Invitation | None:
    """The invitation behind a link while it may still be used."""
    return (
        Invitation.objects.select_related("user")
        .filter(
            digest=digest_of(token),
            used_at__isnull=True,
            withdrawn_at__isnull=True,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )


def invitation_accept(*, token: str, password: str) -> User:
    """Set the password by a link, once. Sessions of before end. Refuses ``link_spent``, ``password_weak``."""
    found = invitation_of(token)
    if found is None:
        raise _spent()
    with transaction.atomic():
        user = person_lock(found.user_id)
        mine = Invitation.objects.select_for_update().filter(
            pk=found.pk, used_at__isnull=True, withdrawn_at__isnull=True
        )
        if not mine.exists() or not user.is_active:
            raise _spent()
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise Refused("password_weak", " ".join(error.messages), field="password1") from None
        user.set_password(password)
        user.session_round += 1
        user.save(update_fields=["password", "session_round"])
        mine.update(used_at=timezone.now())
        change_record(
            actor=Actor(user.pk, name=user.name),
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.ACCEPTED,
        )
        return user


def _spent() -> Refused:
    return Refused(
        "link_spent",
        _("This link is used up, has run out or was replaced by a newer one. Ask your administrator for another."),
        status=410,
    )
