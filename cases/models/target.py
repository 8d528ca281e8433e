"""The inspected party or place. Every need has one, so it is also the lock for "no order yet"."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Left, Right
from django.utils.translation import gettext_lazy as _

from teams.models import Grid, Street
from teams.models.base import Spoken


class Pairs(Func):
    """Every two characters that stand side by side in a text, as an array with an index: how Chinese is searched.

    A trigram index can't help with a word of two characters, and most Chinese words have two.
    """

    function = "cases_pairs"
    output_field = ArrayField(models.TextField())


class PartyKeys(Func):
    """What names, other names and addresses of a street's parties are looked up by, as an array with an index.

    ``3n烧烤``: on street 3 a name holds 烧烤; ``3a…``: an address; ``3=…``: another name, whole. As written: an
    exact comparison of the few rows that share some decides.
    """

    function = "cases_party_keys"
    output_field = ArrayField(models.TextField())


PARTY_KEYS = PartyKeys(F("street"), F("name"), F("aliases"), F("address"))
ENDS = 4
"""Signs of a name's beginning and end by which names that stand in a text are looked up."""


class TargetKind(models.TextChoices):
    BUSINESS = "business", _("business")
    SITE = "site", _("construction site")
    VENDOR = "vendor", _("unregistered vendor")
    PLACE = "place", _("place")


class Target(Spoken):
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
    no_disturb_reason = models.CharField(_("why it is on the list"), max_length=240, blank=True)
    no_disturb_until = models.DateField(_("on the list until"), null=True, blank=True)
    hours = models.JSONField(
        _("opening hours"), default=list, blank=True, help_text=_("Windows: day 1 (Monday) to 7, from, until (HH:MM).")
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    words = models.GeneratedField(
        expression=Func(
            F("name"),
            F("aliases"),
            F("address"),
            F("uscc"),
            F("trade"),
            function="cases_target_words",
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        indexes = [
            GinIndex(PARTY_KEYS, name="target_keys", fastupdate=False),
            models.Index(F("street"), Right("name", ENDS), Left("name", ENDS), name="target_ends"),
            models.Index(fields=["street", "lat", "lng"], include=["id", "active", "merged_into"], name="target_near"),
            models.Index(fields=["name", "id"], name="target_by_name"),
            models.Index(fields=["merged_into"], name="target_family", condition=Q(merged_into__isnull=False)),
            GinIndex(Pairs(F("words")), name="target_pairs"),
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


class ChangeKind(models.TextChoices):
    CREATED = "created", _("entered")
    EDITED = "edited", _("edited")
    IMPORTED = "imported", _("changed by a file")
    ABSORBED = "absorbed", _("took in another entry")
    MERGED = "merged", _("merged into another entry")


class TargetChange(Spoken):
    """What became of a party's entry: written once, in the transaction of the change; triggers refuse the rest.

    ``version`` is the one that the change made; ``changes`` maps a column to what it held before and after it.
    """

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    changes = models.JSONField(default=dict)
    other = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=240, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )
    actor_role = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "version"], name="target_change_once")]


class Likeness(models.Model):
    """Two entries that may be one party. Found by comparison, decided by a person; a decided one is not asked again."""

    first = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField()
    notes = models.JSONField(default=list)
    found_at = models.DateTimeField()
    different_at = models.DateTimeField(null=True, blank=True)
    different_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["street", "-score", "id"], name="likeness_open", condition=Q(different_at__isnull=True)
            ),
            models.Index(fields=["second"], name="likeness_second"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="likeness_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="likeness_in_order"),
        ]
