"""What a person has been told, and what an administrator sees of all messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases import policies
from cases.models import Outbox
from dispatch.notify.models import ChannelName, Message
from dispatch.notify.texts import render
from teams.policies import Actor
from teams.statements import Slot, Statement

PAGE = 50
UNREAD_CAP = 100
"""``unread_count`` counts to here: the badge says "99+"."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A line of the inbox; ``subject``, ``case``, ``order``, ``person``, ``webhook`` or ``night``, is what the face
    links to."""

    id: int
    words: str
    at: datetime
    read: bool
    subject: str
    subject_id: int


def inbox(actor: Actor, *, language: str, before: int | None = None, limit: int = PAGE) -> list[Notification]:
    """The person's messages, newest first; ``before`` is the id of the last one of the page before."""
    rows = Message.objects.filter(recipient_id=actor.user_id, channel=ChannelName.IN_APP)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        Notification(
            id=row.pk,
            words=render(row.text, row.params, language, more=row.more),
            at=row.created_at,
            read=row.read_at is not None,
            subject=_subject(row)[0],
            subject_id=_subject(row)[1],
        )
        for row in rows.select_related("event").defer("event__body").order_by("-pk")[:limit]
    ]


def _subject(row: Message) -> tuple[str, int]:
    if row.event is None:
        about = next((name for name in ("webhook", "night") if name in row.params), "person")
        return about, int(row.params.get(about, 0))
    return ("case", row.event.case_id) if row.event.case_id is not None else ("order", row.event.order_id or 0)


def unread_count(actor: Actor) -> int:
    """Unread messages, counted to ``UNREAD_CAP``."""
    if actor.user_id is None:
        return 0
    return len(UNREAD(reader=actor.user_id))


UNREAD: Statement[int] = Statement(
    lambda: Message.objects.filter(
        recipient_id=Slot("reader"), channel=ChannelName.IN_APP, read_at__isnull=True
    ).values_list("pk", flat=True)[:UNREAD_CAP]
)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A line of the administrator's list."""

    message: Message
    words: str
    recipient: str
    number: str


def messages(
    actor: Actor,
    *,
    language: str,
    state: str = "",
    channel: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> list[MessageRow]:
    """All messages with state, attempts and last error, newest first. Needs the right ``message.view``."""
    policies.require(actor, "message.view")
    rows = Message.objects.select_related("recipient", "event__case", "event__order").defer("event__body")
    if state:
        rows = rows.filter(state=state)
    if channel:
        rows = rows.filter(channel=channel)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        MessageRow(
            message=row,
            words=render(row.text, row.params, language, more=row.more),
            recipient=str(row.recipient),
            number=str(row.event.case or row.event.order) if row.event else "",
        )
        for row in rows.order_by("-pk")[:limit]
    ]


def stuck(actor: Actor, *, limit: int = PAGE) -> list[Outbox]:
    """Events that could not be relayed: set aside, or failed and waiting for another try. Needs ``message.view``."""
    policies.require(actor, "message.view")
    rows = Outbox.objects.filter(attempts__gt=0).select_related("event__case", "event__order")
    return list(rows.order_by("-attempts", "-event_id")[:limit])
