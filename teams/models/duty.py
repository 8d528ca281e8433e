"""Who is on duty, and the office's own calendar."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from teams.models.areas import District, Street
from teams.models.base import Spoken
from teams.models.people import User
from teams.models.squads import Squad


class Duty(models.Model):
    """A turn of duty; officers' positions are kept only within one."""

    squad = models.ForeignKey(Squad, on_delete=models.CASCADE, related_name="duties", null=True, blank=True)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, related_name="duties", null=True, blank=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("turn of duty")
        verbose_name_plural = _("duty")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_start"),
            models.CheckConstraint(
                condition=Q(squad__isnull=False, street__isnull=True) | Q(squad__isnull=True, street__isnull=False),
                name="duty_of_a_squad_or_an_office",
            ),
        ]


class Leave(models.Model):
    """Leave of a person. With a substitute the person's roles rest for these days and the substitute holds them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leaves")
    starts_on = models.DateField()
    ends_on = models.DateField()
    substitute = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")


class DayKind(models.TextChoices):
    HOLIDAY = "holiday", _("holiday")
    WORKDAY = "workday", _("worked day")


class CalendarDay(Spoken):
    """A day that differs from the rule (State Council's yearly notice, 调休), entered by hand until published."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    day = models.DateField(_("day"))
    kind = models.CharField(max_length=8, choices=DayKind.choices)
    note = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [
            models.UniqueConstraint(fields=["district", "day"], name="calendar_day_once", nulls_distinct=False)
        ]
