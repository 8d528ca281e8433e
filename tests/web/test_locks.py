"""The locks on every door: headers, cookies, the start's own checks, guessing at the sign-in."""

from __future__ import annotations

import ast
import contextlib
import http.client
import io
import json
import os
import re
import subprocess
import sys
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import structlog
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core import mail
from django.core.management import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle

from cases.models import Event
from cases.refusals import Refused
from cases.services.imports import reading
from dispatch.embedded.layout import PROJECT
from dispatch.embedded.valkey import Valkey
from dispatch.management.commands import prepare
from dispatch.web.files import media_url
from teams.models import User
from tests.cast import Cast, unchanged
from tests.stage import planned_case
from tests.web.conftest import web_process

SECRET = "演示-long-enough-123"


def test_the_start_of_a_real_site_is_clean() -> None:
    """Every warning of ``check --deploy`` is mended or silenced with its reason (dispatch.settings)."""
    place = {
        "HTTPS": "1",
        "DEBUG": "0",
        "SITE_URL": "https://dispatch.example",
        "ALLOWED_HOSTS": "dispatch.example",
        "CSRF_TRUSTED_ORIGINS": "https://dispatch.example",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ | place, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ANSWERS = {
    "/healthz": 200,
    "/field/sw.js": 200,
    "/nowhere/": 404,
    "/console": 301,  # by CommonMiddleware, before most of the others
    "/landing/": 302,
    "/api/v1/cases/": 401,
    "/api/v1/nowhere/": 404,
    "/static/css/none.css": 404,
    "/static/img/logo.svg": 200,
    "/media/1/x/y.jpg": 404,
    "/live/": 403,
    "/live/ with a foreign host": 403,
    "/ with a foreign host": 400,
}


def test_every_answer_carries_the_strict_headers(own_valkey: Valkey, tmp_path: Path) -> None:
    """Pages, redirects, errors, the API, files and the stream; over TLS as the proxy says."""
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    asked = {**ANSWERS, media_url("a.jpg"): 200}
    place = {"HTTPS": "1", "DISPATCH_DATA": str(tmp_path), "TRUST_PROXY": "127.0.0.1"}
    with web_process(own_valkey.url, **place) as port:
        for line, status in asked.items():
            path, _, foreign = line.partition(" with a ")
            said, headers = over_tls(port, "GET", path, Host="evil.example" if foreign else "localhost")
            assert said == status, line
            strict(line, headers)
        for accepts in ("text/html", "application/json"):  # refused before a thread is taken
            said, headers = over_tls(port, "POST", "/report/", Accept=accepts, **{"Content-Length": str(2**40)})
            assert said == 413
            strict(accepts, headers)
        said, headers = over_tls(port, "GET", "/accounts/login/")
        assert said == 200
        given = headers["set-cookie"]
        assert given.startswith("__Host-csrftoken=")
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in given
        assert "Domain" not in given


def over_tls(port: int, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in {"X-Forwarded-Proto": "https", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}


def strict(what: str, headers: dict[str, str]) -> None:
    policy = headers["content-security-policy"]
    for rule in ("base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy, (what, policy)
    assert "object-src 'none'" in policy or "default-src 'none'" in policy, (what, policy)
    assert "unsafe" not in policy, (what, policy)
    assert headers["x-content-type-options"] == "nosniff", what
    assert headers["referrer-policy"] == "same-origin", what
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains", what
    assert "access-control-allow-origin" not in headers, what
    assert "server" not in headers, what


def entry(client: Client, username: str, password: str, address: str) -> int:
    said = {"login": username, "password": password}
    return client.post(reverse("account_login"), said, REMOTE_ADDR=address).status_code


@pytest.mark.django_db
@override_settings(HTTPS=True)
def test_no_account_with_a_published_password_on_a_real_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    monkeypatch.setenv("DEMO", "1")
    with unchanged(), pytest.raises(CommandError, match="DEMO_PASSWORD"):
        prepare.Command()._first_data()
    monkeypatch.delenv("DEMO")
    with override_settings(DATA_DIR=tmp_path):
        prepare.Command(stdout=io.StringIO())._first_data()
    assert not User.objects.exists(), "without a word about it a real site begins empty"


@pytest.mark.django_db
def test_guessing_a_password_ends_soon() -> None:
    """Five wrong ones for an account from a network: then the right one waits too, there. More: ``test_lockout``."""
    names = [f"g{uuid.uuid4().hex[:12]}" for _ in range(2)]
    for name in names:
        User.objects.create_user(username=name, password=SECRET, name="演示")
    here, there = (f"2001:db8:{uuid.uuid4().hex[:4]}:{n}::1" for n in (1, 2))
    assert [entry(Client(), names[0], "wrong", here) for _ in range(5)] == [200] * 5
    assert entry(Client(), names[0], SECRET, here) == 200, "not let in"
    assert entry(Client(), names[0], SECRET, there) == 302, "from elsewhere: nobody is kept out by a stranger"
    assert entry(Client(), names[1], SECRET, here) == 302, "a neighbour at the same address is"
    assert entry(Client(), names[1], SECRET, there) == 302


@pytest.mark.django_db
def test_who_came_in_and_who_was_refused_is_logged_without_words() -> None:
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")
    address = f"2001:db8:{uuid.uuid4().hex[:4]}::2"
    with structlog.testing.capture_logs() as lines:
        entry(Client(), user.username, "wrong-words", address)
        entry(Client(), "words-typed-into-the-wrong-field", "x", address)
        client = Client()
        assert entry(client, user.username, SECRET, address) == 302
        client.post(reverse("account_logout"))
    ours = [line for line in lines if line["event"] in ("sign_in_refused", "signed_in", "signed_out")]
    assert [(line["event"], line["user_id"]) for line in ours] == [
        ("sign_in_refused", user.pk),
        ("sign_in_refused", None),
        ("signed_in", user.pk),
        ("signed_out", user.pk),
    ]
    assert not [word for word in ("wrong-words", "wrong-field", SECRET, user.username) if word in json.dumps(ours)]


def test_a_header_of_the_callers_own_is_no_new_address() -> None:
    """The API counts strangers by address: with a new X-Forwarded-For each time nobody would ever be stopped."""
    make, throttle = RequestFactory(), AnonRateThrottle()
    asked = [
        Request(make.get("/", REMOTE_ADDR="203.0.113.7", headers={"x-forwarded-for": f"198.51.100.{n}"}))
        for n in range(3)
    ]
    assert {throttle.get_ident(request) for request in asked} == {"203.0.113.7"}


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.mark.django_db
@time_machine.travel("2026-08-21T12:45:01Z", tick=False)
def test_a_stolen_copy_of_the_database_makes_no_codes() -> None:
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    assert secret not in json.dumps(row.data)
    code = code_of(secret)
    assert TOTP(row).validate_code(code)
    assert not TOTP(row).validate_code(code), "once"
    codes = RecoveryCodes.activate(user).get_unused_codes()
    seed = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    assert seed.data["seed"].startswith("f1:")
    assert RecoveryCodes(seed).validate_code(codes[0])
    assert not RecoveryCodes(seed).validate_code(codes[0]), "once"
    with override_settings(IDENTITY_KEYS=[f"k1:{Fernet.generate_key().decode()}"]), pytest.raises(InvalidToken):
        TOTP(row).validate_code(code[::-1])


@pytest.mark.django_db
@time_machine.travel("2026-08-21T12:45:01Z", tick=False)
def test_a_password_alone_does_not_pass_a_second_factor() -> None:
    """Nor does a password that was set anew by a link of the security administrator or by mail."""
    user = User.objects.create_user(
        username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示", email="g@x.invalid"
    )
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client, address = Client(), f"2001:db8:{uuid.uuid4().hex[:4]}::4"
    assert entry(client, user.username, SECRET, address) == 302
    assert client.get(reverse("session_alive")).status_code == 401
    said = client.post(reverse("account_reset_password"), {"email": user.email}, REMOTE_ADDR=address)
    assert said.status_code == 302
    (link,) = re.findall(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    page = Client()
    form = page.get(link, follow=True, REMOTE_ADDR=address)
    fresh = {"password1": SECRET + "4", "password2": SECRET + "4"}
    assert page.post(form.redirect_chain[-1][0], fresh, REMOTE_ADDR=address).status_code == 302
    user.refresh_from_db()
    assert user.check_password(SECRET + "4")
    assert page.get(reverse("session_alive")).status_code == 401
    assert entry(page, user.username, SECRET + "4", address) == 302
    assert page.get(reverse("session_alive")).status_code == 401
    passed = page.post(reverse("mfa_authenticate"), {"code": code_of(secret)}, REMOTE_ADDR=address)
    assert passed.status_code == 302
    assert page.get(reverse("session_alive")).status_code == 204


@pytest.mark.django_db
@time_machine.travel("2026-08-21T12:45:01Z", tick=False)
def test_a_factor_stored_before_the_vault_still_opens() -> None:
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")
    secret = generate_totp_secret()
    row = Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": secret})
    code = code_of(secret)
    assert TOTP(row).validate_code(code)


def test_every_cookie_of_ours_says_its_flags() -> None:
    calls = [
        (path.name, [word.arg for word in node.keywords])
        for path in (PROJECT / "dispatch").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set_cookie"
    ]
    assert len(calls) >= 3
    assert [name for name, words in calls if not {"secure", "httponly", "samesite"} <= set(words)] == []


def test_prying_shows_in_the_log(cast: Cast) -> None:
    case, _need = planned_case(cast)
    with structlog.testing.capture_logs() as lines:
        for user in (None, cast.outsider, cast.leader, cast.dispatcher):
            client = Client()
            if user is not None:
                client.force_login(user)
            client.get(reverse("console:case", args=[case.pk]))
    found = [line for line in lines if line["event"] == "access_refused"]
    assert [(line["user_id"], line["code"], line["log_level"]) for line in found] == [
        (cast.outsider.pk, 404, "info"),
        (cast.leader.pk, 403, "warning"),
    ]
    assert {(line["view"], line["row"]) for line in found} == {("console:case", case.pk)}


@pytest.mark.django_db
def test_a_planted_session_is_changed_at_the_sign_in() -> None:
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")
    client = Client()
    client.post("/report/", {"text": "演示·夜里太吵", "when": "now"})
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert entry(client, user.username, SECRET, f"2001:db8:{uuid.uuid4().hex[:4]}::3") == 302
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert stranger.get(reverse("session_alive")).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_email", "mfa_activate_totp"])
def test_mail_and_factors_change_only_after_the_password(name: str) -> None:
    """A browser left open, or a session carried off, is not enough."""
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")
    client = Client()
    with time_machine.travel(timezone.now() - timedelta(minutes=settings.FRESH_MINUTES, seconds=5)):
        client.force_login(user)
    said = {"action_add": "", "email": "x@example.invalid"}
    with unchanged():
        answer = client.post(reverse(name), said)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(user=user).exists()


def test_a_workbook_is_read_by_the_careful_parser() -> None:
    """openpyxl takes defusedxml where it stands: no entity is resolved, none swells."""
    assert openpyxl.DEFUSEDXML


def test_a_workbook_that_swells_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(reading.MOST_UNPACKED // 2**20 + 1):
            part.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(Refused) as caught:
        reading.header_of(path)
    assert caught.value.code == "file_too_large"


def test_the_journal_refuses_change(cast: Cast) -> None:
    planned_case(cast)
    row = Event.objects.latest("pk")
    for statement in (
        f"UPDATE cases_event SET body = body || ' ' WHERE id = {row.pk}",
        f"DELETE FROM cases_event WHERE id = {row.pk}",
        "TRUNCATE cases_event CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.get(pk=row.pk).hash == row.hash


NAMED = re.compile(r"`((?:[a-z_]+/)*test_[a-z_]+)::(test_\w+)`")
ROW = re.compile(r"^\| ([\d., ]+?)(?: \(L3\))? \|.*\| (held|partly|open)\b[^|]*\|$", re.MULTILINE)
STATES = ("held", "partly", "open")


def test_the_document_tells_the_truth() -> None:
    """Every test that docs/security.md names exists, every module of ours too, and its sums are right."""
    text = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
    for file, name in NAMED.findall(text):
        path = PROJECT / "tests" / f"{file}.py"
        assert path.is_file(), file
        assert f"\ndef {name}(" in path.read_text(encoding="utf-8"), (file, name)
    assert text.count("::test_") == len(NAMED.findall(text)), "a name that is none"
    for path in re.findall(r"`((?:dispatch|cases|teams)/[\w/]+\.py)`", text):
        assert (PROJECT / path).is_file(), path
    counted = dict.fromkeys(STATES, 0)
    for numbers, state in re.findall(
        r"^\| ([\d., ]+?)(?: \(L3\))? \|.*\| (held|partly|open)\b[^|]*\|$", text, re.MULTILINE
    ):
        counted[state] += len(numbers.split(", "))
    said = ", ".join(f"{counted[state]} {state}" for state in STATES)
    assert f"**Sums**: {said}." in text, said
