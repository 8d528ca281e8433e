"""The strict headers on every answer, also on what never meets Django's middleware: files, the stream, refusals of
``asgi.py``, a foreign host, a redirect. What an answer says already stays as it is."""

from __future__ import annotations

from csp.utils import build_policy
from django.conf import settings

from dispatch.web.spool import Message, Scope, Send, header

CLOSED = b"script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""For what is no page of ours: opened by itself it runs nothing and is framed nowhere."""


def strict(scope: Scope, send: Send) -> Send:
    """``send`` for this request, with the headers that are missing."""

    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": completed(scope, list(message.get("headers", ())))}
        await send(message)

    return out


def completed(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The answer's headers and those of ours that it lacks."""
    said = {name.lower(): value for name, value in headers}
    ours = {
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": settings.SECURE_REFERRER_POLICY.encode(),
        b"cross-origin-opener-policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY.encode(),
    }
    if b"content-security-policy" not in said:
        page = said.get(b"content-type", b"").startswith(b"text/html")
        ours[b"content-security-policy"] = build_policy().encode() if page else CLOSED
    if settings.SECURE_HSTS_SECONDS and _by_tls(scope):
        below = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        ours[b"strict-transport-security"] = f"max-age={settings.SECURE_HSTS_SECONDS}{below}".encode()
    return [*headers, *((name, value) for name, value in ours.items() if name not in said)]


def _by_tls(scope: Scope) -> bool:
    """As Django judges it: browsers heed the header over TLS only."""
    return scope.get("scheme") == "https" or header(scope, b"x-forwarded-proto") == "https"
