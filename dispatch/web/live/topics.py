"""Which topics a browser may hear: signed, HttpOnly cookies that only ``/live/`` receives."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpResponseBase

LIFETIME = 600  # seconds; the page's script asks for its page again before that
COOKIE = ("__Secure-" if settings.SESSION_COOKIE_SECURE else "") + "live_"
MOST_COOKIES = 12
_SALT = "dispatch.live"


@dataclass(frozen=True)
class Grant:
    """Topics allowed by one page: since when (the stream starts there) and until when, in Unix seconds.

    ``session`` names the session that the page was read in, '' for a page without one.
    """

    topics: tuple[str, ...]
    since: float
    until: float
    session: str = ""

    @property
    def user(self) -> str:
        """The member of staff it was given to, '' for a resident's private page."""
        return next((topic[5:] for topic in self.topics if topic.startswith("user:")), "")

    @property
    def holders(self) -> frozenset[str]:
        """What ``revoke`` may name to take it back: the person, and the session."""
        return frozenset(filter(None, (self.user, f"s:{self.session}" if self.session else "")))


def grant_topics(
    response: HttpResponseBase, topics: Iterable[str], *, session: str = "", until: float | None = None
) -> None:
    """Let the reader of this response hear ``topics`` for ten minutes; the same page asked again renews it.

    ``until`` (Unix seconds) ends it sooner: where the session ends. Members of staff: ``sessions.let_listen``.

    A page of a member of staff grants ``user:<id>`` too: that is how ``revoke`` finds the browser. Several pages
    open in one browser add up, each with a cookie of its own.
    """
    wanted = sorted(set(topics))
    if not wanted:
        return
    name = COOKIE + hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:10]
    response.set_cookie(
        name,
        signing.dumps([wanted, int(time.time() * 1000), session, until], salt=_SALT, compress=True),
        max_age=LIFETIME,
        path="/live/",
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def read_grants(cookies: Mapping[str, str]) -> list[Grant]:
    """The valid grants of a request's cookies, newest first; forged and old ones count for nothing."""
    grants = []
    for name, value in cookies.items():
        if not name.startswith(COOKIE):
            continue
        try:
            topics, since, *more = signing.loads(value, salt=_SALT, max_age=LIFETIME)
        except signing.BadSignature:
            continue
        session, until = more or ("", None)
        end = min(since / 1000 + LIFETIME, until or float("inf"))
        if end > time.time():
            grants.append(Grant(tuple(topics), since / 1000, end, session))
    return sorted(grants, key=lambda grant: -grant.since)[:MOST_COOKIES]
