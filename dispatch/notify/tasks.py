"""The interface to Celery: no work here. Safe twice and at once; a sweep of the same task is the guarantee."""

from __future__ import annotations

import time

from celery import shared_task

from dispatch.notify import hurry
from dispatch.notify.certificates import certificates_tell
from dispatch.notify.nights import nights_tell
from dispatch.notify.relay import BATCH, relay
from dispatch.notify.sender import send_due
from dispatch.notify.webhooks.sender import deliveries_forget, post_due

REST = (
    0.25  # seconds between the beginnings of two relays: what comes meanwhile is taken together, at a tenth of the cost
)
SECONDS = 20  # the longest a task goes on before it lets others have the worker


_began = 0.0


@shared_task(name=hurry.RELAY)
def outbox_relay() -> int:
    """Relay what stands in the outbox: at once, or with what else comes while the last one is just over. Returns how
    many events."""
    global _began
    time.sleep(max(0.0, _began + REST - time.monotonic()))
    _began = time.monotonic()
    hurry.begun(hurry.RELAY)
    end = time.monotonic() + SECONDS
    taken, to_send, to_post = 0, 0, 0
    while time.monotonic() < end:
        done = relay()
        taken += done.taken
        to_send += done.to_send
        to_post += done.to_post
        if done.taken < BATCH:
            break
    if to_send:
        hurry.hurry(hurry.SENDER)
    if to_post:
        hurry.hurry(hurry.POSTER, queue="bulk")
    return taken


@shared_task(name=hurry.SENDER)
def messages_send() -> int:
    """Send the messages that are due. Returns how many were delivered."""
    hurry.begun(hurry.SENDER)
    return send_due(seconds=SECONDS).sent


@shared_task(name="notify.certificates_sweep")
def certificates_sweep() -> int:
    """Tell of certificates that run out. Returns how many messages were made."""
    return certificates_tell()


@shared_task(name="notify.nights_sweep")
def nights_sweep() -> int:
    """Tell the offices what the night came to. Returns how many runs were told of."""
    return nights_tell()


@shared_task(name=hurry.POSTER)
def webhooks_post() -> int:
    """Call other systems with what is due. Returns how many deliveries arrived."""
    hurry.begun(hurry.POSTER)
    return post_due(seconds=SECONDS).sent


@shared_task(name="notify.webhooks_forget")
def webhooks_forget() -> int:
    """Deliveries past their time go. Returns how many."""
    return deliveries_forget()
