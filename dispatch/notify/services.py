"""What people do with messages."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from cases import policies
from cases.clock.moment import now
from cases.models import Outbox
from dispatch.notify import hurry
from dispatch.notify.models import ChannelName, Message, MessageState
from teams.policies import Actor


def messages_mark_read(*, actor: Actor, ids: Iterable[int] | None = None) -> int:
    """Mark the person's own messages read, all of them without ``ids``. Returns how many were unread."""
    rows = Message.objects.filter(recipient_id=actor.user_id, channel=ChannelName.IN_APP, read_at__isnull=True)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=now())


def message_retry(*, actor: Actor, message_id: int) -> bool:
    """Let a failed message be tried anew. False when it is not failed (any more)."""
    policies.require(actor, "message.retry")
    with transaction.atomic():
        taken = Message.objects.filter(pk=message_id, state=MessageState.FAILED).update(
            state=MessageState.WAITING, attempts=0, next_try_at=now()
        )
        transaction.on_commit(lambda: hurry.hurry(hurry.SENDER), robust=True)
    return bool(taken)


def outbox_retry(*, actor: Actor, event_id: int) -> bool:
    """Let an event that was set aside be relayed anew. False when it is not set aside (any more)."""
    policies.require(actor, "message.retry")
    with transaction.atomic():
        taken = Outbox.objects.filter(pk=event_id, set_aside_at__isnull=False).update(
            set_aside_at=None, attempts=0, next_try_at=None
        )
        transaction.on_commit(lambda: hurry.hurry(hurry.RELAY), robust=True)
    return bool(taken)
