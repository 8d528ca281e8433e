"""Events → deliveries: for every webhook that asked for the kind, in whose account's sight the case or order is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from cases.models import Case, Event, Order, Outbox
from dispatch.notify.models import Delivery, Webhook
from teams.models import OFFICE_ROLES, Role, User
from teams.selectors import actor_of

READERS = OFFICE_ROLES | {Role.SUPERVISOR, Role.AUDITOR}
"""Whose accounts read cases and orders at the desk, and so may hear of them."""


def spread(rows: Sequence[Outbox], moment: datetime) -> int:
    """The deliveries of these events, in the relay's transaction. Returns how many were made."""
    hooks = list(Webhook.objects.filter(paused_at__isnull=True, user__is_active=True).select_related("user"))
    fresh = []
    for hook in hooks:
        wanted = [row.event for row in rows if row.event.kind in hook.kinds]
        fresh += [
            Delivery(webhook=hook, event=event, kind=event.kind, next_try_at=moment, created_at=moment)
            for event in seen_by(hook.user, wanted)
        ]
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    return len(fresh)


def seen_by(user: User, events: Iterable[Event]) -> list[Event]:
    """Those of the events whose case or order the account sees today."""
    wanted = list(events)
    if not wanted or not user.is_active:
        return []
    actor = actor_of(user)
    if not actor.has(*READERS):
        return []
    case_ids = {event.case_id for event in wanted if event.case_id is not None}
    order_ids = {event.order_id for event in wanted if event.order_id is not None}
    cases = set(Case.objects.visible_to(actor).filter(pk__in=case_ids).values_list("pk", flat=True))
    orders = set(Order.objects.visible_to(actor).filter(pk__in=order_ids).values_list("pk", flat=True))
    return [event for event in wanted if event.case_id in cases or event.order_id in orders]


def letter_of(delivery: Delivery) -> tuple[str, bytes]:
    """The stable id of the event and the body: kind, moment, number and address of the case or order, no more."""
    event = delivery.event
    if event is None:
        return f"test_{delivery.pk}", _body(delivery.kind, delivery.created_at, {"webhook": delivery.webhook_id})
    subject: Case | Order | None = event.case or event.order
    assert subject is not None  # the database holds it
    kind = "case" if isinstance(subject, Case) else "order"
    message_id = f"evt_{event.pk}"
    data = {
        "id": message_id,
        "subject": kind,
        f"{kind}_id": subject.pk,
        "reference": str(subject),
        "url": settings.SITE_URL.rstrip("/") + reverse(f"api:{kind}", args=[subject.pk]),
    }
    return message_id, _body(event.kind, event.at, data)


def _body(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": stamp, "data": data}, separators=(",", ":")).encode()
