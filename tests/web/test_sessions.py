"""Sessions of the staff: how long they last, where one is signed in, who ends what; a copy opens nothing."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from cases.refusals import Refused
from dispatch.checks import session_limits_make_sense
from dispatch.embedded.valkey import Valkey
from dispatch.web import live, sessions
from dispatch.web.devices import device_code
from dispatch.web.live import hints
from dispatch.web.live.topics import LIFETIME, read_grants
from dispatch.web.models import Session
from dispatch.web.sessionstore import SessionStore, digest_of
from teams.models import Assignment, Change, User
from tests.cast import Cast, unchanged
from tests.web.conftest import get
from tests.web.test_live import Reader

PHONE = "Mozilla/5.0 (Linux; Android 14; 演示) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
PASSWORD = "演示-long-enough-123"


def signed_in(user: User, agent: str = DESK) -> Client:
    """Through the door, as a browser does it."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return again(user, agent)


def again(user: User, agent: str) -> Client:
    """Another browser of the same person; the password stays, else the first would be signed out."""
    client = Client(headers={"User-Agent": agent})
    client.cookies["django_language"] = "en"
    said = {"login": user.username, "password": PASSWORD}
    address = f"2001:db8:{uuid.uuid4().hex[:4]}::1"
    assert client.post(reverse("account_login"), said, REMOTE_ADDR=address).status_code == 302
    return client


def alive(client: Client) -> bool:
    return client.get(reverse("session_alive")).status_code == 204


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_copy_of_the_table_opens_nothing(cast: Cast) -> None:
    client = signed_in(cast.dispatcher)
    (row,) = Session.objects.filter(user=cast.dispatcher)
    assert row.session_key == digest_of(key_of(client)) != key_of(client)
    thief = Client()
    for held in (row.session_key, row.session_key[:32], row.session_data):
        thief.cookies[settings.SESSION_COOKIE_NAME] = held
        assert not alive(thief)
    assert alive(client)


@pytest.mark.parametrize(("person", "face"), [("dispatcher", "office"), ("leader", "field"), ("auditor", "office")])
def test_a_session_ends_when_nobody_does_anything(cast: Cast, person: str, face: str) -> None:
    user = getattr(cast, person)
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES[face])
    page = reverse("account_sessions")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(user)
        clock.shift(idle - timedelta(seconds=5))
        assert client.get(page).status_code == 200
        clock.shift(idle - timedelta(seconds=5))
        assert client.get(page).status_code == 200, "an act begins the while anew"
        clock.shift(idle - timedelta(minutes=2))
        client.head(page)
        client.get(page, headers={"X-Quiet": "1", "HX-Request": "true"})
        assert alive(client), "what an open page asks of its own accord is answered"
        clock.shift(timedelta(minutes=2, seconds=1))
        answer = client.get(page)
        assert answer["Location"] == f"/accounts/login/?next={quote(page, safe='')}", "but it keeps nobody signed in"
        assert answer.cookies["session_ended"].value == "idle"


def test_a_shift_is_the_longest(cast: Cast) -> None:
    page = reverse("console:board")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(cast.dispatcher)
        for _ in range(24):
            clock.shift(timedelta(minutes=29, seconds=59))
            assert client.get(page).status_code == 200
        clock.shift(timedelta(seconds=30))
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.cookies["session_ended"].value == "long"
        login = client.get(answer["Location"])
        assert "a sign-in lasts one shift" in login.content.decode()
        said = {"login": cast.dispatcher.username, "password": PASSWORD, "next": page}
        back = client.post(reverse("account_login"), said, REMOTE_ADDR=f"2001:db8:{uuid.uuid4().hex[:4]}::1")
        assert back["Location"] == page, "back where one was"
        assert back.cookies["session_ended"].value == "", "and no longer told"
        assert client.get(page).status_code == 200


def test_shorter_limits_count_at_once(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(cast.dispatcher)
        clock.shift(timedelta(minutes=10))
        assert alive(client)
        with override_settings(SESSION_IDLE_MINUTES={"office": 5, "field": 5}):
            assert not alive(client)


def test_one_sees_where_one_is_signed_in_and_ends_it(cast: Cast) -> None:
    here = signed_in(cast.dispatcher)
    phone = again(cast.dispatcher, PHONE)
    stranger = signed_in(cast.checker)
    page = here.get(reverse("account_sessions")).content.decode()
    for word in ("Edge on Windows", "this one", "Chrome on Android"):
        assert word in page
    assert "2001:db8" not in page, "no network address"
    (other,) = [one for one in sessions.sessions_of(cast.dispatcher) if "Android" in one.device]
    (foreign,) = sessions.sessions_of(cast.checker)
    here.post(reverse("account_sessions"), {"end": foreign.id})
    assert alive(stranger), "nobody ends what is not theirs"
    assert here.post(reverse("account_sessions"), {"end": other.id}).status_code == 302
    told = phone.get(reverse("console:board"), headers={"HX-Request": "true"})
    assert told["HX-Redirect"].startswith("/accounts/login/")
    assert told.cookies["session_ended"].value == "elsewhere"
    assert not alive(phone)
    assert alive(here)
    assert Session.objects.get(session_key__startswith=other.id).session_data == "", "nothing of it is kept"
    third, fourth = again(cast.dispatcher, PHONE), again(cast.dispatcher, PHONE)
    here.post(reverse("account_sessions"), {"end": "others"})
    assert [alive(one) for one in (here, third, fourth, stranger)] == [True, False, False, True]


def test_what_is_taken_from_a_person_holds_at_the_next_request(cast: Cast) -> None:
    """Session, person and roles are read anew for each request, together or not."""
    client = signed_in(cast.head)

    def answers() -> int:
        return client.get(reverse("console:views")).status_code

    assert answers() == 200
    roles, person = Assignment.objects.filter(user=cast.head), User.objects.filter(pk=cast.head.pk)
    roles.update(starts_on=timezone.localdate() + timedelta(days=1))
    assert answers() == 403
    roles.update(starts_on=timezone.localdate())
    assert answers() == 200
    person.update(is_active=False)
    assert answers() == 302
    person.update(is_active=True)
    assert answers() == 200
    Session.objects.filter(user=cast.head).update(user=cast.dispatcher)  # the row names another than what it holds
    assert client.get(reverse("account_sessions")).context["user"] == cast.head
    person.update(session_round=7)
    assert answers() == 302
    assert not Session.objects.filter(session_key=digest_of(key_of(client)), ended_why="").exists()


def test_what_was_ended_stays_ended(cast: Cast) -> None:
    """A request that was under way writes its session after the end: it does not come back by that."""
    client = signed_in(cast.dispatcher)
    under_way = SessionStore(key_of(client))
    under_way["演示"] = 1
    sessions.sessions_end(cast.dispatcher)
    with pytest.raises(UpdateError):
        under_way.save()
    assert not alive(client)


def test_the_security_administrator_ends_all_of_a_person(cast: Cast, security: User) -> None:
    clients = [signed_in(cast.leader, PHONE), again(cast.leader, DESK)]
    admin = Client()
    admin.force_login(security)
    page = reverse("console:admin_person_sign_out", args=[cast.leader.pk])
    other = Client()
    other.force_login(cast.system_admin)
    with unchanged():
        assert admin.post(page, {"reason": ""}).status_code == 422
        assert other.post(page, {"reason": "演示·手机丢失"}).status_code == 403
    assert all(alive(client) for client in clients)
    assert admin.post(page, {"reason": "演示·手机丢失"}).status_code == 302
    assert not any(alive(client) for client in clients)
    row = Change.objects.filter(subject_kind="person", subject_id=cast.leader.pk).latest("pk")
    assert (row.action, row.fields) == ("ended", [{"field": "sessions", "from": 2, "to": 0}])
    with pytest.raises(Refused) as caught:
        sessions.sessions_end_all(actor=cast.act(security), user_id=security.pk, reason="演示")
    assert caught.value.code == "not_oneself"


def test_a_new_factor_or_password_ends_the_others(cast: Cast) -> None:
    here = signed_in(cast.dispatcher)
    other = again(cast.dispatcher, PHONE)
    said = {"oldpassword": PASSWORD, "password1": PASSWORD + "4", "password2": PASSWORD + "4"}
    assert here.post(reverse("account_change_password"), said).status_code == 302
    assert (alive(here), alive(other)) == (True, False)
    assert len(sessions.sessions_of(cast.dispatcher)) == 1, "nor is it listed"
    other.force_login(User.objects.get(pk=cast.dispatcher.pk))
    TOTP.activate(cast.dispatcher, "JBSWY3DPEHPK3PXP")
    assert here.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert (alive(here), alive(other)) == (True, False)


def test_ended_rows_go_after_a_day(cast: Cast) -> None:
    signed_in(cast.dispatcher)
    sessions.sessions_end(cast.dispatcher)
    SessionStore.clear_expired()
    assert Session.objects.filter(user=cast.dispatcher).exists()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        SessionStore.clear_expired()
    assert not Session.objects.filter(user=cast.dispatcher).exists()


def test_a_grant_ends_with_its_session(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(cast.dispatcher)
        clock.shift(timedelta(minutes=settings.SESSION_IDLE_MINUTES["office"] - 3))
        request = RequestFactory().get("/")
        request.session = SessionStore(key_of(client))
        response = HttpResponse()
        request.session.get("_begun")
        sessions.let_listen(request, response, ["office:1", f"user:{cast.dispatcher.pk}"])
        (cookie,) = response.cookies.values()
        (grant,) = read_grants({cookie.key: cookie.value})
        assert round(grant.until - grant.since) == 180 < LIFETIME
        assert grant.holders == {str(cast.dispatcher.pk), f"s:{digest_of(key_of(client))[:16]}"}
        clock.shift(timedelta(minutes=3, seconds=1))
        assert read_grants({cookie.key: cookie.value}) == []


@pytest.fixture
def security(cast: Cast) -> User:
    user = User.objects.create_user(username="sec.doors", name="演示·安全员")
    Assignment.objects.create(user=user, role="security_admin", starts_on=timezone.localdate() - timedelta(days=9))
    return user


@pytest.fixture
def own_stream(own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hints, "_client", None)
    monkeypatch.setattr(hints, "_missed", False)
    hints._breaker.worked()
    with override_settings(REDIS_URL=own_valkey.url):
        yield


def grants(client: Client) -> str:
    """What the browser sends to the stream after a page."""
    page = client.get(reverse("console:board"))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in page.cookies.items() if "live_" in name)


def test_an_open_stream_ends_with_its_session_and_no_other(
    cast: Cast, web: int, own_stream: None, django_capture_on_commit_callbacks: Any
) -> None:
    """Of two browsers of one person, the one whose session was ended hears no more, and can't listen again."""
    here, phone = signed_in(cast.dispatcher), again(cast.dispatcher, PHONE)
    given, kept = grants(phone), grants(here)
    with contextlib.closing(Reader(web, given)) as cut, contextlib.closing(Reader(web, kept)) as stays:
        topic = f"user:{cast.dispatcher.pk}"
        live.publish([topic], "message", 1, 1)
        assert (cut.next()[0], stays.next()[0]) == ("hint", "hint")
        (other,) = [one for one in sessions.sessions_of(cast.dispatcher) if "Android" in one.device]
        with django_capture_on_commit_callbacks(execute=True):
            here.post(reverse("account_sessions"), {"end": other.id})
        assert cut.next() == ("bye", {})
        assert get(web, "/live/", {"Cookie": given})[0] == 403
        live.publish([topic], "message", 2, 1)
        assert stays.next()[1]["id"] == 2
    assert "live_" not in " ".join(phone.get(reverse("console:board")).cookies), "and no new grant"


def test_a_stream_is_closed_at_the_end_of_its_session(web: int, own_stream: None) -> None:
    response = HttpResponse()
    live.grant_topics(response, ["office:e1", "user:5"], session="0" * 16, until=timezone.now().timestamp() + 2)
    (cookie,) = response.cookies.values()
    given = f"{cookie.key}={cookie.value}"
    with contextlib.closing(Reader(web, given)) as listening, contextlib.suppress(http.client.HTTPException):
        assert listening.next() == ("expired", {})
    assert get(web, "/live/", {"Cookie": given})[0] == 403


@pytest.mark.parametrize(
    ("agent", "code"),
    [
        (PHONE, "Chrome/Android"),
        (DESK, "Edge/Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari/iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat/Android"),
        ("curl/8", "/"),
        ("", "/"),
    ],
)
def test_devices_in_plain_words(agent: str, code: str) -> None:
    assert device_code(agent) == code


def test_a_worker_that_serves_no_page_hears_of_leavers() -> None:
    """What cuts streams and ends sessions is connected by Django's set-up, not by the first page."""
    asked = "import django; django.setup(); import sys; assert 'dispatch.web.comings' in sys.modules"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(
    ("hours", "idle", "fresh", "named"),
    [
        (12, 60, 15, ""),
        (24, 1440, 1440, ""),
        (0, 60, 15, "SESSION_HOURS_OFFICE=0"),
        (25, 60, 15, "SESSION_HOURS_OFFICE=25"),
        (12, 0, 15, "SESSION_IDLE_OFFICE=0"),
        (1, 61, 15, "SESSION_IDLE_OFFICE=61"),
        (12, 60, 0, "FRESH_MINUTES=0"),
    ],
)
def test_limits_that_end_nothing_or_all_are_told_at_the_start(hours: int, idle: int, fresh: int, named: str) -> None:
    limits = {"SESSION_HOURS": {"office": hours}, "SESSION_IDLE_MINUTES": {"office": idle}, "FRESH_MINUTES": fresh}
    with override_settings(HTTPS=True, **limits):
        found = session_limits_make_sense(None)
    assert [one.id for one in found] == (["dispatch.E013"] if named else [])
    assert all(str(one.msg).endswith(f": {named}.") for one in found)
