"""Two people in one case see each other; nobody else does; without Redis nothing breaks and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from dispatch.web import presence
from dispatch.web.breaker import Breaker
from dispatch.web.live import hints
from tests.cast import Cast, unchanged
from tests.console.conftest import Login, complaint


@pytest.fixture
def far_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that is not there, and a breaker that has not heard of it yet."""
    monkeypatch.setattr(hints, "_client", None)
    monkeypatch.setattr(hints, "_breaker", Breaker(rest=60))
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        yield


def test_two_of_the_office_see_each_other(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    url = reverse("console:presence", args=[case.pk])
    first, second = login(cast.dispatcher), login(cast.head)
    with unchanged():
        assert cast.head.name not in first.post(url, {"writing": "0"}).content.decode()
        said = second.post(url, {"writing": "1"}).content.decode()
        assert f"also here: {cast.dispatcher.name}" in said
        assert cast.head.name not in said, "nobody meets oneself"
        assert f"{cast.head.name} is writing" in first.post(url, {"writing": "0"}).content.decode()
        assert second.post(url, {"gone": "1"}).status_code == 204
        assert cast.head.name not in first.post(url, {"writing": "0"}).content.decode()
    first.post(url, {"gone": "1"})


def test_only_the_office_of_the_street(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    url = reverse("console:presence", args=[case.pk])
    login(cast.dispatcher).post(url, {"writing": "1"})
    for user, status in ((cast.outsider, 404), (cast.auditor, 403), (cast.supervisor, 403), (cast.leader, 403)):
        assert login(user).post(url).status_code == status
    page = login(cast.auditor).get(reverse("console:case", args=[case.pk])).content.decode()
    assert "data-presence" not in page
    page = login(cast.dispatcher).get(reverse("console:case", args=[case.pk])).content.decode()
    assert url in page


def test_a_sign_of_life_is_told_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(presence, "publish", lambda *hint: told.append(hint[:3]))
    where = {"place": f"test:{cast.street.pk}:{cast.dispatcher.pk}", "topic": "office:1", "subject": 7}
    for writing in (False, False, True, True):
        presence.here(**where, user_id=1, name="演示", writing=writing)  # type: ignore[arg-type]
    assert told == [(["office:1"], "presence", 7)] * 2, "came, and began to write"
    presence.here(**where, user_id=1, name="演示", writing=True, gone=True)  # type: ignore[arg-type]
    presence.here(**where, user_id=1, name="演示", writing=True, gone=True)  # type: ignore[arg-type]
    assert len(told) == 3


@pytest.mark.usefixtures("far_redis")
def test_without_redis_the_page_stays_quiet(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    answer = login(cast.dispatcher).post(reverse("console:presence", args=[case.pk]), {"writing": "1"})
    assert answer.status_code == 200
    assert answer.content.decode().strip() == ""


def test_the_session_says_whether_it_lives(cast: Cast, login: Login) -> None:
    alive = login(cast.dispatcher).get(reverse("session_alive"))
    assert (alive.status_code, alive["X-User"]) == (204, str(cast.dispatcher.pk))
    assert len(alive["X-CSRF"]) > 30
    assert "no-store" in alive["Cache-Control"]
    assert Client().get(reverse("session_alive")).status_code == 401
