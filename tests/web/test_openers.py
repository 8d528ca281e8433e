"""What opens something by itself — a token, a link to a file, a grant for the stream, a second factor — condition by
condition: each row is refused by one of them alone."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from dispatch.web import tokens
from dispatch.web.factorduty import factor_first, factor_lacks
from dispatch.web.files import media_name, media_url
from dispatch.web.live.hub import Hub
from dispatch.web.live.topics import COOKIE, read_grants
from dispatch.web.models import ApiToken
from teams.models import Role
from teams.policies import SYSTEM
from tests.cast import Cast


def _token(cast: Cast, days: int | None = None) -> tuple[ApiToken, str]:
    ends = None if days is None else timezone.now() + timedelta(days=days)
    return tokens.token_issue(actor=SYSTEM, user=cast.dispatcher, name="演示", scopes=["cases:read"], expires_at=ends)


@pytest.mark.parametrize("days", [None, 1])
def test_a_token_is_found_by_its_own_text(cast: Cast, days: int | None) -> None:
    (other, _text), (row, text) = _token(cast), _token(cast, days)
    assert tokens.token_find(text) == row
    assert tokens.token_find(text + "x") is None
    other.refresh_from_db()
    assert other.last_used_at is None, "the use is noted at the token that was used"


@pytest.mark.parametrize("change", ["revoked_at", "expires_at", "account"])
def test_an_ended_token_is_not_found(cast: Cast, change: str) -> None:
    row, text = _token(cast, 1)
    if change == "account":
        type(cast.dispatcher).objects.filter(pk=cast.dispatcher.pk).update(is_active=False)
    else:
        ApiToken.objects.filter(pk=row.pk).update(**{change: timezone.now() - timedelta(seconds=1)})
    assert tokens.token_find(text) is None


@pytest.mark.parametrize("text", ["", "sk_" + "x" * 43, tokens.PREFIX + "x" * 78])
def test_what_is_no_token_is_not_looked_for(text: str) -> None:
    """No database is given to this test: a look would fail it."""
    assert tokens.token_find(text) is None


def test_a_factor_is_one_s_own_and_recovery_codes_are_none(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = [Role.DISPATCHER.value]
    actor = cast.act(cast.dispatcher)
    TOTP.activate(cast.outsider, "JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=cast.dispatcher, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert factor_lacks(actor)
    assert not factor_lacks(cast.act(cast.checker)), "a role that needs none"
    TOTP.activate(cast.dispatcher, "JBSWY3DPEHPK3PXP")
    assert not factor_lacks(actor)


def test_where_no_role_must_have_one_nothing_is_asked(
    cast: Cast, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = []
    request = RequestFactory().get("/console/")
    request.user = cast.dispatcher
    with django_assert_num_queries(0):
        assert factor_first(lambda _request: HttpResponse("open"))(request).content == b"open"


@pytest.mark.parametrize("path", ["x", "9999999999/x", "²/s/a.jpg", "soon/s/a.jpg"])
def test_what_is_no_link_to_a_file_opens_none(path: str) -> None:
    assert media_name(f"/media/{path}") is None


def test_a_link_to_a_file_ends() -> None:
    url = media_url("a.jpg")
    assert media_name(url) == "a.jpg"
    with time_machine.travel(timezone.now() + timedelta(minutes=21)):
        assert media_name(url) is None


@pytest.mark.parametrize(
    ("name", "until", "given"),
    [(COOKIE + "a", None, True), (COOKIE + "a", 60, True), (COOKIE + "a", -1, False), ("other", None, False)],
)
def test_a_grant_stands_in_its_cookie_until_its_end(name: str, until: int | None, given: bool) -> None:
    end = None if until is None else time.time() + until
    text = signing.dumps([["user:1"], int(time.time() * 1000), "", end], salt="dispatch.live")
    assert bool(read_grants({name: text})) is given


def test_what_was_taken_back_is_the_person_s_and_from_before() -> None:
    hub = Hub("")
    at = time.time()
    hub._note_kill(f"{int(at * 1000)}-0", {"kill": "1"})
    assert hub.killed("1", at - 1)
    assert not hub.killed("1", at + 1)
    assert not hub.killed("2", at - 1)
