"""A need: a reason to visit a target, which agencies, from when, until when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.catalogue import InspectionItem
from cases.models.complaint import Urgency
from cases.models.target import Target
from teams.models import Agency
from teams.models.base import Spoken


class NeedState(models.TextChoices):
    OPEN = "open", _("open")
    ORDERED = "ordered", _("ordered")
    SERVED = "served", _("served")
    WITHDRAWN = "withdrawn", _("withdrawn")


class NeedCause(models.TextChoices):
    CASE = "case", _("case")
    RECHECK = "recheck", _("recheck")
    PLANNED = "planned", _("planned check")
    HANDLING = "handling", _("handling task")
    PATROL = "patrol", _("patrol finding")


class Need(Spoken):
    """``from_day``..``due_day`` inclusive; ``hour_from``/``hour_until`` where it has its hour (night noise)."""

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="needs")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="needs")
    cause = models.CharField(max_length=8, choices=NeedCause.choices)
    state = models.CharField(max_length=10, choices=NeedState.choices, default=NeedState.OPEN)
    agencies = models.ManyToManyField(Agency, through="NeedAgency", related_name="needs")
    urgency = models.CharField(max_length=12, choices=Urgency.choices, default=Urgency.GENERAL)
    from_day = models.DateField()
    due_day = models.DateField()
    hour_from = models.TimeField(null=True, blank=True)
    hour_until = models.TimeField(null=True, blank=True)
    announced = models.BooleanField(default=False)
    alone = models.BooleanField(_("stays alone"), default=False)
    note = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["target", "due_day"], name="need_open_target", condition=Q(state="open")),
            models.Index(fields=["due_day", "id"], name="need_open_due", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=["open", "ordered"]), name="need_one_open_a_case"
            ),
            models.CheckConstraint(condition=Q(due_day__gte=F("from_day")), name="need_window"),
        ]


class NeedAgency(models.Model):
    """An agency asked for by a need; ``items`` narrows its checklist (a recheck's), empty = all that fit."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="agency_links")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    items = models.ManyToManyField(InspectionItem, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "agency"], name="need_agency_once")]
