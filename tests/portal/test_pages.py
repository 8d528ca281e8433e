"""The first page and finding one's report again."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from dispatch.portal.lookup import token_in
from tests.cast import Cast

pytestmark = pytest.mark.django_db
TOKEN = "Ab3_-" * 6 + "xy"


def test_the_first_page_names_the_offices(resident: Client, cast: Cast) -> None:
    html = resident.get("/").content.decode()
    assert "/report/" in html
    assert "/lookup/" in html
    assert cast.street.name in html
    assert "12345" in html
    assert "sessionid" not in resident.cookies


def test_the_first_page_is_light(resident: Client) -> None:
    html = resident.get("/").content.decode()
    parts = set(re.findall(r'/static/([^"#]+)', html))
    weight = len(gzip.compress(html.encode()))
    weight += sum(len(gzip.compress((Path(settings.BASE_DIR) / "static" / name).read_bytes())) for name in parts)
    assert weight <= 60 * 1024


def test_a_link_is_found_in_what_was_pasted() -> None:
    for text in (TOKEN, f"https://演示.example/t/{TOKEN}/", f" /t/{TOKEN} ", f"https://a.example/t/{TOKEN}/?x=1"):
        assert token_in(text) == TOKEN
    for text in ("", "260821-0031", "https://a.example/", "/t/short/"):
        assert token_in(text) is None


def test_a_reference_opens_nothing(resident: Client) -> None:
    answer = resident.post("/lookup/", {"what": "260821-0031"})
    assert answer.status_code == 422
    assert "12345" in answer.content.decode()
    assert resident.post("/lookup/", {"what": ""}).status_code == 422
    assert resident.post("/lookup/", {"what": f"/t/{TOKEN}/"}).headers["Location"] == f"/t/{TOKEN}/"


def test_large_type_is_a_cookie(resident: Client) -> None:
    assert 'data-mode="elder"' not in resident.get("/report/").content.decode()
    resident.post("/appearance/", {"elder": "1", "next": "/report/"})
    assert 'data-mode="elder"' in resident.get("/report/").content.decode()
