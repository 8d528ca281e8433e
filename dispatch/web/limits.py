"""How often one browser, and one address, may do a thing. Counted in the shared cache: without it nobody is stopped."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused

PREFIX = "portal"
WINDOW = 3600  # seconds


def count(request: HttpRequest, what: str, *, one: int, address: int, who: str = "") -> None:
    """Count one more of ``what``; ``Refused("too_often")`` (429) above ``one`` an hour for ``who`` (the browser's
    session when not given) or above ``address`` an hour for the network address, which many may share."""
    who = who or request.session.session_key or ""
    keys = [(f"{what}:a:{_hidden(_address(request))}", address)]
    if who:
        keys.append((f"{what}:w:{_hidden(who)}", one))
    for key, most in keys:
        if _next(f"{PREFIX}:{key}") > most:
            raise Refused(
                "too_often",
                _("That was very often in a short time. Wait a while, then press again; what you typed is kept."),
                status=429,
            )


def often(what: str, who: str, *, most: int) -> bool:
    """Count one more of ``what`` by ``who`` (a telephone, say); whether that was more than ``most`` this hour."""
    return _next(f"{PREFIX}:{what}:w:{_hidden(who)}") > most


def _next(key: str) -> int:
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out in between
        return 1


def _address(request: HttpRequest) -> str:
    """The network address; behind a trusted proxy the server has put the one that the proxy saw (TRUST_PROXY)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _hidden(text: str) -> str:
    """No address stands in the cache."""
    return hmac.new(settings.SECRET_KEY.encode(), f"limit:{text}".encode(), hashlib.sha256).hexdigest()[:24]
