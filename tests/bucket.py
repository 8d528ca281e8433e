"""An S3 door on the loopback, its objects in memory: as much of the protocol as the product speaks, to the real client.

Only signed calls are answered unless it is ``public``; names come in pages of two; it can be full, or refuse all.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from django.conf import settings
from django.test import override_settings

NAME, PREFIX = "photos", "street"
PAGE = 2


class Door(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.kinds: dict[str, str] = {}
        self.public = self.full = self.broken = False
        self.calls: list[str] = []

    @property
    def variables(self) -> dict[str, str]:
        """What a process of the product is given."""
        return {
            "S3_BUCKET": NAME,
            "S3_ENDPOINT": f"http://127.0.0.1:{self.server_address[1]}",
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY": "key",
            "S3_SECRET_KEY": "secret",
            "S3_PREFIX": PREFIX,
        }

    def names(self) -> list[str]:
        return sorted(key.removeprefix(f"{PREFIX}/") for key in self.objects)


class _Handler(BaseHTTPRequestHandler):
    server: Door
    protocol_version = "HTTP/1.1"

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{NAME}").lstrip("/")

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _stopped(self) -> bool:
        self.server.calls.append(self.command)
        signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/")
        if self.server.broken:
            self._refuse(403, "InvalidAccessKeyId")
        elif not signed and not (self.server.public and self.command == "GET"):
            self._refuse(403, "AccessDenied")
        else:
            return False
        return True

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._stopped():
            return
        if self.server.full:
            self._refuse(507, "XMinioStorageFull")
            return
        assert self.headers.get("x-amz-acl") is None, "objects take the bucket's own rules"
        self.server.objects[self._key()] = body
        self.server.kinds[self._key()] = self.headers["Content-Type"]
        self._answer(200, ETag=_etag(body))

    def do_GET(self) -> None:
        if self._stopped():
            return
        if not self._key():
            self._list(parse_qs(urlsplit(self.path).query))
        elif (body := self.server.objects.get(self._key())) is None:
            self._refuse(404, "NoSuchKey")
        else:
            self._answer(200, body, ETag=_etag(body), Last_Modified=formatdate(1_780_000_000, usegmt=True))

    def do_DELETE(self) -> None:
        if not self._stopped():
            self.server.objects.pop(self._key(), None)
            self._answer(204)

    def _list(self, asked: dict[str, list[str]]) -> None:
        start, after = asked.get("prefix", [""])[0], asked.get("continuation-token", [""])[0]
        found = sorted(key for key in self.server.objects if key.startswith(start) and key > after)
        page, more = found[:PAGE], len(found) > PAGE
        rows = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        text = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        self._answer(200, text.encode(), Content_Type="application/xml")

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@contextmanager
def open_door() -> Iterator[Door]:
    """A door, and this process's settings turned to it."""
    door = Door()
    threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True).start()
    given = door.variables
    options = {
        "bucket_name": NAME,
        "endpoint_url": given["S3_ENDPOINT"],
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        "location": PREFIX,
        "addressing_style": "auto",
    }
    chosen = {"BACKEND": "cases.services.stores.bucket.Bucket", "OPTIONS": options}
    try:
        with override_settings(STORAGES={**settings.STORAGES, "default": chosen}):
            yield door
    finally:
        door.shutdown()
        door.server_close()
