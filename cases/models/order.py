"""The check-once order, its parts (one a squad) and their items."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.catalogue import InspectionItem
from cases.models.complaint import Urgency
from cases.models.need import Need
from cases.models.scope import OrderQuerySet
from cases.models.target import Target
from teams.models import Agency, Squad, Street
from teams.models.base import Spoken


class OrderState(models.TextChoices):
    DRAFTED = "drafted", _("drafted")
    TO_APPROVE = "to_approve", _("to approve")
    APPROVED = "approved", _("approved")
    ISSUED = "issued", _("issued")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    ON_SCENE = "on_scene", _("on scene")
    RULING = "ruling", _("to rule")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class OrderKind(models.TextChoices):
    CASE_LED = "case_led", _("case-led inspection")
    ROUTINE = "routine", _("routine inspection")
    SPECIAL = "special", _("special inspection")
    HANDLING = "handling", _("handling task")


class Order(Spoken):
    """One visit for every department's items. A handling task is an order of one part, without approval."""

    number = models.CharField(max_length=20, unique=True)
    target = models.ForeignKey(
        Target, on_delete=models.PROTECT, related_name="orders", db_index=False
    )  # order_of_target serves it
    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=OrderKind.choices, default=OrderKind.CASE_LED)
    state = models.CharField(max_length=12, choices=OrderState.choices, default=OrderState.DRAFTED)
    urgency = models.CharField(max_length=12, choices=Urgency.choices, default=Urgency.GENERAL)
    announced = models.BooleanField(default=False)
    planned_day = models.DateField(null=True, blank=True)
    planned_from = models.TimeField(null=True, blank=True)
    planned_until = models.TimeField(null=True, blank=True)
    brief = models.TextField(blank=True)
    lead_reason = models.CharField(max_length=240, blank=True)
    guard_reason = models.CharField(_("why although the guard speaks against it"), max_length=240, blank=True)
    explanation = models.JSONField(default=list, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_note = models.CharField(max_length=240, blank=True)
    urgent_first = models.BooleanField(
        _("issued before approval"), default=False, help_text=_("Approval made up within 24 hours.")
    )
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    on_scene_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=240, blank=True)
    needs = models.ManyToManyField(Need, through="OrderNeed", related_name="orders")

    objects = OrderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["street", "state", "planned_day"], name="order_board"),
            models.Index(fields=["target", "-id"], name="order_of_target"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target"],
                condition=Q(state__in=["drafted", "to_approve", "approved", "issued", "acknowledged"])
                & ~Q(kind="handling"),
                name="order_one_live_a_target",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "acknowledged", "on_scene", "ruling", "done"])
                | Q(issued_at__isnull=False),
                name="order_issued_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderNeed(models.Model):
    """Which needs an order serves; history kept. ``released_at`` ends it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="need_links")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="order_links")
    joined_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    release_reason = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["need"], condition=Q(released_at__isnull=True), name="need_in_one_order")
        ]


class PartState(models.TextChoices):
    PLANNED = "planned", _("planned")
    CALLED = "called", _("called")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    RETURNED = "returned", _("returned")
    ON_SCENE = "on_scene", _("on scene")
    DONE = "done", _("done")
    ABSENT = "absent", _("absent")
    RELEASED = "released", _("released")


class Part(Spoken):
    """A squad's part in an order, in the name of its agency."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="parts")
    squad = models.ForeignKey(Squad, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=PartState.choices, default=PartState.PLANNED)
    is_lead = models.BooleanField(default=False)
    reason = models.CharField(_("why this squad"), max_length=240, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    on_scene_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    returns = models.PositiveSmallIntegerField(default=0)
    return_reason = models.CharField(max_length=240, blank=True)

    class Meta:
        ordering = ["-is_lead", "id"]
        indexes = [
            models.Index(fields=["squad", "state"], name="part_squad_state"),
            models.Index(fields=["squad", "done_at"], condition=Q(state="done"), name="part_done"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "squad"], condition=~Q(state="released"), name="part_once_a_squad"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(is_lead=True) & ~Q(state="released"), name="part_one_lead"
            ),
        ]


class PartItem(models.Model):
    """An item a squad has to answer at this visit."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(InspectionItem, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["item__order", "id"]
        constraints = [models.UniqueConstraint(fields=["part", "item"], name="part_item_once")]
