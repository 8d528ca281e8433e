"""Where a role must have a second factor, who has none is led to it and gets nothing else; programs neither."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from dispatch.checks import factor_roles_exist
from dispatch.web import tokens
from teams.models import Role
from teams.policies import SYSTEM
from tests.cast import Cast, unchanged


@pytest.fixture(autouse=True)
def must(settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = [Role.DISPATCHER.value, Role.SYSTEM_ADMIN.value]


def test_nothing_opens_before_it_is_set_up(cast: Cast, client: Client) -> None:
    setup = reverse("mfa_index")
    client.force_login(cast.dispatcher)
    for name in ("landing", "console:board", "console:notices"):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer["Location"]) == (302, setup), name
        assert "live" not in " ".join(answer.cookies), "no grant for the stream"
    fragment = client.get(reverse("console:board"), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, setup)
    with unchanged():
        assert client.post(reverse("console:intake"), {"text": "演示"})["Location"] == setup
    assert client.get(setup, follow=True).status_code == 200, "the way on is open"
    assert client.get(reverse("session_alive")).status_code == 204
    assert client.get("/").status_code == 200, "what anybody may read"
    TOTP.activate(cast.dispatcher, "JBSWY3DPEHPK3PXP")
    assert client.get(reverse("console:board")).status_code == 200


def test_other_roles_go_on_as_before(cast: Cast, client: Client) -> None:
    client.force_login(cast.checker)
    assert client.get(reverse("console:board")).status_code == 200
    client.force_login(cast.leader)
    assert client.get("/field/").status_code == 200


def test_a_mail_address_that_nobody_verified_keeps_nobody_from_a_factor(cast: Cast, client: Client) -> None:
    client.force_login(cast.checker)
    assert client.get(reverse("account_email")).status_code == 200
    for page in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert client.get(reverse(page)).status_code == 200, page


def test_a_program_of_such_an_account_waits_too(cast: Cast, client: Client) -> None:
    _row, text = tokens.token_issue(actor=SYSTEM, user=cast.dispatcher, name="演示", scopes=["cases:read"])
    bearer = {"Authorization": f"Bearer {text}"}
    refused = client.get("/api/v1/cases/", headers=bearer)
    assert refused.status_code == 403
    assert refused.json()["code"] == "second_factor_needed"
    TOTP.activate(cast.dispatcher, "JBSWY3DPEHPK3PXP")
    assert client.get("/api/v1/cases/", headers=bearer).status_code == 200


def test_a_role_that_does_not_exist_is_a_check(settings: Any) -> None:
    assert factor_roles_exist(None) == []
    settings.SECOND_FACTOR_ROLES = ["dispatcher", "boss"]
    assert [one.id for one in factor_roles_exist(None)] == ["dispatch.E012"]
