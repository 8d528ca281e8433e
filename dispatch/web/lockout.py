"""Guessing at the sign-in is stopped; its owner is not kept out by it.

A browser that somebody signed in with before carries a signed cookie for that account and is counted by itself. All
others are counted by account and network, and an account by all of them together: a stranger can use up the strangers'
tries only. Counts are Redis's; without it nobody is stopped (docs/security.md).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from teams.models import User

log = structlog.get_logger("dispatch.security")

COOKIE = ("__Host-" if settings.SESSION_COOKIE_SECURE else "") + "known"
DAYS = 90
MOST = 8
"""Accounts that one browser remembers: a desk that a shift shares."""
_SALT = "dispatch.known"


class CountedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's hooks around a try with a password; limits by name in ``ACCOUNT_RATE_LIMITS``."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        name = str(credentials.get("username") or credentials.get("email") or "").lower()[:150].replace("\0", "")
        user = User.objects.filter(username__iexact=name).first()
        own = sign_of(request, user) if user is not None else ""
        if own:
            counts = [("login_failed_known", own)]
        else:
            counts = [("login_failed", f"{name}@{ratelimit.get_ip(request)}"), ("login_failed_account", name)]
        used = ratelimit.RateLimitUsage(usage=[])
        for action, key in counts:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if usage is None:
                log.warning("sign_in_limited", user_id=user.pk if user is not None else None, known=bool(own))
                raise self.validation_error("too_many_login_attempts")
            used.usage.extend(usage.usage)
        self._login_failed_rl_usage = used

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember(request, response, user)
        return response


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """From now on this browser is one that the account's owner uses."""
    others = [one for one in _read(request) if one[0] != user.pk]
    kept = [(user.pk, secrets.token_hex(8), _mark(user)), *others][:MOST]
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=_SALT, compress=True),
        max_age=DAYS * 86400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def sign_of(request: HttpRequest, user: User) -> str:
    """What this browser is counted by for this account; '' where nobody signed in to it here, or the password is
    another since, or all sessions were ended."""
    for pk, sign, mark in _read(request):
        if pk == user.pk and hmac.compare_digest(mark, _mark(user)):
            return f"{pk}.{sign}"
    return ""


def tries_forget(request: HttpRequest, user: User) -> None:
    """After a password was set by a link, the strangers' tries at the old one count no more."""
    ratelimit.clear(request, app="allauth.account", action="login_failed_account", key=user.username.lower())


def _read(request: HttpRequest) -> list[tuple[int, str, str]]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=DAYS * 86400)
    except signing.BadSignature:
        return []
    return [(int(pk), str(sign), str(mark)) for pk, sign, mark in found]


def _mark(user: User) -> str:
    """Changes with the password and with the round of sessions; tells nothing of either."""
    return hashlib.sha256(f"known:{user.get_session_auth_hash()}".encode()).hexdigest()[:16]
