"""Messages about something that is no event of the journal: said once a key, channel and reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from cases.clock.moment import now
from dispatch.notify.channels import CHANNELS
from dispatch.notify.models import ChannelName, Message, MessageState
from dispatch.notify.relay import heard
from teams.models import User


def tell(*, key: str, text: str, params: Mapping[str, Any], readers: Iterable[User], email: bool = True) -> None:
    """In the system and, with ``email``, by e-mail, in the caller's transaction. Safe twice."""
    moment = now()
    fresh = []
    for reader in sorted(readers, key=lambda user: user.pk):
        for name in (ChannelName.IN_APP, ChannelName.EMAIL) if email else (ChannelName.IN_APP,):
            channel = CHANNELS[name.value]
            if not channel.reaches(reader):
                continue
            waits = channel.needs_sending
            fresh.append(
                Message(
                    key=key,
                    channel=name,
                    recipient=reader,
                    text=text,
                    params=dict(params),
                    state=MessageState.WAITING if waits else MessageState.SENT,
                    next_try_at=moment if waits else None,
                    created_at=moment,
                    sent_at=None if waits else moment,
                )
            )
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    ids = sorted({message.recipient_id for message in fresh})
    transaction.on_commit(lambda: [hear(ids) for hear in heard], robust=True)
