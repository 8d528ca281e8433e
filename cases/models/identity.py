"""Complainants, apart from what they said: ciphertext, masked form, blind index. Nothing else knows who somebody is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models.base import Spoken


class Identity(models.Model):
    """Name and contact of a complainant.

    ``cipher`` is the MultiFernet text of canonical JSON; ``phone_index`` an HMAC under a second key.
    """

    cipher = models.BinaryField()
    key_id = models.CharField(max_length=16)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    masked_name = models.CharField(max_length=40, blank=True)
    masked_phone = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)


class RevealPurpose(models.TextChoices):
    CONTACT = "contact", _("to contact the complainant")
    VERIFY = "verify", _("to verify the report")
    EMERGENCY = "emergency", _("danger to life")


class DataPurpose(models.TextChoices):
    """Why one person's data is handed out or erased; stands in the journal."""

    REQUEST = "request", _("the person asked for it")
    MISTAKE = "mistake", _("it is somebody else's contact")
    AUTHORITY = "authority", _("a court or an authority asks by law")
    PERIOD = "period", _("the period for keeping it is over")


class Reveal(Spoken):
    """Each look at an identity: who, which, why. Never deleted while the identity exists."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="reveals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=RevealPurpose.choices)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)
