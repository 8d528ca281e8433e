"""What a monitor is told. Each part is asked by itself: what is away leaves its own figures out, and no others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from redis.exceptions import RedisError

from cases.clock.moment import now
from cases.models import Deadline, DeadlineState, File, FileState, ImportRun, Outbox, RunState
from cases.services.stores import store
from dispatch.celery import QUEUES, app
from dispatch.notify.models import Delivery, Message, MessageState
from dispatch.web.health import states
from dispatch.web.metrics.counting import BUCKETS, FORGOTTEN, REQUESTS, STREAMS, short

log = structlog.get_logger(__name__)

Sample = tuple[str, dict[str, str], float]
"""What is put behind the name, labels, value."""
PATIENCE_MS = 3000
"""For one statement: a monitor that waits makes a slow database no faster."""
UNSENT = (MessageState.WAITING, MessageState.SENDING)


@dataclass(slots=True)
class Figure:
    """``kind`` is Prometheus's."""

    name: str
    help: str
    kind: str = "gauge"
    samples: list[Sample] = field(default_factory=list)

    def add(self, value: float, /, **labels: str) -> Figure:
        self.samples.append(("", labels, value))
        return self


def figures() -> list[Figure]:
    """Everything that could be found out within a few seconds."""
    found: list[Figure] = []
    for part in (_parts, _redis, _database, _disk):
        try:
            found += part()
        except (DatabaseError, RedisError, OSError) as error:
            log.warning("metrics_missing", part=part.__name__, error=type(error).__name__)
    return found


def _parts() -> Iterable[Figure]:
    up = Figure("dispatch_up", "Whether a part answers (1) or is down (0).")
    for part, state in states().items():
        up.add(state == "ok", part=part)
    return [up]


def _redis() -> Iterable[Figure]:
    prefix = str(app.conf.broker_transport_options.get("global_keyprefix", ""))
    with short(settings.REDIS_URL) as redis, redis.pipeline(transaction=False) as pipe:
        for queue in QUEUES:
            pipe.llen(prefix + queue)
        pipe.hlen(f"{prefix}unacked").hgetall(REQUESTS).hgetall(STREAMS)
        *lengths, taken, counts, streams = pipe.execute()
    tasks = Figure("dispatch_queue_tasks", "Tasks that stand in a queue.")
    for queue, length in zip(QUEUES, lengths, strict=True):
        tasks.add(length, queue=queue)
    unfinished = Figure("dispatch_queue_unfinished", "Tasks that a worker has and has not finished.").add(taken)
    told = [line.decode().split() for line in streams.values()]
    listening = sum(int(count) for count, at in told if time.time() - int(at) < FORGOTTEN)
    opened = Figure("dispatch_streams", "Live streams that are open.").add(listening)
    return [tasks, unfinished, opened, *_requests({name.decode(): float(count) for name, count in counts.items()})]


def _requests(counts: dict[str, float]) -> Iterable[Figure]:
    total = Figure("dispatch_requests_total", "Requests answered, since Redis was empty.", "counter")
    spent = Figure("dispatch_request_seconds", "From a complete request to its whole answer.", "histogram")
    for name in sorted(counts):
        kind, *rest = name.split()
        if kind == "n":
            face, act, status = rest
            total.add(counts[name], face=face, kind=act, status=status)
        elif kind == "s":
            (face,) = rest
            edges = [str(edge) for edge in (*BUCKETS, "+Inf")]
            sums = list(accumulate(counts.get(f"b {face} {edge}", 0) for edge in edges))
            spent.samples += [
                ("_bucket", {"face": face, "le": edge}, below) for edge, below in zip(edges, sums, strict=True)
            ]
            spent.samples += [("_sum", {"face": face}, counts[name]), ("_count", {"face": face}, sums[-1])]
    return [total, spent]


def _database() -> Iterator[Figure]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        for part in (_outbox, _messages, _deadlines, _waiting, _connections):
            yield from part(now())


def _outbox(moment: datetime) -> Iterable[Figure]:
    asked = Outbox.objects.aggregate(
        rows=Count("pk", filter=Q(set_aside_at__isnull=True)),
        aside=Count("pk", filter=Q(set_aside_at__isnull=False)),
        oldest=Min("event__at", filter=Q(set_aside_at__isnull=True)),
        untried=Min("event__at", filter=Q(set_aside_at__isnull=True, attempts=0)),
    )
    return [
        Figure("dispatch_outbox_rows", "Events that nobody has been told of yet.").add(asked["rows"]),
        Figure("dispatch_outbox_set_aside", "Events that failed too often and wait for a person.").add(asked["aside"]),
        Figure("dispatch_outbox_age_seconds", "Age of the oldest event in the outbox.").add(
            _age(asked["oldest"], moment)
        ),
        Figure("dispatch_relay_lag_seconds", "Age of the oldest event that the relay has not tried yet.").add(
            _age(asked["untried"], moment)
        ),
    ]


def _messages(moment: datetime) -> Iterable[Figure]:
    waiting = Figure("dispatch_messages_due", "Messages and calls of webhooks that should have gone out.")
    failed = Figure("dispatch_messages_failed", "Those that were given up and wait for a person.")
    late = Figure("dispatch_messages_late_seconds", "How long the longest of them is due.")
    kinds: tuple[tuple[str, QuerySet[Message] | QuerySet[Delivery]], ...] = (
        ("message", Message.objects.all()),
        ("webhook", Delivery.objects.all()),
    )
    for kind, rows in kinds:
        due = rows.filter(state__in=UNSENT, next_try_at__lte=moment)
        asked = due.aggregate(rows=Count("pk"), first=Min("next_try_at"))
        waiting.add(asked["rows"], kind=kind)
        late.add(_age(asked["first"], moment), kind=kind)
        failed.add(rows.filter(state=MessageState.FAILED).count(), kind=kind)
    return [waiting, late, failed]


def _deadlines(moment: datetime) -> Iterable[Figure]:
    running = Deadline.objects.filter(state=DeadlineState.RUNNING)
    due = running.filter(next_at__lte=moment).aggregate(rows=Count("pk"), first=Min("next_at"))
    overdue = running.filter(due_at__lt=moment).count()
    broken = running.filter(sweep_errors__gt=0).count()
    return [
        Figure("dispatch_deadlines_unchased", "Deadlines whose next step has come and is not taken.").add(due["rows"]),
        Figure("dispatch_deadlines_lag_seconds", "How long the longest of them waits.").add(_age(due["first"], moment)),
        Figure("dispatch_deadlines_late", "Running deadlines that have passed: work that is late.").add(overdue),
        Figure("dispatch_deadlines_broken", "Deadlines that a sweep could not chase.").add(broken),
    ]


def _waiting(_moment: datetime) -> Iterable[Figure]:
    photos = File.objects.filter(state=FileState.STORED).count()
    imports = ImportRun.objects.filter(state=RunState.RUNNING).count()
    return [
        Figure("dispatch_photos_waiting", "Photos whose copies are not made yet.").add(photos),
        Figure("dispatch_imports_running", "Files of the hotline that are being taken up.").add(imports),
    ]


def _connections(_moment: datetime) -> Iterable[Figure]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'"
        )
        used, most = cursor.fetchone()
    return [
        Figure("dispatch_database_connections", "Connections of the whole database server.").add(used),
        Figure("dispatch_database_connections_most", "How many it allows.").add(most),
    ]


def _disk() -> Iterable[Figure]:
    room = store().room()
    if room is None:
        return []
    return [
        Figure("dispatch_media_free_bytes", "Room that is left for photos.").add(room[0]),
        Figure("dispatch_media_size_bytes", "Size of the disk that they are on.").add(room[1]),
    ]


def _age(since: datetime | None, moment: datetime) -> float:
    """Seconds; none where nothing waits."""
    return max(0.0, (moment - since).total_seconds()) if since else 0.0
