"""Who acts: agencies (in whose name) and squads (1 + 2 + N and the laboratories)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models.areas import District, Street
from teams.models.base import Dated, Named, Spoken


class Function(models.TextChoices):
    """What an agency is for; checklists and powers speak of functions, so any district can use them."""

    STREET = "street", _("street comprehensive enforcement")
    MARKET = "market", _("market supervision")
    URBAN = "urban", _("urban management")
    FIRE = "fire", _("fire and rescue")
    ECOLOGY = "ecology", _("ecology and environment")
    EMERGENCY = "emergency", _("emergency management")
    HOUSING = "housing", _("housing and gas")
    POLICE = "police", _("public security")
    HEALTH = "health", _("health")
    TRANSPORT = "transport", _("transport")
    WATER = "water", _("water")
    CULTURE = "culture", _("culture and tourism")
    RESOURCES = "resources", _("natural resources")
    LABOUR = "labour", _("labour")
    LABORATORY = "laboratory", _("testing laboratory")


class Agency(Spoken, Named):
    """An enforcement agency: the name and seal under which its squads act (Administrative Penalty Law art. 17-24)."""

    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="agencies")
    street = models.ForeignKey(
        Street,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agencies",
        help_text=_("Set for the agency of a street that acts in its own name where the power is delegated."),
    )
    function = models.CharField(_("function"), max_length=12, choices=Function.choices)
    code = models.CharField(_("code on papers"), max_length=16, help_text=_("For example 并迎市监."))
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        constraints = [
            models.UniqueConstraint(fields=["district", "function", "street"], name="agency_once", nulls_distinct=False)
        ]


class SquadKind(models.TextChoices):
    ENFORCEMENT_TEAM = "enforcement_team", _("street enforcement team")
    STATIONED = "stationed_squad", _("stationed squad")
    MODULE = "module_squad", _("module squad")
    LABORATORY = "laboratory", _("laboratory")


class Squad(Spoken, Named):
    """A squad that can be called. ``streets`` are those it serves; a module squad usually serves the whole district."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="squads")
    kind = models.CharField(max_length=16, choices=SquadKind.choices)
    streets = models.ManyToManyField(Street, related_name="squads", blank=True)
    short_name = models.CharField(_("short name"), max_length=12, blank=True)
    short_name_en = models.CharField(_("short English name"), max_length=24, blank=True)
    phone = models.CharField(_("duty phone"), max_length=32, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("squad")
        verbose_name_plural = _("squads")


class Power(Dated):
    """An agency may act on a category (minor class code, or major class code for all of it) on a street, on a basis.

    ``street`` empty = on every street of its district. ``delegated`` marks a power that the province handed to the
    street, which then acts in its own name (Administrative Penalty Law art. 24).
    """

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="powers")
    category_code = models.CharField(_("category"), max_length=8)
    street = models.ForeignKey(Street, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    optional = models.BooleanField(
        default=False, help_text=_("Proposed only when the complaint's words speak of its items.")
    )
    delegated = models.BooleanField(default=False)
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    to_confirm = models.BooleanField(_("to be confirmed"), default=True)

    class Meta:
        verbose_name = _("power")
        verbose_name_plural = _("powers")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "category_code", "street", "starts_on"],
                name="power_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")), name="power_dates"
            ),
        ]
