"""Certificates that run out: told 60, 30 and 7 days ahead, and once when it has happened; each once to each reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from cases.clock.moment import now
from dispatch.notify.channels import CHANNELS
from dispatch.notify.models import ChannelName, Message, MessageState
from dispatch.notify.relay import heard
from teams.models import Assignment, Certificate, Role, User
from teams.selectors import in_force, people_with
from teams.selectors.staff import WARN_DAYS

OVER_FOR = timedelta(days=14)
"""So long after the last day it is still news."""


def certificates_tell() -> int:
    """Make the messages of today: to the person, the leaders of the person's squads and the system administrators.

    A certificate with a later one of the same agency beside it is renewed and not spoken of. Safe twice and at once:
    key, channel and reader are unique. Returns how many messages were made.
    """
    today = timezone.localdate(now())
    unrevoked = Certificate.objects.filter(revoked_on__isnull=True)
    later = unrevoked.filter(user=OuterRef("user"), agency=OuterRef("agency"), valid_until__gt=OuterRef("valid_until"))
    rows = Certificate.objects.filter(
        ~Exists(later),
        user__is_active=True,
        revoked_on__isnull=True,
        valid_until__gte=today - OVER_FOR,
        valid_until__lte=today + timedelta(days=WARN_DAYS[0]),
    ).select_related("user")
    made = [message for row in rows.order_by("pk") for message in _messages(row, today)]
    keys = {message.key for message in made}
    known = set(Message.objects.filter(key__in=keys).values_list("key", "channel", "recipient_id"))
    fresh = [one for one in made if (one.key, one.channel, one.recipient_id) not in known]
    if fresh:
        with transaction.atomic():
            Message.objects.bulk_create(fresh, ignore_conflicts=True)
            ids = sorted({message.recipient_id for message in fresh})
            transaction.on_commit(lambda: [hear(ids) for hear in heard], robust=True)
    return len(fresh)


def _messages(row: Certificate, today: date) -> Iterable[Message]:
    left = (row.valid_until - today).days
    step = "over" if left < 0 else str(min(day for day in WARN_DAYS if left <= day))
    key = f"certificate:{row.pk}:{step}:{row.valid_until.isoformat()}"
    params = {
        "number": row.number,
        "name": row.user.name,
        "day": row.valid_until.isoformat(),
        "left": left,
        "person": row.user_id,
    }
    moment = now()
    for reader in _readers(row.user, today):
        for name in (ChannelName.IN_APP, ChannelName.EMAIL):
            channel = CHANNELS[name.value]
            if not channel.reaches(reader):
                continue
            waits = channel.needs_sending
            yield Message(
                key=key,
                channel=name,
                recipient=reader,
                text="certificate_over" if left < 0 else "certificate_soon",
                params=params,
                state=MessageState.WAITING if waits else MessageState.SENT,
                next_try_at=moment if waits else None,
                created_at=moment,
                sent_at=None if waits else moment,
            )


def _readers(person: User, today: date) -> list[User]:
    found = {person.pk: person}
    squads = Assignment.objects.filter(in_force(today), user=person, squad__isnull=False)
    for squad_id in squads.values_list("squad_id", flat=True):
        found |= {user.pk: user for user in people_with(Role.SQUAD_LEADER, squad_id=squad_id)}
    found |= {user.pk: user for user in people_with(Role.SYSTEM_ADMIN)}
    return [found[pk] for pk in sorted(found)]
