"""What is kept only for a time: each kind with what is over today and the sweep that takes it away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from cases.clock.moment import now
from cases.selectors.office import office_setting
from cases.services import files, imports, retention
from dispatch.api import sendings
from dispatch.notify.models import Message, MessageState
from dispatch.notify.webhooks import sender
from dispatch.web.sessionstore import SessionStore, over

NIGHT = range(1, 6)
"""Hours of the place's clock in which the nightly sweep works."""
MESSAGE_DAYS = 365
"""Where the setting ``message_days`` says nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``due`` counts and changes nothing; ``sweep`` takes one batch away and says how many (0: nothing is left)."""

    name: str
    due: Callable[[], int]
    sweep: Callable[[], int]


def messages_due() -> QuerySet[Message]:
    """Notices that arrived or failed for good longer ago than the office keeps them."""
    days = office_setting("message_days", 0, MESSAGE_DAYS)
    over = Message.objects.filter(state__in=(MessageState.SENT, MessageState.FAILED))
    return over.filter(created_at__lt=now() - timedelta(days=days)) if days > 0 else over.none()


def messages_forget(*, limit: int = 1000) -> int:
    """Delete a batch of them; the events that they told of stay. Returns how many."""
    ids = list(messages_due().order_by("pk").values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).delete()[0]


def _sessions_clear() -> int:
    count: int = over(timezone.now()).count()
    SessionStore.clear_expired()
    return count


KINDS = (
    Kind("contacts of residents", lambda: retention.identities_due().count(), retention.identities_sweep),
    Kind("originals of residents' photos", lambda: retention.originals_due().count(), retention.originals_sweep),
    Kind("photos of reports never sent", lambda: files.files_abandoned().count(), files.files_drop_abandoned),
    Kind("uploaded files not taken in", lambda: imports.uploads_sweep(dry=True), imports.uploads_sweep),
    Kind("notices", lambda: messages_due().count(), messages_forget),
    Kind("calls to other systems", lambda: sender.deliveries_due().count(), sender.deliveries_forget),
    Kind("keys of sendings", lambda: sendings.sendings_due().count(), sendings.sendings_forget),
    Kind(
        "sessions and drafts in them",
        lambda: over(timezone.now()).count(),
        _sessions_clear,
    ),
)


def due() -> dict[str, int]:
    """How many of each kind are over."""
    return {kind.name: kind.due() for kind in KINDS}


def retain(*, seconds: float, told: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Take away what is over, batch by batch, until nothing is left or the time is; how many of each kind went."""
    end = time.monotonic() + seconds
    gone = dict.fromkeys((kind.name for kind in KINDS), 0)
    for kind in KINDS:
        while time.monotonic() < end and (some := kind.sweep()):
            gone[kind.name] += some
            if told is not None:
                told(kind.name, gone[kind.name])
    return gone
