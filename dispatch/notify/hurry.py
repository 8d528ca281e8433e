"""Hurrying a sweep: a task put on its queue by one raw Redis write, which may fail and never makes anybody wait.

A Celery publish to a dead broker costs 0.7 s; this costs 50 ms once and then nothing for two seconds. What is lost
here is done by the sweep of the same name a few seconds later.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from functools import lru_cache
from typing import Any

from django.conf import settings
from kombu.serialization import dumps
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from cases.models import Event
from dispatch.celery import app
from dispatch.notify.gather import after_commit

RELAY, SENDER, POSTER = "notify.outbox_relay", "notify.messages_send", "notify.webhooks_post"
QUEUE = "notices"
TIMEOUT = 0.05  # seconds
REST = 2.0  # seconds without a try after a failure
STANDS_FOR = 5_000  # ms in which one task on the queue stands for all; the task lifts it when it begins
EXPIRES = 30  # seconds after which a task that nobody took is worth nothing: sweeps have run since

_quiet_until = 0.0


def on_event(sender: object, event: Event, **_kwargs: object) -> None:
    """Receiver of ``event_recorded``."""
    after_commit(_relay, event)


def _relay(_events: list[Event]) -> None:
    hurry(RELAY)


def hurry(task: str, *, queue: str = QUEUE) -> bool:
    """Put a task without arguments on its queue, unless one stands there. Never raises; False when it could not."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    try:
        # One task on the queue at a time: a flood of events must not become a flood of tasks, nor of words for them.
        # Whoever dies between the two leaves it to the sweep.
        redis = _redis(settings.REDIS_URL)
        if redis.set(_mark(task), "1", nx=True, px=STANDS_FOR):
            redis.lpush(_prefix() + queue, _message(task, queue))
    except (RedisError, OSError):
        _quiet_until = time.monotonic() + REST
        return False
    return True


def begun(task: str) -> None:
    """The task has begun: whatever commits from now on may ask for another run."""
    try:
        _redis(settings.REDIS_URL).delete(_mark(task))
    except (RedisError, OSError):
        return


def _mark(task: str) -> str:
    return f"hurry:{task}"


def _prefix() -> str:
    return str(app.conf.broker_transport_options.get("global_keyprefix", ""))


@lru_cache(maxsize=4)
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0))


def _message(task: str, queue: str) -> str:
    """The task as kombu's Redis transport writes it into the queue's list."""
    made: Any = app.amqp.as_task_v2(str(uuid.uuid4()), task, args=(), kwargs={}, expires=EXPIRES)
    content_type, encoding, body = dumps(made.body, serializer="json")
    raw = body if isinstance(body, bytes) else body.encode()
    return json.dumps(
        {
            "body": base64.b64encode(raw).decode(),
            "content-encoding": encoding,
            "content-type": content_type,
            "headers": made.headers,
            "properties": {
                **made.properties,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        },
        default=str,
    )
