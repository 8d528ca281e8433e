"""At the desk: clients logged in as people of the cast, and cases as the office meets them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.cache import caches
from django.test import Client

from cases.models import Case, Complaint
from cases.services import intake
from dispatch.console import line
from teams.models import User
from tests.cast import LAT, LNG, Cast

Login = Callable[[User], Client]
PHONE = "13900001234"
WORDS = "演示·路口烧烤摊晚上油烟很大，占道经营，吵到凌晨，希望有人来看看"


@pytest.fixture(autouse=True)
def fresh_rows() -> None:
    """Rows are cached by ids, and ids start anew with each test."""
    caches["rows"].clear()


@pytest.fixture(autouse=True)
def own_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims lie in the cache that all workers of the tests share, under ids that they share too."""
    mark = uuid.uuid4().hex
    monkeypatch.setattr(line, "_key", lambda case_id: f"triage:{mark}:{case_id}")


@pytest.fixture
def login() -> Login:
    def make(user: User, language: str = "en") -> Client:
        client = Client()
        client.force_login(user)
        client.cookies["django_language"] = language
        return client

    return make


def complaint(cast: Cast, *, text: str = WORDS, phone: str = PHONE, **more: object) -> tuple[Case, Complaint, str]:
    """A resident's complaint: its case, itself, and the token of the private page."""
    made = intake.complaint_create(
        actor=cast.act(cast.dispatcher),
        street_id=cast.street.pk,
        source="office",
        text=text,
        name="演示·甲",
        phone=phone,
        lat=LAT,
        lng=LNG,
        **more,  # type: ignore[arg-type]
    )
    assert made.token
    return made.case, made.complaint, made.token
