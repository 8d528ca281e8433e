"""The plan of a street's day: joint teams, and which team visits which order when. A proposal until it is confirmed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.order import Order
from teams.models import Squad, Street


class DayPlan(models.Model):
    """One a street and day, and the lock of both. ``version`` counts its changes: a page that shows another is
    stale."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    version = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("day plan")
        verbose_name_plural = _("day plans")
        constraints = [models.UniqueConstraint(fields=["street", "day"], name="day_plan_once")]


class DayTeam(models.Model):
    """A joint team that goes as one: its squads, its turn in minutes since midnight (over 1440: the next day), where it
    starts and comes back to, and how many visits it makes at most (empty: as many as fit)."""

    plan = models.ForeignKey(DayPlan, on_delete=models.CASCADE, related_name="teams")
    number = models.PositiveSmallIntegerField()
    squads = models.ManyToManyField(Squad, related_name="+")
    starts = models.PositiveSmallIntegerField(_("from"))
    ends = models.PositiveSmallIntegerField(_("until"))
    most = models.PositiveSmallIntegerField(_("visits at most"), null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="day_team_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="day_team_turn"),
        ]


class DayVisit(models.Model):
    """An order in the plan: with a team at a place of its row, or with none and why. ``by_hand``: a person put it
    there, so planning anew leaves it with this team. ``wish``: hours that were asked for when the order was opened.
    Why it is with none is not stored: the page works it out anew, since every change of the day may change it."""

    plan = models.ForeignKey(DayPlan, on_delete=models.CASCADE, related_name="visits")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="day_visits")
    team = models.ForeignKey(DayTeam, on_delete=models.SET_NULL, null=True, blank=True, related_name="visits")
    position = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField()
    by_hand = models.BooleanField(default=False)
    wish_from = models.TimeField(null=True, blank=True)
    wish_until = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["plan", "order"], name="day_visit_once")]
