"""The nudge: one raw write after the commit, coalesced, harmless without Redis."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from cases.services import casefile
from dispatch.embedded.process import free_port
from dispatch.embedded.valkey import Valkey
from dispatch.notify import hurry, tasks
from dispatch.notify.models import Message
from dispatch.notify.relay import relay
from teams.policies import SYSTEM
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "q:notices"


@pytest.fixture
def redis(settings: Any, own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Redis:
    monkeypatch.setattr(hurry, "_quiet_until", 0.0)
    settings.REDIS_URL = own_valkey.url
    client = Redis.from_url(own_valkey.url)
    client.flushall()
    return client


def receive(cast: Cast, count: int = 1) -> None:
    with transaction.atomic():
        for _ in range(count):
            casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")


def test_a_transaction_of_many_events_puts_one_task_on_the_queue(redis: Redis) -> None:
    cast = make_cast()
    receive(cast, 20)
    receive(cast)
    assert redis.llen(QUEUE) == 1, "one stands for all until it begins"
    hurry.begun(hurry.RELAY)
    receive(cast)
    assert redis.llen(QUEUE) == 2, "what commits after the task began asks anew"


def test_a_relay_that_follows_another_takes_what_comes_meanwhile(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commits while it waits asks for no task of its own, and is taken."""
    cast = make_cast()
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        receive(cast)

    monkeypatch.setattr(tasks, "_began", 0.0)
    monkeypatch.setattr("dispatch.notify.tasks.time.sleep", rest)
    receive(cast)
    assert (tasks.outbox_relay(), tasks.outbox_relay()) == (2, 1)
    assert rests[0] == 0
    assert 0 < rests[1] <= tasks.REST
    assert redis.llen(QUEUE) == 2, "those of the first rest stood behind the task that ran; the second asked anew"


def test_a_transaction_rolled_back_asks_for_nothing(redis: Redis) -> None:
    cast = make_cast()
    with transaction.atomic():
        receive(cast)
        transaction.set_rollback(True)
    assert redis.llen(QUEUE) == 0


def test_without_redis_a_write_takes_no_longer_and_the_sweep_relays_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast()
    monkeypatch.setattr(hurry, "_quiet_until", 0.0)
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    receive(cast)
    assert not hurry.hurry(hurry.RELAY)
    assert hurry._quiet_until > time.monotonic(), "after a failure nobody tries for a while"
    assert relay().taken == 1
    assert Message.objects.filter(recipient=cast.dispatcher).exists()


def test_a_redis_that_does_not_answer_costs_its_timeout_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setattr(hurry, "_quiet_until", 0.0)
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        assert not hurry.hurry(hurry.RELAY)
        assert hurry._quiet_until > time.monotonic()
        assert _asked(deaf) == 1
        monkeypatch.setattr(hurry, "_quiet_until", time.monotonic() + 3600)
        assert not hurry.hurry(hurry.RELAY)
        assert _asked(deaf) == 0


def _asked(deaf: socket.socket) -> int:
    """How many came to this door since it was last looked at."""
    deaf.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            deaf.accept()[0].close()
            count += 1
    return count
