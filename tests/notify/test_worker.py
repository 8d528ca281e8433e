"""The whole way with real Celery workers and beats, killed where it hurts."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from cases.clock.moment import now, pretend
from cases.models import Deadline, Event, Outbox
from dispatch.embedded.valkey import Valkey
from dispatch.notify import hurry
from dispatch.notify.models import Message, MessageState
from dispatch.notify.relay import relay
from tests.cast import make_cast
from tests.notify.conftest import WORKER, Post, celery, eventually, kill
from tests.stage import issued_order

pytestmark = pytest.mark.django_db(transaction=True)
ALL = (*WORKER, "-Q", "sweep,notices,bulk")


@pytest.fixture
def broker(settings: Any, own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(hurry, "_quiet_until", 0.0)
    settings.REDIS_URL = own_valkey.url
    Redis.from_url(own_valkey.url).flushall()
    return own_valkey.url


def ready(child: Any, url: str) -> None:
    """Until the worker has taken a task."""

    def worked() -> bool:
        assert child.poll() is None, "the worker ended"
        hurry.hurry(hurry.RELAY)
        return not Redis.from_url(url).llen("q:notices")

    eventually(worked, seconds=40)


def test_an_event_becomes_messages_within_a_second_or_two_without_any_beat(broker: str) -> None:
    cast = make_cast()
    with celery(broker, *ALL, EMAIL_URL="dummymail://") as worker:
        ready(worker, broker)
        issued_order(cast)
        eventually(lambda: Message.objects.filter(recipient=cast.leader, channel="in_app").exists(), seconds=2)
        eventually(lambda: not Message.objects.exclude(state=MessageState.SENT).exists(), seconds=5)


def test_a_worker_killed_while_it_sends_loses_no_letter(broker: str, post: Post) -> None:
    cast = make_cast()
    issued_order(cast, functions=("market",))
    relay()
    waiting = Message.objects.filter(state=MessageState.WAITING).count()
    post.hang.set()
    with celery(broker, *ALL, EMAIL_URL=post.url) as worker:
        ready(worker, broker)
        hurry.hurry(hurry.SENDER)
        assert post.reached.wait(20)
        kill(worker)
    held = Message.objects.get(state=MessageState.SENDING)
    assert held.attempts == 1
    post.hang.clear()
    post.letters.clear()
    Message.objects.filter(pk=held.pk).update(next_try_at=now())  # two minutes later
    with celery(broker, *ALL, EMAIL_URL=post.url) as worker:
        ready(worker, broker)
        hurry.begun(hurry.SENDER)
        hurry.hurry(hurry.SENDER)
        eventually(lambda: not Message.objects.exclude(state=MessageState.SENT).exists(), seconds=20)
    held.refresh_from_db()
    assert held.attempts == 2
    assert len(post.letters) >= waiting


def test_two_beats_and_two_workers_fire_every_deadline_once(broker: str, tmp_path: Path) -> None:
    cast = make_cast()
    with pretend(now() - timedelta(days=30)):
        order = issued_order(cast, urgency="urgent")
    due = Deadline.objects.filter(state="running", next_at__lte=now()).count()
    assert due > 4
    beats = [("beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={tmp_path / name}") for name in "ab"]
    quick = (*WORKER, "-Q", "sweep,notices,bulk")
    with (
        celery(broker, *beats[0]),
        celery(broker, *beats[1]),
        celery(broker, *quick, "-n", "one@test", EMAIL_URL="dummymail://"),
        celery(broker, *quick, "-n", "two@test", EMAIL_URL="dummymail://"),
    ):
        eventually(lambda: not Deadline.objects.filter(state="running", next_at__lte=now()).exists(), seconds=90)
        eventually(lambda: not Outbox.objects.exists(), seconds=30)
    fired = Counter(
        (event.kind, event.body.split('"deadline":')[1].split(",")[0])
        for event in Event.objects.filter(kind__regex="deadline_|escalated")
    )
    assert len(fired) == due
    assert set(fired.values()) == {1}
    assert order.events.filter(kind="order.escalated").exists()
    assert Message.objects.filter(recipient=cast.supervisor).exists()
