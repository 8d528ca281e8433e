"""Issuing and revoking tokens; a token is shown once and stored as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.notify.bykey import tell
from dispatch.web.models import ApiToken
from dispatch.web.scopes import SCOPES
from teams.models import ChangeAction, Subject, User
from teams.policies import Actor, require
from teams.services.history import change_record

PREFIX = "co_"
USED_EVERY = timedelta(minutes=5)
"""How exactly the last use is kept: no write for each request."""


def token_issue(
    *,
    actor: Actor,
    user: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    reason: str = "",
) -> tuple[ApiToken, str]:
    """A new token and its text, which is never to be had again. The account's owner is told.

    Right ``door.manage``. ``Refused`` (422): ``account_closed``, ``scope_unknown``, ``scope_needed``, ``name_needed``,
    ``expiry_past``.
    """
    require(actor, "door.manage")
    wanted = sorted(set(scopes))
    if not user.is_active:
        raise Refused("account_closed", _("This account is deactivated."), field="account", status=422)
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise Refused(
            "scope_unknown",
            _("No such scope: %(scopes)s.") % {"scopes": ", ".join(unknown)},
            field="scopes",
            status=422,
        )
    if not wanted:
        raise Refused("scope_needed", _("A token needs at least one scope."), field="scopes", status=422)
    if not name.strip():
        raise Refused("name_needed", _("Say what the token is for."), field="name", status=422)
    if expires_at is not None and expires_at <= now():
        raise Refused("expiry_past", _("This day is over: choose a later one."), field="last_day", status=422)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name.strip()[:80],
            hint=text[:8],
            digest=digest_of(text),
            scopes=wanted,
            created_at=now(),
            created_by_id=actor.user_id,
            expires_at=expires_at,
        )
        _record(actor, token, ChangeAction.CREATED, reason)
        if actor.user_id != user.pk:
            tell(
                key=f"token:{token.pk}",
                text="token_issued",
                params={"name": token.name, "person": user.pk},
                readers=[user],
            )
    return token, text


def token_revoke(*, actor: Actor, token_id: int, reason: str = "") -> bool:
    """End a token at once; False when it had ended or never was. Right ``door.manage``. Safe twice."""
    require(actor, "door.manage")
    with transaction.atomic():
        token = (
            ApiToken.objects.select_for_update(no_key=True, of=("self",))
            .select_related("user")
            .filter(pk=token_id, revoked_at__isnull=True)
            .first()
        )
        if token is None:
            return False
        token.revoked_at = now()
        token.save(update_fields=["revoked_at"])
        _record(actor, token, ChangeAction.ENDED, reason)
    return True


def token_find(text: str) -> ApiToken | None:
    """The live token of this text with its account, None for anything else. Notes the use now and then."""
    if not text.startswith(PREFIX) or len(text) > 80:
        return None
    moment = now()
    token = (
        ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=moment), revoked_at__isnull=True)
        .select_related("user")
        .filter(digest=digest_of(text), user__is_active=True)
        .first()
    )
    if token is not None and (token.last_used_at is None or token.last_used_at < moment - USED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=moment)
    return token


def digest_of(text: str) -> str:
    """HMAC-SHA256 under the pepper, hex."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), f"api:{text}".encode(), hashlib.sha256).hexdigest()


STATES = ("active", "ended", "all")


def tokens_visible_to(actor: Actor, *, state: str = "all") -> QuerySet[ApiToken]:
    """All of them, for who reads the history; ``active`` or ``ended`` ones alone. The newest first."""
    require(actor, "history.view")
    rows = ApiToken.objects.select_related("user", "created_by").order_by("-pk")
    live = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now())) & Q(user__is_active=True)
    if state == "active":
        return rows.filter(live)
    return rows.exclude(live) if state == "ended" else rows


def _record(actor: Actor, token: ApiToken, action: ChangeAction, reason: str) -> None:
    facts = {
        "account": token.user.name,
        "name": token.name,
        "scopes": list(token.scopes),
        "valid_until": timezone.localdate(token.expires_at).isoformat() if token.expires_at else "",
    }
    ended = action is ChangeAction.ENDED
    change_record(
        actor=actor,
        kind=Subject.TOKEN,
        subject_id=token.pk,
        name=f"{token.name} ({token.hint}…)",
        action=action,
        before=facts if ended else {},
        after={} if ended else facts,
        reason=reason,
    )
