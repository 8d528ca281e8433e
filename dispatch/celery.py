"""Celery: the alarm clock. Everything it hurries, a sweep guarantees; losing Redis loses nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from importlib import import_module
from typing import Any

from celery import Celery, signals
from kombu import Queue
from redis import Redis
from redis.exceptions import RedisError

from dispatch.embedded import HEARTBEAT_KEY
from dispatch.embedded.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")
# The preparation has checked; here three processes would each import every page to check once more.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from django.conf import settings

QUEUES = ("sweep", "notices", "bulk")
HEARTBEAT_SECONDS = 10

app = Celery("dispatch")
app.conf.update(
    broker_url=settings.REDIS_URL,
    # A task of a killed worker comes back after the visibility timeout, looked for at every restore interval.
    broker_transport_options={
        "visibility_timeout": 120,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "health_check_interval": 10,
        "global_keyprefix": "q:",
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_publish_retry=False,
    task_time_limit=100,
    task_soft_time_limit=90,
    task_default_queue="sweep",
    task_queues=[Queue(name) for name in QUEUES],
    task_routes={
        "notify.webhooks*": {"queue": "bulk"},  # a receiver that lets us wait never blocks a relay
        "notify.*": {"queue": "notices"},
        "cases.file*": {"queue": "bulk"},  # photos and imports never block a relay
        "cases.import*": {"queue": "bulk"},
        "insights.*": {"queue": "bulk"},
        "cases.doubles*": {"queue": "bulk"},
        "cases.nights*": {"queue": "bulk"},
        "dispatch.retain": {"queue": "bulk"},
    },
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_max_tasks_per_child=1000,
    timezone=settings.TIME_ZONE,
    beat_schedule={
        "heartbeat": {
            "task": "dispatch.heartbeat",
            "schedule": HEARTBEAT_SECONDS,
            "options": {"queue": "sweep", "expires": HEARTBEAT_SECONDS * 2},
        },
        # Each task of a sweep expires before it would pile up: two beats, or a worker that was away, do no harm.
        **{
            task: {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": seconds * 2}}
            for task, seconds, queue in (
                ("notify.outbox_relay", 5, "notices"),
                ("notify.messages_send", 10, "notices"),
                ("cases.deadlines_sweep", 10, "sweep"),
                ("cases.files_sweep", 5, "bulk"),
                ("cases.imports_sweep", 5, "bulk"),
                ("cases.nights_sweep", 60, "bulk"),  # begins from one o'clock on; goes on whenever a run is under way
                ("cases.files_drop_abandoned", 600, "bulk"),
                ("cases.import_uploads_sweep", 3600, "bulk"),
                ("notify.certificates_sweep", 3600, "notices"),
                ("notify.nights_sweep", 300, "notices"),
                ("notify.webhooks_post", 10, "bulk"),
                ("notify.webhooks_forget", 3600, "bulk"),
                ("insights.rollup_sweep", 3600, "bulk"),
                ("cases.doubles_sweep", 6 * 3600, "bulk"),
                ("dispatch.retain", 1800, "bulk"),  # every half hour of the night: what it leaves, the next one takes
                ("dispatch.sessions_clear", 3600, "sweep"),
                ("api.sendings_forget", 3600, "sweep"),
            )
        },
    },
)
app.autodiscover_tasks()


def _sign_of_life(part: str) -> None:
    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    with contextlib.suppress(RedisError, OSError), redis:
        redis.set(HEARTBEAT_KEY + part, time.time(), ex=HEARTBEAT_SECONDS * 6)


@app.task(name="dispatch.heartbeat")
def heartbeat() -> None:
    """A worker took a task that beat sent: both are alive. Read by ``/readyz``."""
    _sign_of_life("worker")


@app.task(name="dispatch.sessions_clear")
def sessions_clear() -> None:
    """Sessions past their time go, and with them the words of reports begun and never sent."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@signals.after_task_publish.connect(sender="dispatch.heartbeat")
def beat_published(**_kwargs: Any) -> None:
    _sign_of_life("beat")


@signals.beat_init.connect
def beat_started(**_kwargs: Any) -> None:
    heartbeat.delay()  # not after the first ten seconds: a start is ready when both have answered


@signals.worker_process_init.connect
def pool_started(**_kwargs: Any) -> None:
    """A pool process dies with its worker, or a killed worker would leave it behind with its task."""
    die_with_parent(signal.SIGKILL, parent=os.getppid())()
