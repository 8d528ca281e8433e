"""A deadline is a row with its next due moment stored; a sweep claims the due ones."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.catalogue import DeadlineKind
from cases.models.checks import exactly_one
from cases.models.finding import Finding
from cases.models.order import Order, Part
from cases.models.ruling import Ruling
from cases.models.visit import LabTest
from teams.models.base import Spoken


class DeadlineState(models.TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    MET = "met", _("met")
    CANCELLED = "cancelled", _("cancelled")


class ClockKind(models.TextChoices):
    SERVICE = "service", _("service")
    STATUTORY = "statutory", _("statutory")


class Deadline(Spoken):
    """``next_at`` is the moment of the next step (warning, due, escalation); NULL when nothing more will happen."""

    kind = models.CharField(max_length=16, choices=DeadlineKind.choices)
    clock = models.CharField(max_length=10, choices=ClockKind.choices, default=ClockKind.SERVICE)
    state = models.CharField(max_length=10, choices=DeadlineState.choices, default=DeadlineState.RUNNING)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    part = models.ForeignKey(Part, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    lab_test = models.ForeignKey(LabTest, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    ruling = models.ForeignKey(Ruling, on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines")
    urgent = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    late = models.BooleanField(default=False)
    late_exempt = models.BooleanField(_("lateness exempt after appeal"), default=False)
    sweep_errors = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="deadline_next", condition=Q(state="running", next_at__isnull=False)
            ),
            models.Index(fields=["case"], name="deadline_case_live", condition=Q(state="running")),
            models.Index(fields=["order"], name="deadline_order_live", condition=Q(state="running")),
            models.Index(fields=["ended_at"], name="deadline_ended", condition=Q(state="met")),
            models.Index(fields=["starts_at"], name="deadline_contact", condition=Q(kind="contact")),
        ]
        constraints = [
            models.CheckConstraint(
                name="deadline_one_subject",
                condition=exactly_one(("case", "order", "part", "lab_test", "finding", "ruling")),
            ),
            models.UniqueConstraint(
                fields=["kind", "case", "order", "part", "lab_test", "finding", "ruling"],
                condition=Q(state__in=["running", "paused"]),
                nulls_distinct=False,
                name="deadline_one_live_a_kind",
            ),
        ]


class DeadlinePause(models.Model):
    """When a service clock stood still, and why. Statutory clocks never pause with it."""

    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE, related_name="pauses")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200)
