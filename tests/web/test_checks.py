"""A wrong secret is a system-check error with an id and a hint."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.test import override_settings

from cases.services.identity import identity_create
from dispatch.checks import identity_keys_problem

KEY = Fernet.generate_key().decode()


def ids(**settings: Any) -> list[str]:
    with override_settings(**settings):
        found = [message for message in run_checks() if str(message.id).startswith("dispatch.")]
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_the_secrets_of_a_data_folder_pass() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "id_"),
    [
        ("SECRET_KEY", "change-me", "dispatch.E001"),
        ("SECRET_KEY", "short", "dispatch.E001"),
        ("IDENTITY_INDEX_KEY", "change-me" * 8, "dispatch.E002"),
        ("TOKEN_PEPPER", "change-me", "dispatch.E003"),
        ("IDENTITY_KEYS", [], "dispatch.E004"),
        ("IDENTITY_KEYS", ["k1:not-a-key"], "dispatch.E004"),
        ("IDENTITY_KEYS", [KEY], "dispatch.E004"),
    ],
)
def test_a_default_or_broken_secret_is_refused(name: str, value: object, id_: str) -> None:
    assert ids(**{name: value}) == [id_]


def test_one_value_for_two_secrets_is_refused() -> None:
    same = "s" * 40
    assert ids(TOKEN_PEPPER=same, IDENTITY_INDEX_KEY=same) == ["dispatch.E005"]


def test_key_ids_are_told_apart() -> None:
    assert identity_keys_problem([f"k2:{Fernet.generate_key().decode()}", f"k1:{KEY}"]) == ""
    assert "twice" in identity_keys_problem([f"k1:{KEY}", f"k1:{KEY}"])


def database_ids(**given: Any) -> list[str]:
    with override_settings(**given):
        return [str(message.id) for message in run_checks(databases=["default"], tags=["database"])]


@pytest.mark.django_db
def test_a_start_with_the_wrong_identity_key_is_refused() -> None:
    with override_settings(IDENTITY_KEYS=[f"k9:{KEY}"]):
        identity_create(name="演示", phone="13800000000")
    assert database_ids(IDENTITY_KEYS=[f"k9:{KEY}"]) == []
    assert database_ids(IDENTITY_KEYS=[f"k9:{Fernet.generate_key().decode()}"]) == ["dispatch.E006"]
    assert database_ids(IDENTITY_KEYS=[f"k1:{KEY}"]) == ["dispatch.E006"]


@pytest.mark.django_db
def test_a_start_with_the_wrong_index_key_is_refused() -> None:
    identity_create(name="演示", phone="13800000000")
    assert database_ids() == []
    assert database_ids(IDENTITY_INDEX_KEY="another" * 8) == ["dispatch.E009"]
