"""Private files go out by a signed short-lived URL and by nothing else."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.test import override_settings

from dispatch.embedded.layout import PROJECT
from dispatch.embedded.valkey import Valkey
from dispatch.web.files import media_name, media_open, media_url
from tests.web.conftest import get, web_process


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "media"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "图 1.jpg").write_bytes(b"\xff\xd8\xff" + b"x" * 300_000)
    (folder / "photos" / "page.html").write_text("<script>alert(1)</script>")
    (tmp_path / "secret.txt").write_text("secret")
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture
def port(own_valkey: Valkey, media: Path) -> Iterator[int]:
    with web_process(own_valkey.url, DISPATCH_DATA=str(media.parent)) as opened:
        yield opened


def test_a_signed_url_opens_its_file(port: int, media: Path) -> None:
    status, headers, body = get(port, media_url("photos/图 1.jpg"))
    assert (status, len(body)) == (200, 300_003)
    assert headers["content-type"] == "image/jpeg"
    assert headers["cache-control"].startswith("private")
    assert get(port, media_url("photos/图 1.jpg"), {"If-None-Match": headers["etag"]})[0] == 304


def test_what_is_not_an_image_is_only_downloaded(port: int, media: Path) -> None:
    _, headers, _ = get(port, media_url("photos/page.html"))
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment"
    assert "sandbox" in headers["content-security-policy"]


def test_nothing_else_opens_it(port: int, media: Path) -> None:
    url = media_url("photos/page.html")
    _, _, until, signature, name = url.split("/", 4)
    for wrong in (
        "/media/photos/page.html",
        f"/media/{int(until) + 600}/{signature}/{name}",
        f"/media/{until}/{signature}x/{name}",
        f"/media/{until}/{signature}/photos/other.html",
        f"/media/{until}/{signature}/../../secret.txt",
    ):
        assert get(port, wrong)[0] == 404, wrong


def test_a_url_ends_and_cannot_lead_outside(media: Path) -> None:
    now = time.time()
    url = media_url("photos/page.html")
    assert media_url("photos/page.html") == url  # the browser's cache works within the window
    assert media_name(url) == "photos/page.html"
    with time_machine.travel(now + 1300):
        assert media_name(url) is None
    for name in ("../secret.txt", "photos", "photos/none.jpg", "/etc/hostname"):
        assert media_open(name) is None, name


def test_static_files_go_out_hashed_compressed_and_for_ever(own_valkey: Valkey, tmp_path: Path) -> None:
    """Every name that a style sheet or script quotes exists, or collecting would fail."""
    place = {"DISPATCH_DATA": str(tmp_path), "STATIC_MANIFEST": "1"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=PROJECT, env=os.environ | place, check=True)
    names = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    with web_process(own_valkey.url, **place) as port:
        status, headers, body = get(port, "/static/" + names["js/live.js"], {"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"]) == (200, "gzip")
        assert gzip.decompress(body) == (PROJECT / "static" / "js" / "live.js").read_bytes()
        assert "immutable" in headers["cache-control"]
        assert headers["content-type"].startswith("text/javascript")
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src 'none'" in headers["content-security-policy"], "opened by itself it runs nothing"
        assert get(port, "/static/../settings.py")[0] == 404
        assert get(port, "/static/")[0] == 404
