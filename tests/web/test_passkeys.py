"""Passkeys without a browser: rubbish for an answer is a wrong answer. With one: ``journeys/test_doors``."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from dispatch.web.factorduty import factor_lacks
from teams.models import Role, User
from tests.cast import Cast

SECRET = "演示-long-enough-123"
RUBBISH: list[Any] = [
    None, 1, True, "x", [], [[]], {}, {"id": 1}, {"id": "a", "rawId": "b"}, {"rawId": 5, "response": []},
    {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}},
    {"id": "YQ", "rawId": "YQ", "type": "x", "response": {"clientDataJSON": "!", "attestationObject": "!"}},
    {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}},
    {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {
        "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}},
    {"id": "YQ", "rawId": "YQ", "response": {
        "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0", "authenticatorData": "", "signature": ""}},
    {"response": {"userHandle": "MQ"}}, {"response": {"userHandle": {"a": 1}}}, {"response": None},
]  # fmt: skip
TEXTS = [*(json.dumps(one) for one in RUBBISH), "{", "[" * 5000, '"' + "x" * 30_000 + '"', "nul"]


def entered(**more: Any) -> tuple[Client, User]:
    user = User.objects.create_user(username=f"g{uuid.uuid4().hex[:12]}", password=SECRET, name="演示", **more)
    client = Client(REMOTE_ADDR=f"2001:db8:{uuid.uuid4().hex[:4]}::1")
    client.post(reverse("account_login"), {"login": user.username, "password": SECRET})
    return client, user


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_rubbish_is_a_wrong_answer(text: str) -> None:
    client, user = entered()
    client.get(reverse("mfa_add_webauthn"))
    answer = client.post(reverse("mfa_add_webauthn"), {"name": "演示", "credential": text})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Authenticator.objects.filter(user=user).exists()
    stranger = Client(REMOTE_ADDR=f"2001:db8:{uuid.uuid4().hex[:4]}::1")
    assert stranger.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).status_code == 200
    wrong = stranger.post(reverse("mfa_login_webauthn"), {"credential": text})
    assert (wrong.status_code, wrong["Location"]) == (302, reverse("account_login"))
    assert stranger.get(reverse("session_alive")).status_code == 401


@pytest.mark.django_db
def test_a_passkey_is_a_second_factor_and_codes_alone_are_none(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = [Role.DISPATCHER.value]
    Authenticator.objects.create(user=cast.dispatcher, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x"})
    assert factor_lacks(cast.act(cast.dispatcher))
    Authenticator.objects.create(user=cast.dispatcher, type=Authenticator.Type.WEBAUTHN, data={"name": "演示"})
    assert not factor_lacks(cast.act(cast.dispatcher))


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["mfa_index", "mfa_list_webauthn"])
def test_passkeys_are_listed_with_their_names(page: str) -> None:
    client, user = entered()
    row = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "演示<钥匙>"})
    text = client.get(reverse(page)).content.decode()
    assert "演示&lt;钥匙&gt;" in text
    assert reverse("mfa_remove_webauthn", args=[row.pk]) in text
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert "演示&lt;钥匙&gt;" in client.get(reverse(name, args=[row.pk])).content.decode()
