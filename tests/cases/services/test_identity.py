"""Phones and names: normalised, masked, indexed, encrypted; links whose tokens are stored as hashes only."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.test import override_settings

from cases.models import Identity
from cases.services import identity, intake
from teams.policies import RESIDENT
from tests.cast import Cast, refused


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("139 0000 0000", "13900000000"),
        ("+86 139-0000-0000", "13900000000"),
        ("008613900000000", "13900000000"),
        ("１３９００００００００", "13900000000"),
        ("(0351) 400-0000", "03514000000"),
        ("8613900000000", "13900000000"),
        ("4000000", "4000000"),
        ("", ""),
    ],
)
def test_equal_phones_are_one_however_written(written: str, dialled: str) -> None:
    assert identity.phone_normal(written) == dialled
    assert identity.phone_index(written) == identity.phone_index(dialled)


def test_the_index_tells_nothing_and_depends_on_its_own_key() -> None:
    index = identity.phone_index("13900000000")
    assert len(index) == 64
    assert "13900000000" not in index
    with override_settings(IDENTITY_INDEX_KEY="another"):
        assert identity.phone_index("13900000000") != index
    assert identity.phone_index("13900000001") != index


@pytest.mark.parametrize(
    ("name", "masked"), [("", ""), ("某", "某*"), ("某甲", "某*"), ("欧阳某某某某", "欧***"), ("Name", "N***")]
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert identity.name_masked(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"), [("13900000001", "139****0001"), ("4000012", "****12"), ("12", "****"), ("", "")]
)
def test_phones_are_masked(phone: str, masked: str) -> None:
    assert identity.phone_masked(phone) == masked


@pytest.mark.django_db
def test_nothing_given_nothing_kept() -> None:
    assert identity.identity_create(name=" ", phone=" ") is None
    assert not Identity.objects.exists()


def test_keys_rotate_and_old_rows_stay_readable(cast: Cast) -> None:
    made = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="占道", name="演示·某甲", phone="13900000000"
    )
    actor, fresh = cast.act(cast.dispatcher), f"k2:{Fernet.generate_key().decode()}"
    with override_settings(IDENTITY_KEYS=[fresh, *settings.IDENTITY_KEYS]):
        newer = identity.identity_create(name="演示·某乙", phone="13900000001")
        assert newer is not None
        assert newer.key_id == "k2"
        shown = identity.identity_reveal(actor=actor, complaint_id=made.complaint.pk, purpose="contact")
        assert shown["phone"] == "13900000000"
    with override_settings(IDENTITY_KEYS=[fresh]), refused("identity_unreadable"):
        identity.identity_reveal(actor=actor, complaint_id=made.complaint.pk, purpose="contact")


def test_tokens_are_random_unless_the_same_sender_asks_again() -> None:
    assert identity.token_new() != identity.token_new()
    assert identity.token_new("key") == identity.token_new("key") != identity.token_new("other")
    token, stored = identity.token_new()
    assert identity.token_hash(token) == stored != token
    assert len(token) == 32
    with override_settings(TOKEN_PEPPER="another"):
        assert identity.token_new("key") != identity.token_new("other")
        assert identity.token_hash(token) != stored
