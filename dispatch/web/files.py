"""Files sent without a WSGI thread: static files by their hashed names, private media by signed short-lived URLs."""

from __future__ import annotations

import asyncio
import email.utils
import mimetypes
import os
import time
from pathlib import Path
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.signing import BadSignature, Signer

from cases.services.stores import Opened, StoreAway, store
from cases.services.stores.disk import opened
from dispatch.web.spool import Receive, Scope, Send, answer, header
from teams.numbers import is_number

CHUNK = 128 * 1024
MEDIA_WINDOW = 600  # seconds: within a window a file keeps its URL, so a browser's cache works
MEDIA_POLICY = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
SHOWN_INLINE = {"image/jpeg", "image/png", "image/webp", "application/pdf"}

log = structlog.get_logger(__name__)
_signer = Signer(salt="dispatch.media")


def media_url(name: str) -> str:
    """A URL of a stored file for the next 10 to 20 minutes. The caller has checked that the reader may see it.

    ``name`` is relative to the store (``cases.services.stores``).
    """
    until = (int(time.time()) // MEDIA_WINDOW + 2) * MEDIA_WINDOW
    signature = _signer.signature(f"{name}:{until}")
    return f"{settings.MEDIA_URL}{until}/{signature}/{quote(name)}"


def media_name(path: str) -> str | None:
    """The name that a media URL's path was signed for, None when it is forged or out of date."""
    parts = path.removeprefix(settings.MEDIA_URL).split("/", 2)
    if len(parts) != 3 or not is_number(parts[0]) or int(parts[0]) < time.time():
        return None
    until, signature, name = parts
    try:
        _signer.unsign(f"{name}:{until}{_signer.sep}{signature}")
    except BadSignature:
        return None
    return name


def media_open(name: str) -> Opened | None:
    """None when there is no such file, or the name leads outside."""
    try:
        return store().opened(name)
    except (FileNotFoundError, IsADirectoryError, SuspiciousOperation):
        return None


async def serve_media(scope: Scope, receive: Receive, send: Send) -> None:
    """``/media/<until>/<signature>/<name>``: images and PDF inline, all else as a download."""
    found = None
    name = media_name(scope["path"]) if scope["method"] in ("GET", "HEAD") else None
    try:
        if name:
            found = await asyncio.to_thread(media_open, name) if store().remote else media_open(name)
    except StoreAway as error:
        log.error("store_away", why=str(error))
        await answer(send, 503, "Photos can't be reached at the moment.")
        return
    if name is None or found is None:
        await answer(send, 404, "Not found.")
        return
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = [
        (b"content-type", (kind if kind in SHOWN_INLINE else "application/octet-stream").encode()),
        (b"content-disposition", b"inline" if kind in SHOWN_INLINE else b"attachment"),
        (b"cache-control", f"private, max-age={MEDIA_WINDOW}, immutable".encode()),
        (b"content-security-policy", MEDIA_POLICY),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    await _send_file(scope, send, found, headers)


async def serve_static(scope: Scope, receive: Receive, send: Send) -> None:
    """``/static/<name>`` from ``STATIC_ROOT``, compressed when the browser takes gzip; hashed names for ever."""
    name = scope["path"].removeprefix(settings.STATIC_URL)
    found = _inside(Path(settings.STATIC_ROOT), name) if scope["method"] in ("GET", "HEAD") else None
    if found is None:
        await answer(send, 404, "Not found.")
        return
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/json":
        kind += "; charset=utf-8"
    hashed = len(stem := found.stem.rsplit(".", 1)) == 2 and len(stem[1]) == 12
    headers = [
        (b"content-type", kind.encode()),
        (b"cache-control", b"public, max-age=31536000, immutable" if hashed else b"public, max-age=60"),
        (b"vary", b"accept-encoding"),
    ]
    packed = found.with_name(found.name + ".gz")
    if "gzip" in header(scope, b"accept-encoding") and packed.is_file():
        found = packed
        headers.append((b"content-encoding", b"gzip"))
    await _send_file(scope, send, opened(found), headers)


def _inside(root: Path, name: str) -> Path | None:
    path = Path(os.path.normpath(root / name))
    return path if name and path.is_relative_to(root) and path.is_file() else None


async def _send_file(scope: Scope, send: Send, found: Opened, headers: list[tuple[bytes, bytes]]) -> None:
    """Chunk by chunk: the event loop waits for a slow reader, no thread does."""
    with found.file as file:
        etag = f'"{found.etag}"'
        headers = [
            *headers,
            (b"etag", etag.encode()),
            (b"last-modified", email.utils.formatdate(found.modified, usegmt=True).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if etag in header(scope, b"if-none-match"):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        headers.append((b"content-length", str(found.size).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] != "HEAD":
            while chunk := file.read(CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
