"""The journal: written once, chained by SHA-256, guarded by triggers; and the outbox that carries it out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.checks import exactly_one
from cases.models.order import Order
from teams.models import Street


class Event(models.Model):
    """One fact about exactly one subject. ``body`` is the exact canonical text that is hashed; it holds ids, codes and
    staff reasons, never a complainant's data or words."""

    # No index for a key alone: events of a subject are found by its numbers, and every write adds to each index.
    case = models.ForeignKey(
        Case, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="events", db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="events", db_index=False
    )
    street = models.ForeignKey(Street, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    actor_role = models.CharField(max_length=16)
    at = models.DateTimeField()
    used_seconds = models.PositiveIntegerField(null=True, blank=True)
    late = models.BooleanField(null=True, blank=True)
    body = models.TextField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("journal")
        indexes = [BrinIndex(fields=["at"], name="event_at_brin")]  # append-only: a few pages for millions of rows
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], condition=Q(case__isnull=False), name="event_case_seq"),
            models.UniqueConstraint(fields=["order", "seq"], condition=Q(order__isnull=False), name="event_order_seq"),
            models.CheckConstraint(
                condition=exactly_one(("case", "order")),
                name="event_one_subject",
            ),
        ]


class Chain(models.Model):
    """Where a subject's chain stands: last seq, last hash. Its row lock orders the writers of one subject."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="chain")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="chain")
    seq = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=exactly_one(("case", "order")),
                name="chain_one_subject",
            )
        ]


class Outbox(models.Model):
    """An event still to be relayed; deleted when it is. ``set_aside_at`` marks one that failed too often."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="outbox")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
