"""One message: an event, a channel, a person. Words are made when it is shown or sent, in the reader's language."""

from __future__ import annotations

from django.conf import settings
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
