"""The inspected party or place. Every need has one, so it is also the lock for "no order yet"."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models import Grid, Street


class TargetKind(models.TextChoices):
    BUSINESS = "business", _("business")
    SITE = "site", _("construction site")
    VENDOR = "vendor", _("unregistered vendor")
    PLACE = "place", _("place")


class Target(models.Model):
    """A business, site, vendor, or a place (point with radius, or a stretch of road as GeoJSON). WGS-84."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=TargetKind.choices, default=TargetKind.BUSINESS)
    name = models.CharField(_("name"), max_length=160)
    aliases = ArrayField(models.CharField(max_length=160), default=list, blank=True)
    uscc = models.CharField(_("unified social credit code"), max_length=18, null=True, blank=True, unique=True)
    trade = models.CharField(_("trade"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=240, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    lng = models.FloatField(_("longitude"), null=True, blank=True)
    radius_m = models.PositiveIntegerField(_("radius in metres"), null=True, blank=True)
    stretch = models.JSONField(_("stretch of road"), null=True, blank=True)
    person_in_charge = models.CharField(_("person in charge"), max_length=60, blank=True)
    phone = models.CharField(_("phone of the party"), max_length=32, blank=True)
    noise_zone = models.PositiveSmallIntegerField(_("noise zone (GB 3096)"), null=True, blank=True)
    yearly_cap = models.PositiveSmallIntegerField(_("inspections a year, at most"), null=True, blank=True)
    no_disturb = models.BooleanField(_("on the no-disturb list"), default=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        indexes = [
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="target_name_trgm"),
            GinIndex(fields=["address"], opclasses=["gin_trgm_ops"], name="target_address_trgm"),
            models.Index(fields=["street", "lat", "lng"], name="target_box"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lng__isnull=True) | Q(lat__range=(-90, 90), lng__range=(-180, 180)),
                name="target_coordinates",
            ),
            models.CheckConstraint(
                condition=~Q(uscc="") & (Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id"))),
                name="target_sound",
            ),
        ]

    def __str__(self) -> str:
        return self.name
