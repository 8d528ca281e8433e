"""Guessing ends soon, and keeps nobody out who was here before; what is refused leaves a line without words."""

from __future__ import annotations

import json
import uuid

import pytest
import structlog
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from dispatch.web import lockout
from teams.models import User
from teams.services.invitations import invitation_make
from tests.cast import Cast

SECRET = "演示-long-enough-123"

pytestmark = pytest.mark.django_db


def somebody() -> User:
    return User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示")


def net() -> str:
    """A network nobody came from before."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"


def entry(client: Client, user: User, password: str, address: str) -> bool:
    said = {"login": user.username, "password": password}
    return client.post(reverse("account_login"), said, REMOTE_ADDR=address).status_code == 302


def test_guessing_from_a_network_ends_soon_and_the_owner_comes_in() -> None:
    user, neighbour = somebody(), somebody()
    here, there = net(), net()
    own = Client()
    assert entry(own, user, SECRET, here)
    own.post(reverse("account_logout"))
    for _ in range(5):
        assert not entry(Client(), user, "wrong", here)
    assert not entry(Client(), user, SECRET, here), "five wrong ones from a network: nobody new comes in from there"
    assert entry(own, user, SECRET, here), "the browser that was here before does"
    assert entry(Client(), user, SECRET, there), "nor is the account closed from elsewhere"
    assert entry(Client(), neighbour, SECRET, here), "nor the neighbour's from here"


def test_guessing_from_many_networks_ends_and_keeps_no_owner_out() -> None:
    user, own = somebody(), Client()
    assert entry(own, user, SECRET, net())
    own.post(reverse("account_logout"))
    for _ in range(30):
        assert not entry(Client(), user, "wrong", net())
    assert not entry(Client(), user, SECRET, net())
    assert entry(own, user, SECRET, net())


def test_a_known_browser_guesses_no_more_than_others() -> None:
    user, own, here = somebody(), Client(), net()
    assert entry(own, user, SECRET, here)
    own.post(reverse("account_logout"))
    for _ in range(10):
        assert not entry(own, user, "wrong", here)
    assert not entry(own, user, SECRET, here)


def test_the_cookie_is_of_this_account_and_this_password() -> None:
    user, other, own = somebody(), somebody(), Client()
    assert entry(own, user, SECRET, net())
    cookie = own.cookies[lockout.COOKIE]
    assert cookie["httponly"]
    assert user.username not in cookie.value
    request = own.get("/healthz").wsgi_request
    assert lockout.sign_of(request, user)
    assert not lockout.sign_of(request, other)
    user.set_password(SECRET + "4")
    assert not lockout.sign_of(request, user)
    own.cookies[lockout.COOKIE] = cookie.value[:-2]
    assert not lockout.sign_of(own.get("/healthz").wsgi_request, User.objects.get(pk=user.pk))


def test_a_link_of_the_administrator_lets_its_owner_in(cast: Cast) -> None:
    user = somebody()
    for _ in range(30):
        entry(Client(), user, "wrong", net())
    made = invitation_make(actor=cast.act(cast.system_admin), user_id=_new(cast).pk)
    client = Client()
    said = {"password1": SECRET, "password2": SECRET}
    assert client.post(reverse("invitation", args=[made.token]), said).status_code == 302
    assert lockout.COOKIE in client.cookies


def _new(cast: Cast) -> User:
    return User.objects.create_user(username=f"n{uuid.uuid4().hex[:10]}", name="演示·新人")


def test_a_factor_taken_off_at_the_second_step_leads_in_no_circle() -> None:
    user, client = somebody(), Client()
    row = TOTP.activate(user, "JBSWY3DPEHPK3PXP").instance
    assert entry(client, user, SECRET, net())
    row.delete()
    answer = client.get(reverse("console:board"), follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == reverse("account_login")
    assert entry(client, user, SECRET, net())
    assert client.get(reverse("session_alive")).status_code == 204


def test_what_is_refused_leaves_a_line_without_words() -> None:
    user, here = somebody(), net()
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    with structlog.testing.capture_logs() as lines:
        for _ in range(6):
            entry(Client(), user, "wrong-words", here)
        client = Client()
        assert entry(client, user, SECRET, net())
        for _ in range(6):
            client.post(reverse("mfa_authenticate"), {"code": "000000"}, REMOTE_ADDR=here)
        client.post(reverse("mfa_authenticate"), {"credential": "{}"}, REMOTE_ADDR=here)
    ours = [(one["event"], one["user_id"]) for one in lines if one["event"].startswith(("sign_in", "second"))]
    assert ours.count(("sign_in_refused", user.pk)) == 5
    assert ours.count(("sign_in_limited", user.pk)) >= 2, ours
    assert ours.count(("second_factor_refused", user.pk)) >= 5, ours
    text = json.dumps([one for one in lines if one["event"].startswith(("sign_in", "second"))])
    assert not [word for word in ("wrong-words", user.username, "2001:db8", "000000") if word in text]
