"""What a monitor reads, who may, and that nobody stands in it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client, override_settings

from cases.clock.moment import now
from cases.models import Deadline, Outbox
from dispatch.embedded.valkey import Valkey
from dispatch.notify.models import Message, MessageState
from dispatch.web.metrics.counting import FACES, REQUESTS, STREAMS, Counted, face_of
from dispatch.web.spool import Message as Told
from dispatch.web.spool import Receive, Scope, Send
from tests.cast import Cast
from tests.stage import planned_case
from tests.web.conftest import eventually, get

TOKEN = "a-token-of-a-monitor-that-is-long-enough"


def read(client: Client, **more: str) -> dict[str, float]:
    """Sample → value."""
    answer = client.get("/metrics", headers=more)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return parsed(answer.content.decode())


def parsed(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r'([a-z_]+(?:\{(?:[a-z]+="[^"\\]*",?)+\})?) ([-0-9.e+]+)', line)
            assert match, line
            assert match[1] not in found
            found[match[1]] = float(match[2])
    return found


@pytest.mark.django_db
def test_without_a_token_only_this_machine_reads(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"):
        assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 404
    with override_settings(TRUST_PROXY="127.0.0.1"):
        assert client.get("/metrics").status_code == 404
    with override_settings(HTTPS=True):
        assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN, HTTPS=True)
def test_with_a_token_its_bearer_reads_from_anywhere_and_nobody_else(client: Client) -> None:
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, **far).status_code == 200  # type: ignore[arg-type]
    for given in ("", TOKEN, f"Basic {TOKEN}", "Bearer ", f"Bearer {TOKEN}x", "Bearer 令牌"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404, given
    assert client.post("/metrics").status_code == 405


@pytest.mark.parametrize(("token", "wrong"), [("", False), ("short", True), (TOKEN, False)])
def test_a_token_that_could_be_guessed_is_refused(token: str, wrong: bool) -> None:
    with override_settings(METRICS_TOKEN=token):
        assert any(found.id == "dispatch.E014" for found in run_checks(tags=["security"])) is wrong


@pytest.mark.django_db
def test_what_waits_is_told_with_its_age(cast: Cast, client: Client) -> None:
    planned_case(cast)
    before = read(client)
    assert before["dispatch_outbox_rows"] == Outbox.objects.count() > 2
    assert before["dispatch_outbox_set_aside"] == before["dispatch_deadlines_late"] == 0
    first, second = Outbox.objects.order_by("pk")[:2]
    Outbox.objects.filter(pk=first.pk).update(set_aside_at=now())
    Outbox.objects.filter(pk=second.pk).update(attempts=1, next_try_at=now() + timedelta(hours=1))
    late = Deadline.objects.filter(state="running").order_by("pk").first()
    assert late is not None
    past = now() - timedelta(minutes=10)
    Deadline.objects.filter(pk=late.pk).update(starts_at=past, warn_at=past, due_at=past, next_at=past)
    message = {"channel": "email", "recipient": cast.dispatcher, "text": "x", "created_at": past}
    Message.objects.create(state=MessageState.WAITING, next_try_at=past, key="a", **message)
    Message.objects.create(state=MessageState.WAITING, next_try_at=now() + timedelta(hours=1), key="b", **message)
    Message.objects.create(state=MessageState.FAILED, key="c", **message)
    found = read(client)
    assert found["dispatch_outbox_rows"] == before["dispatch_outbox_rows"] - 1
    assert found["dispatch_outbox_set_aside"] == 1
    assert found["dispatch_deadlines_unchased"] == before["dispatch_deadlines_unchased"] + 1
    assert 600 <= found["dispatch_deadlines_lag_seconds"] < 660
    assert found["dispatch_deadlines_late"] == 1
    assert found['dispatch_messages_due{kind="message"}'] == 1
    assert 600 <= found['dispatch_messages_late_seconds{kind="message"}'] < 660
    assert found['dispatch_messages_failed{kind="message"}'] == 1
    assert found['dispatch_messages_due{kind="webhook"}'] == 0
    assert found["dispatch_media_free_bytes"] > 0
    assert 0 < found["dispatch_database_connections"] <= found["dispatch_database_connections_most"]


@pytest.mark.django_db
def test_a_part_that_is_away_leaves_out_its_own_figures_only(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        found = read(client)
    assert found['dispatch_up{part="redis"}'] == 0
    assert found['dispatch_up{part="database"}'] == 1
    assert "dispatch_streams" not in found
    assert found["dispatch_outbox_rows"] == 0


def test_requests_of_a_web_process_are_counted_without_what_they_asked_for(own_valkey: Valkey, web: int) -> None:
    with redis.Redis.from_url(own_valkey.url) as store:
        store.delete(REQUESTS)
        get(web, f"/t/{'a-secret-of-somebody' * 4}/")
        get(web, "/console/cases/4711/")
        get(web, "/wp-login.php?phone=13800000000")
        get(web, "/healthz")

        def counted() -> dict[str, float]:
            return {name.decode(): float(count) for name, count in store.hgetall(REQUESTS).items()}

        eventually(lambda: sum(count for name, count in counted().items() if name.startswith("n ")) >= 3)
        found = counted()
        assert found["n portal read 4xx"] == found["n console read 3xx"] == found["n other read 4xx"] == 1
        assert all(re.fullmatch(r"[nbs] [a-z]+( (read|write) [1-5]xx| [0-9.]+| \+Inf)?", name) for name in found)
        assert store.hlen(STREAMS) >= 1
    status, _headers, body = get(web, "/metrics")
    assert status == 200
    told = parsed(body.decode())
    assert told['dispatch_requests_total{face="portal",kind="read",status="4xx"}'] == 1
    assert told['dispatch_request_seconds_count{face="portal"}'] == 1
    assert told['dispatch_request_seconds_bucket{face="portal",le="+Inf"}'] == 1
    assert told["dispatch_streams"] == 0
    for word in ("secret", "4711", "wp-login", "138"):
        assert not any(word in name for name in told)  # a name with its labels; a figure may hold any digits


def test_every_path_is_one_of_a_few_words() -> None:
    assert {face_of(path) for path in ("/healthz", "/readyz", "/metrics")} == {""}
    assert (face_of("/"), face_of("/t/x/"), face_of("/report/send/")) == ("portal", "portal", "portal")
    for path in (
        "/console/",
        "/field/x",
        "/api/v1/",
        "/accounts/login/",
        "/%00",
        "",
        "x",
        "//console/",
        "/" + "z" * 99,
    ):
        assert face_of(path) in FACES | {"portal", "other"}


def test_what_redis_did_not_take_is_added_later(own_valkey: Valkey) -> None:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})

    async def nothing() -> Told:
        return {}

    async def forget(_message: Told) -> None:
        return

    counting = Counted(page, lambda: 3)

    async def story() -> None:
        with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
            await counting({"type": "http", "method": "POST", "path": "/field/"}, nothing, forget)
            await counting._add(3)
        with override_settings(REDIS_URL=own_valkey.url):
            await counting({"type": "http", "method": "GET", "path": "/field/"}, nothing, forget)
            await counting._add(3)
            await counting._add(3)

    with redis.Redis.from_url(own_valkey.url) as store:
        store.delete(REQUESTS, STREAMS)
        asyncio.run(story())
        assert store.hget(REQUESTS, "n field write 2xx") == store.hget(REQUESTS, "n field read 2xx") == b"1"
        assert store.hget(REQUESTS, "b field 0.025") == b"2"
        assert [line.split()[0] for line in store.hvals(STREAMS)] == [b"3"]
    assert own_valkey.url != settings.REDIS_URL
