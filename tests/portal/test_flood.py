"""When very many reports arrive, a device works or waits a little; nobody solves a riddle and nothing is lost."""

from __future__ import annotations

import hashlib
import json
import re
import time
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from cases.models import Complaint
from dispatch.web import flood
from tests.cast import Cast
from tests.portal.test_report import finish, page, to_the_last_step

pytestmark = pytest.mark.django_db
NAME = "演示·居民乙"


def ticket_in(html: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', html)
    return found.group(1) if found else ""


def worked(ticket: str) -> str:
    """As the page's script does."""
    for number in count():
        digest = hashlib.sha256(f"{ticket}:{number}".encode()).digest()
        if digest[0] == digest[1] == 0:
            return str(number)
    raise AssertionError


@pytest.fixture
def flooded(cast: Cast) -> Any:
    with override_settings(FLOOD_REPORTS=2):
        for _report in range(3):
            flood.report_seen()
        assert flood.is_on()
        yield


def test_most_days_nobody_notices_anything(resident: Client) -> None:
    key = to_the_last_step(resident)
    assert not ticket_in(page(resident, "/report/send/"))
    assert finish(resident, key).headers["Location"] == "/report/done/"


@override_settings(FLOOD_REPORTS=2)
def test_reports_make_the_flood_and_it_ends_by_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _report in range(3):
        browser = Client()
        assert finish(browser, to_the_last_step(browser)).status_code == 302 or flood.is_on()
    assert flood.is_on()
    later = time.time() + 2 * flood.SPAN
    monkeypatch.setattr("dispatch.web.flood.time.time", lambda: later)
    assert not flood.is_on()


def test_a_device_that_worked_sends_at_once(resident: Client, flooded: None) -> None:
    key = to_the_last_step(resident)
    ticket = ticket_in(page(resident, "/report/send/"))
    done = finish(resident, key, ticket=ticket, work=worked(ticket))
    assert done.headers["Location"] == "/report/done/"


def test_who_only_waits_sends_as_well(resident: Client, flooded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    key = to_the_last_step(resident)
    ticket = ticket_in(page(resident, "/report/send/"))
    early = finish(resident, key, ticket=ticket, name=NAME)
    html = early.content.decode()
    assert early.status_code == 429
    assert NAME in html, "what was typed stands there"
    assert "110" in html, "and whom to call in danger"
    assert ticket_in(html) == ticket, "waiting goes on, it does not begin anew"
    assert not Complaint.objects.exists()
    later = time.time() + flood.WAIT + 1
    monkeypatch.setattr("dispatch.web.flood.time.time", lambda: later)
    assert finish(resident, key, ticket=ticket, name=NAME).headers["Location"] == "/report/done/"


def test_a_page_from_before_the_flood_gets_its_ticket_with_the_answer(resident: Client, flooded: None) -> None:
    key = to_the_last_step(resident)
    html = finish(resident, key).content.decode()
    ticket = ticket_in(html)
    assert ticket
    assert finish(resident, key, ticket=ticket, work=worked(ticket)).headers["Location"] == "/report/done/"


def test_no_ticket_of_another_report_and_none_made_up(resident: Client, flooded: None) -> None:
    other = Client()
    foreign = ticket_in(finish(other, to_the_last_step(other)).content.decode())
    key = to_the_last_step(resident)
    for ticket, work in (
        (foreign, worked(foreign)),
        ("made:up", "1"),
        (foreign[:-2], "1"),
        ("", ""),
        (foreign, "9" * 400),
    ):
        answer = finish(resident, key, ticket=ticket, work=work)
        assert answer.status_code == 429, ticket
    assert not Complaint.objects.exists()


def test_a_telephone_that_reports_all_the_time_is_held_up_alone(cast: Cast) -> None:
    for number in range(6):
        browser = Client()
        key = to_the_last_step(browser)
        phone = "138 0000 0000" if number % 2 else "13800000000"
        assert finish(browser, key, phone=phone).status_code == 302, number
    browser = Client()
    key = to_the_last_step(browser)
    held = finish(browser, key, phone="13800000000")
    assert held.status_code == 429
    ticket = ticket_in(held.content.decode())
    assert finish(browser, key, phone="13800000000", ticket=ticket, work=worked(ticket)).status_code == 302
    neighbour = Client()
    assert finish(neighbour, to_the_last_step(neighbour), phone="13800000001").status_code == 302


def test_programs_without_an_account_wait_longer(cast: Cast, flooded: None) -> None:
    codes = [
        Client()
        .post(
            "/api/v1/complaints/",
            json.dumps({"text": f"演示·占道{number}", "client_key": f"flood-{number:032}"}),
            content_type="application/json",
            headers={"Idempotency-Key": f"flood-{number:032}"},
        )
        .status_code
        for number in range(12)
    ]
    assert codes.count(429) == 2, codes
    assert set(codes) == {201, 429}


def test_without_redis_nobody_is_held_up(resident: Client, flooded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get_many", lambda _keys: {})
    assert finish(resident, to_the_last_step(resident)).headers["Location"] == "/report/done/"
