"""Where: district, street or town, community, grid. Codes are text (leading zeros count)."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models.base import Named, Spoken


def _digits(count: int) -> RegexValidator:
    return RegexValidator(rf"^\d{{{count}}}$", _("Digits only, of the full length."))


class District(Named):
    """A county-level division (GB/T 2260, six digits)."""

    code = models.CharField(_("code"), max_length=6, unique=True, validators=[_digits(6)])

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")


class StreetKind(models.TextChoices):
    STREET = "street", _("street")
    TOWN = "town", _("town")


class Street(Spoken, Named):
    """A street or town (nine digits) with its one enforcement office."""

    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="streets")
    code = models.CharField(_("code"), max_length=9, unique=True, validators=[_digits(9)])
    kind = models.CharField(max_length=8, choices=StreetKind.choices, default=StreetKind.STREET)
    short_name = models.CharField(_("short name on papers"), max_length=8, blank=True)
    outline = models.JSONField(_("outline"), null=True, blank=True, help_text=_("GeoJSON geometry, WGS-84."))

    class Meta:
        ordering = ["code"]
        verbose_name = _("street")
        verbose_name_plural = _("streets")


class Community(Named):
    """A community or village (twelve digits)."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="communities")
    code = models.CharField(_("code"), max_length=12, unique=True, validators=[_digits(12)])
    outline = models.JSONField(_("outline"), null=True, blank=True, help_text=_("GeoJSON geometry, WGS-84."))

    class Meta:
        ordering = ["code"]
        verbose_name = _("community")
        verbose_name_plural = _("communities")


class GridKind(models.TextChoices):
    UNIT = "unit_grid", _("unit grid")
    DUTY = "duty_grid", _("duty grid")


class Grid(Spoken, Named):
    """15 digits = 6 division + 3 street + 3 community + 3 serial (GB/T 30428.1); 300-500 households."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grids")
    code = models.CharField(_("code"), max_length=15, unique=True, validators=[_digits(15)])
    kind = models.CharField(max_length=12, choices=GridKind.choices, default=GridKind.UNIT)
    outline = models.JSONField(_("outline"), null=True, blank=True, help_text=_("GeoJSON geometry, WGS-84."))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")), name="grid_dates"
            )
        ]
