"""What is told, to whom, and how far it has come: messages for people, deliveries for other systems.

A message is an event, a channel, a person; its words are made when it is shown or sent, in the reader's language.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Event


class ChannelName(models.TextChoices):
    IN_APP = "in_app", _("in the system")
    EMAIL = "email", _("by e-mail")


class MessageState(models.TextChoices):
    WAITING = "waiting", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("delivered")
    FAILED = "failed", _("could not be sent")


class Message(models.Model):
    """``text`` names a sentence of ``dispatch.notify.texts``, ``params`` its facts: numbers, party, deadline; never a
    complainant's data or words.

    ``next_try_at`` is the next attempt while it waits and the end of the sender's lease while it is being sent.
    Without an event ``key`` says what it is about (``certificate:7:30:2026-12-31``): said once to each.
    ``more`` counts further events of the same ``bundle`` that this message speaks for.
    """

    event = models.ForeignKey(Event, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="messages")
    key = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=8, choices=ChannelName.choices)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    bundle = models.CharField(max_length=60, blank=True)
    more = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "channel", "recipient"], name="message_once"),
            models.UniqueConstraint(
                fields=["key", "channel", "recipient"], name="message_once_a_key", condition=~Q(key="")
            ),
            models.CheckConstraint(condition=Q(event__isnull=False) | ~Q(key=""), name="message_is_about_something"),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "sending"]) | Q(next_try_at__isnull=False),
                name="message_waiting_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="message_due", condition=Q(state__in=["waiting", "sending"])
            ),
            models.Index(fields=["recipient", "-id"], name="message_inbox", condition=Q(channel="in_app")),
            models.Index(
                fields=["recipient"], name="message_unread", condition=Q(channel="in_app", read_at__isnull=True)
            ),
            models.Index(fields=["-id"], name="message_failed", condition=Q(state="failed")),
        ]


class PauseCause(models.TextChoices):
    BY_HAND = "by_hand", _("paused by hand")
    FAILING = "failing", _("paused: nothing could be delivered for two days")
    GONE = "gone", _("paused: the receiver says that it is gone for good (410)")
    ADDRESS = "address", _("paused: its address is not a public one")


class Fault(models.TextChoices):
    """Why a delivery did not arrive. What the receiver wrote is never kept, only its status."""

    ADDRESS = "address", _("not a public address")
    NAME = "name", _("the name was not found")
    CONNECT = "connect", _("no connection")
    TLS = "tls", _("the certificate was not accepted")
    TIMEOUT = "timeout", _("took too long")
    BROKEN = "broken", _("the answer was not HTTP")
    STATUS = "status", _("not accepted")
    UNSEEN = "unseen", _("the account may not see this any more")
    LOST = "lost", _("its senders did not come back")


class Webhook(models.Model):
    """Another system that wants to hear of events, in the name of an account: it hears of what that account sees.

    The secret is not kept: it is derived from the pepper and ``salt``. For a day after a change the one before
    (``old_salt``) signs as well. ``version`` moves with every change (``ETag``).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(_("what it is for"), max_length=80)
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40))
    salt = models.CharField(max_length=44)
    old_salt = models.CharField(max_length=44, blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_cause = models.CharField(max_length=8, choices=PauseCause.choices, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, pause_cause="") | Q(paused_at__isnull=False) & ~Q(pause_cause=""),
                name="webhook_pause_has_its_cause",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one webhook; without an event it is a test. The states are those of a message."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    fault = models.CharField(max_length=8, choices=Fault.choices, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "sending"]) | Q(next_try_at__isnull=False),
                name="delivery_waiting_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="delivery_due", condition=Q(state__in=["waiting", "sending"])
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_log"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]
