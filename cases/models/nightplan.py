"""The night plan of a street: what its rule sent out on a day, and how far the night has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.order import Order
from cases.models.target import Target
from teams.models import Street
from teams.models.base import Spoken


class NightState(models.TextChoices):
    RUNNING = "running", _("under way")
    DONE = "done", _("done")
    FAILED = "failed", _("broken off")


class NightPlan(Spoken):
    """One a street and day. ``parties`` have open needs, ``looked`` of them were looked at; ``after`` is the last one,
    where the next batch begins. Rule, margin and weekday (0 Monday) are those of its beginning."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    state = models.CharField(max_length=8, choices=NightState.choices, default=NightState.RUNNING)
    rule = models.CharField(max_length=16)
    margin = models.PositiveSmallIntegerField(default=0)
    weekday = models.PositiveSmallIntegerField(default=2, db_default=2)
    parties = models.PositiveIntegerField(default=0)
    looked = models.PositiveIntegerField(default=0)
    after = models.BigIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    needs = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="night_plan_running", condition=Q(state="running")),
        ]
        constraints = [models.UniqueConstraint(fields=["street", "day"], name="night_plan_once")]


class NightParty(models.Model):
    """A party whose day had come: its order, or with ``code`` and ``notes`` (``cases.law.Note``) why there is none."""

    plan = models.ForeignKey(NightPlan, on_delete=models.CASCADE, related_name="outcomes")
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="night")
    code = models.CharField(max_length=16, blank=True)
    notes = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "target"], name="night_party_once"),
            models.CheckConstraint(
                condition=Q(order__isnull=False, code="") | (Q(order__isnull=True) & ~Q(code="")),
                name="night_party_order_or_why",
            ),
        ]
