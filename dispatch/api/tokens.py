"""Issuing and revoking tokens; a token is shown once and stored as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.api.models import ApiToken
from dispatch.api.scopes import SCOPES
from teams.models import User
from teams.policies import Actor

PREFIX = "co_"
USED_EVERY = timedelta(minutes=5)
"""How exactly the last use is kept: no write for each request."""


def token_issue(
    *, actor: Actor, user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its text, which is never to be had again.

    The caller has asked who may hand out tokens. ``Refused`` (422): ``scope_unknown``, ``scope_needed``,
    ``name_needed``.
    """
    wanted = sorted(set(scopes))
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
    text = PREFIX + secrets.token_urlsafe(32)
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
    return token, text


def token_revoke(*, token_id: int) -> bool:
    """End a token at once; False when it had ended or never was. Safe twice."""
    return bool(ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=now()))


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
