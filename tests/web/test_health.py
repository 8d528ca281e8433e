"""Alive and ready are two questions."""

from __future__ import annotations

import json
import time

import pytest
import redis
from django.conf import settings
from django.test import Client, override_settings

from dispatch.celery import app, heartbeat
from dispatch.embedded import HEARTBEAT_KEY
from dispatch.embedded.valkey import Valkey
from tests.web.conftest import get


def test_alive_touches_nothing(client: Client) -> None:  # no database in this test: a query would fail it
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_needs_signs_of_life_of_worker_and_beat(own_valkey: Valkey, client: Client) -> None:
    with override_settings(REDIS_URL=own_valkey.url), redis.Redis.from_url(own_valkey.url) as store:
        store.delete(HEARTBEAT_KEY + "worker", HEARTBEAT_KEY + "beat")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            503,
            {"status": "down", "database": "ok", "redis": "ok", "worker": "down", "beat": "down"},
        )
        heartbeat()  # what the worker does when beat's task arrives
        store.set(HEARTBEAT_KEY + "beat", time.time())
        assert (client.get("/readyz").status_code, client.get("/readyz").json()["status"]) == (200, "ok")
        store.set(HEARTBEAT_KEY + "beat", time.time() - 3600)
        assert client.get("/readyz").json()["beat"] == "down"


@pytest.mark.django_db
def test_ready_says_at_once_that_redis_is_away(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["redis"], answer.json()["database"]) == (503, "down", "ok")


def test_ready_says_that_the_database_is_away(own_valkey: Valkey) -> None:
    from tests.web.conftest import web_process

    with web_process(own_valkey.url, DATABASE_URL="postgres://nobody:x@127.0.0.1:9/none") as port:
        assert get(port, "/healthz")[0] == 200
        status, _, body = get(port, "/readyz")
        assert (status, json.loads(body)["database"]) == (503, "down")
        status, headers, body = get(port, "/api/v1/cases/", {"Authorization": "Bearer co_x", "Accept-Language": "en"})
        told = json.loads(body)
        assert (status, told["code"], headers["retry-after"]) == (503, "unavailable", "5")
        assert "Idempotency-Key" in told["detail"]


def test_every_periodic_task_expires_and_goes_to_a_queue_that_is_read() -> None:
    """Beats that pile up while the worker is away must not run one after another when it is back."""
    queues = {queue.name for queue in app.conf.task_queues}
    for name, entry in app.conf.beat_schedule.items():
        options = entry.get("options", {})
        assert options.get("expires"), name
        assert options.get("queue", app.conf.task_default_queue) in queues, name


def test_answers_carry_the_strict_headers(web: int) -> None:
    _, headers, _ = get(web, "/healthz")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"  # a private link never leaves for another site
    assert headers["x-frame-options"] == "DENY"
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert "server" not in headers
    assert settings.DATABASES["default"]["CONN_MAX_AGE"] is None
