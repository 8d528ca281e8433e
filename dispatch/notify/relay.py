"""Outbox → messages and deliveries. One transaction makes them and deletes the row: nothing is lost or made twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from cases.clock.moment import now
from cases.models import Outbox
from dispatch.notify.audience import Notice, notices
from dispatch.notify.channels import CHANNELS
from dispatch.notify.models import ChannelName, Message, MessageState
from dispatch.notify.people import People
from dispatch.notify.webhooks.spread import spread

log = structlog.get_logger(__name__)

BATCH = 200
TRIES = 6
PAUSE = timedelta(seconds=10)  # doubled at every further failure
BUNDLE_FOR = timedelta(hours=1)

heard: list[Callable[[Sequence[int]], None]] = []
"""Called after the commit with the ids of people who have something new to read (the live stream hints to them)."""


@dataclass(slots=True)
class Relayed:
    """What one batch did: outbox rows taken, messages that need sending, deliveries to call, rows that failed."""

    taken: int = 0
    to_send: int = 0
    to_post: int = 0
    failed: int = 0


def relay(*, limit: int = BATCH) -> Relayed:
    """Turn one batch of the outbox into messages; others relaying at the same time take other rows.

    1. claim due rows; 2. make the messages of all of them, and delete them; 3. if that fails, row by row, so that the
    bad one is found: it is tried again later, at last set aside for an administrator, and never holds its neighbours.
    """
    done = Relayed()
    with transaction.atomic():
        rows = list(
            Outbox.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event__order__target", "event__case__target")
            .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now()), set_aside_at__isnull=True)
            .order_by("event_id")[:limit]
        )
        if not rows:
            return done
        done.taken = len(rows)
        try:
            with transaction.atomic():
                _relay_rows(rows, done)
        except Exception:  # whichever row it was, the single passes below find it
            for row in rows:
                try:
                    with transaction.atomic():
                        _relay_rows([row], done)
                except Exception as error:
                    _put_off(row, error)
                    done.failed += 1
    return done


def _relay_rows(rows: Sequence[Outbox], done: Relayed) -> None:
    people = People()
    moment = now()
    fresh: list[Message] = []
    bundles: dict[tuple[str, int], Message] = {}
    for row in rows:
        for notice in notices(row.event, people):
            for user_id in sorted(notice.to):
                for message in _messages(row, notice, user_id, people, moment):
                    first = bundles.get((notice.bundle, user_id)) if notice.bundle else None
                    if first is not None:
                        first.more += 1
                        continue
                    if notice.bundle:
                        bundles[(notice.bundle, user_id)] = message
                    fresh.append(message)
    counted = _count_on(bundles, moment)
    fresh = [message for message in fresh if id(message) not in counted]
    Message.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    to_post = spread(rows, moment)
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).delete()
    ids = sorted({message.recipient_id for message in (*fresh, *bundles.values())})
    if ids:
        transaction.on_commit(lambda: _tell(ids), robust=True)
    done.to_send += sum(message.state == MessageState.WAITING for message in fresh)
    done.to_post += to_post


def _messages(row: Outbox, notice: Notice, user_id: int, people: People, moment: datetime) -> Iterable[Message]:
    wanted = [ChannelName.IN_APP, *([ChannelName.EMAIL] if notice.email and not notice.bundle else [])]
    for name in wanted:
        channel = CHANNELS[name.value]
        if not channel.reaches(people.user(user_id)):
            continue
        waits = channel.needs_sending
        yield Message(
            event_id=row.event_id,
            channel=name,
            recipient_id=user_id,
            text=notice.text,
            params=dict(notice.params),
            bundle=notice.bundle,
            state=MessageState.WAITING if waits else MessageState.SENT,
            next_try_at=moment if waits else None,
            created_at=moment,
            sent_at=None if waits else moment,
        )


def _count_on(bundles: dict[tuple[str, int], Message], moment: datetime) -> set[int]:
    """Let young unread messages of the same bundle speak for the new ones; gives back the ``id()`` of those."""
    if not bundles:
        return set()
    standing = Message.objects.filter(
        recipient_id__in={user_id for _bundle, user_id in bundles},
        bundle__in={bundle for bundle, _user_id in bundles},
        channel=ChannelName.IN_APP,
        read_at__isnull=True,
        created_at__gt=moment - BUNDLE_FOR,
    ).values_list("bundle", "recipient_id", "pk")
    by_key = {(bundle, user_id): pk for bundle, user_id, pk in standing}
    counted: set[int] = set()
    steps: dict[int, list[int]] = defaultdict(list)
    for key, message in bundles.items():
        if key in by_key:
            counted.add(id(message))
            steps[message.more + 1].append(by_key[key])
    for step, ids in steps.items():
        Message.objects.filter(pk__in=ids).update(more=F("more") + step)
    return counted


def _put_off(row: Outbox, error: Exception) -> None:
    row.attempts += 1
    row.last_error = f"{type(error).__name__}: {error}"[:200]
    row.next_try_at = now() + PAUSE * 2 ** (row.attempts - 1)
    if row.attempts >= TRIES:
        row.set_aside_at = now()
        log.error("outbox_set_aside", row=row.event_id, error=type(error).__name__)
    row.save(update_fields=["attempts", "last_error", "next_try_at", "set_aside_at"])


def _tell(user_ids: Sequence[int]) -> None:
    for hear in heard:
        hear(user_ids)
