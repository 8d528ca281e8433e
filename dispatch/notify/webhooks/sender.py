"""Deliveries → the network. Claimed in a short transaction of its own, as messages are."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.notify.models import Delivery, Fault, MessageState, PauseCause, Webhook
from dispatch.notify.sender import LEASE, Sent
from dispatch.notify.webhooks.address import place_of
from dispatch.notify.webhooks.alarm import paused_tell
from dispatch.notify.webhooks.post import CallFailed, post
from dispatch.notify.webhooks.signing import headers
from dispatch.notify.webhooks.spread import letter_of, seen_by
from teams.models import ChangeAction, Subject
from teams.policies import SYSTEM
from teams.services.history import change_record

log = structlog.get_logger(__name__)

PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
TRIES = len(PAUSES) + 1
GIVE_UP = timedelta(days=2)
"""After so long without one delivery the webhook is paused and the administrators are told."""
KEPT = timedelta(days=30)
GONE = 410


def post_due(*, limit: int = 200, seconds: float = 20.0) -> Sent:
    """Call what is due for at most so long. Two at once take different deliveries.

    A receiver that did not answer is left alone for the rest of the round, so it holds up nobody else's. A delivery may
    arrive twice when a sender dies between calling and writing that down; its ``webhook-id`` is the same.
    """
    done = Sent()
    silent: set[int] = set()
    end = time.monotonic() + seconds
    for _round in range(limit):
        if time.monotonic() > end:
            break
        delivery = _claim(silent)
        if delivery is None:
            break
        try:
            status, fault = _call(delivery), None
        except CallFailed as failed:
            status, fault = None, failed.fault
        except Exception:  # a broken row: put off like the rest, never in the way of others
            log.exception("delivery_broken", delivery=delivery.pk)
            status, fault = None, Fault.BROKEN
        if status is not None and 200 <= status < 300:
            done.sent += _arrived(delivery, status)
            continue
        if fault is not None:
            silent.add(delivery.webhook_id)
        _failed(delivery, status, fault or Fault.STATUS, done)
    return done


def deliveries_forget() -> int:
    """Delete deliveries past their time, arrived or not; returns how many."""
    return deliveries_due().delete()[0]


def deliveries_due() -> QuerySet[Delivery]:
    """Those past their time."""
    return Delivery.objects.filter(created_at__lt=now() - KEPT)


def _claim(silent: set[int]) -> Delivery | None:
    while True:
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("webhook__user", "event__case", "event__order")
                .filter(
                    state__in=(MessageState.WAITING, MessageState.SENDING),
                    next_try_at__lte=now(),
                    webhook__paused_at__isnull=True,
                )
                .exclude(webhook_id__in=silent)
                .order_by("next_try_at", "pk")
                .first()
            )
            if delivery is None:
                return None
            if delivery.attempts >= TRIES:  # every sender that took it died
                delivery.state, delivery.next_try_at = MessageState.FAILED, None
                delivery.fault = delivery.fault or Fault.LOST
                delivery.save(update_fields=["state", "next_try_at", "fault"])
                continue
            delivery.state = MessageState.SENDING
            delivery.attempts += 1
            delivery.next_try_at = now() + LEASE
            delivery.save(update_fields=["state", "attempts", "next_try_at"])
            return delivery


def _call(delivery: Delivery) -> int:
    """The rights are asked anew: a role that ended an hour ago hears nothing more."""
    hook = delivery.webhook
    if not hook.user.is_active or (delivery.event is not None and not seen_by(hook.user, [delivery.event])):
        raise CallFailed(Fault.UNSEEN)
    try:
        place = place_of(hook.url)
    except Refused:  # entered while loopback was allowed
        raise CallFailed(Fault.ADDRESS) from None
    message_id, body = letter_of(delivery)
    lines = {"Content-Type": "application/json", "User-Agent": "check-once-webhooks/1", "Accept": "*/*"}
    return post(place, lines | headers(hook, message_id, body, now()), body)


def _arrived(delivery: Delivery, status: int) -> int:
    moment = now()
    Webhook.objects.filter(pk=delivery.webhook_id).update(last_success_at=moment, failing_since=None)
    return _settle(delivery, state=MessageState.SENT, sent_at=moment, next_try_at=None, status=status, fault="")


def _failed(delivery: Delivery, status: int | None, fault: Fault, done: Sent) -> None:
    """Put off, or the end: then, or when nothing has got through for long, the webhook itself is paused."""
    moment = now()
    test = delivery.event_id is None
    last = test or delivery.attempts >= TRIES or fault in (Fault.UNSEEN, Fault.ADDRESS) or status == GONE
    if last:
        done.failed += _settle(delivery, state=MessageState.FAILED, next_try_at=None, status=status, fault=fault)
    else:
        at = moment + PAUSES[delivery.attempts - 1]
        done.put_off += _settle(delivery, state=MessageState.WAITING, next_try_at=at, status=status, fault=fault)
    if test or fault == Fault.UNSEEN:
        return
    with transaction.atomic():
        hook = Webhook.objects.select_for_update(no_key=True).filter(pk=delivery.webhook_id).first()
        if hook is None:  # removed while it was called
            return
        if hook.failing_since is None:
            hook.failing_since = moment
            hook.save(update_fields=["failing_since"])
        cause = _pause_cause(hook, delivery, status, fault, last=last)
        if cause is not None and hook.paused_at is None:
            _pause(hook, cause)


def _pause_cause(
    hook: Webhook, delivery: Delivery, status: int | None, fault: Fault, *, last: bool
) -> PauseCause | None:
    if status == GONE:
        return PauseCause.GONE
    if fault == Fault.ADDRESS:
        return PauseCause.ADDRESS
    since = hook.failing_since
    quiet = hook.last_success_at is None or hook.last_success_at < delivery.created_at
    if (last and quiet) or (since is not None and now() - since >= GIVE_UP):
        return PauseCause.FAILING
    return None


def _pause(hook: Webhook, cause: PauseCause) -> None:
    hook.paused_at, hook.pause_cause = now(), cause
    hook.version += 1
    hook.save(update_fields=["paused_at", "pause_cause", "version"])
    change_record(
        actor=SYSTEM,
        kind=Subject.WEBHOOK,
        subject_id=hook.pk,
        name=hook.name,
        action=ChangeAction.CHANGED,
        before={"pause_cause": ""},
        after={"pause_cause": cause.value},
    )
    paused_tell(hook)
    log.warning("webhook_paused", webhook=hook.pk, cause=cause.value)


def _settle(delivery: Delivery, **columns: object) -> int:
    """Write the outcome, unless somebody else has claimed it since (our lease ended while we waited)."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=MessageState.SENDING, attempts=delivery.attempts)
    return mine.update(**columns)
