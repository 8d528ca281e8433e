"""A webhook that was paused by itself is told to those who can mend it: its account and the administrators."""

from __future__ import annotations

from django.db import transaction

from cases.clock.moment import now
from dispatch.notify.channels import CHANNELS
from dispatch.notify.models import ChannelName, Message, MessageState, Webhook
from dispatch.notify.relay import heard
from teams.models import Role, User
from teams.selectors import people_with


def paused_tell(hook: Webhook) -> None:
    """One message a reader and channel, in the transaction of the pause."""
    moment = now()
    key = f"webhook:{hook.pk}:{moment:%Y%m%dT%H%M%S}"
    params = {"name": hook.name, "webhook": hook.pk, "webhook_cause": hook.pause_cause}
    fresh = []
    for reader in _readers(hook):
        for name in (ChannelName.IN_APP, ChannelName.EMAIL):
            channel = CHANNELS[name.value]
            if not channel.reaches(reader):
                continue
            waits = channel.needs_sending
            fresh.append(
                Message(
                    key=key,
                    channel=name,
                    recipient=reader,
                    text="webhook_paused",
                    params=params,
                    state=MessageState.WAITING if waits else MessageState.SENT,
                    next_try_at=moment if waits else None,
                    created_at=moment,
                    sent_at=None if waits else moment,
                )
            )
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    ids = sorted({message.recipient_id for message in fresh})
    transaction.on_commit(lambda: [hear(ids) for hear in heard], robust=True)


def _readers(hook: Webhook) -> list[User]:
    found = {user.pk: user for user in people_with(Role.SECURITY_ADMIN)}
    found |= {user.pk: user for user in people_with(Role.SYSTEM_ADMIN)}
    if hook.user.is_active:
        found[hook.user_id] = hook.user
    return [found[pk] for pk in sorted(found)]
