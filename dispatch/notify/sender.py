"""Messages → channels. The claim is a short transaction of its own: nobody holds a lock while the network answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from cases.clock.moment import now
from dispatch.notify.channels import CHANNELS, Letter, TransportError
from dispatch.notify.models import Message, MessageState
from dispatch.notify.texts import render

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # after which a sender that said nothing is taken for dead
PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
TRIES = len(PAUSES) + 1


@dataclass(slots=True)
class Sent:
    """What one round did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0


def send_due(*, limit: int = 100, seconds: float = 20.0) -> Sent:
    """Send what is due, one message after the other, for at most so long. Two senders take different messages.

    A message may reach its reader twice when a sender dies between sending and writing that down, never not at all.
    """
    done = Sent()
    down: set[str] = set()
    end = time.monotonic() + seconds
    for _round in range(limit):
        if time.monotonic() > end:
            break
        message = _claim(down)
        if message is None:
            break
        try:
            CHANNELS[message.channel].send(_letter(message))
        except TransportError as error:
            if error.channel_down:
                down.add(message.channel)
            _record_failure(message, str(error), permanent=error.permanent, done=done)
        except Exception as error:  # a broken row or channel: put off like the rest, shown with its error
            log.exception("message_broken", message=message.pk)
            _record_failure(message, f"{type(error).__name__}: {error}", permanent=False, done=done)
        else:
            done.sent += _settle(message, state=MessageState.SENT, sent_at=now(), next_try_at=None, last_error="")
    return done


def _claim(down: set[str]) -> Message | None:
    """Take the message that is due longest: waiting for its try, or left by a sender whose lease has ended."""
    while True:
        with transaction.atomic():
            message = (
                Message.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("recipient")
                .filter(state__in=(MessageState.WAITING, MessageState.SENDING), next_try_at__lte=now())
                .exclude(channel__in=down)
                .order_by("next_try_at", "pk")
                .first()
            )
            if message is None:
                return None
            if message.attempts >= TRIES:  # every sender that took it died: it may be what kills them
                message.state, message.next_try_at = MessageState.FAILED, None
                message.last_error = message.last_error or "its senders did not come back"
                message.save(update_fields=["state", "next_try_at", "last_error"])
                continue
            message.state = MessageState.SENDING
            message.attempts += 1
            message.next_try_at = now() + LEASE
            message.save(update_fields=["state", "attempts", "next_try_at"])
            return message


def _letter(message: Message) -> Letter:
    reader = message.recipient
    with translation.override(reader.language):
        line = render(message.text, message.params, reader.language, more=message.more)
        context = {"line": line, "name": reader.name, "site": settings.SITE_URL}
        return Letter(
            key=f"message-{message.pk}",
            recipient=reader,
            subject=" ".join(render_to_string("messages/email_subject.txt", context).split()),
            body=render_to_string("messages/email.txt", context),
        )


def _record_failure(message: Message, error: str, *, permanent: bool, done: Sent) -> None:
    if permanent or message.attempts >= TRIES:
        done.failed += _settle(message, state=MessageState.FAILED, next_try_at=None, last_error=error[:200])
        log.warning("message_failed", message=message.pk, attempts=message.attempts)
    else:
        at = now() + PAUSES[message.attempts - 1]
        done.put_off += _settle(message, state=MessageState.WAITING, next_try_at=at, last_error=error[:200])


def _settle(message: Message, **columns: object) -> int:
    """Write the outcome, unless somebody else has claimed the message since (our lease ended while we waited)."""
    mine = Message.objects.filter(pk=message.pk, state=MessageState.SENDING, attempts=message.attempts)
    return mine.update(**columns)
