"""What reached the office, in the words of whoever sent it, and what came with it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.identity import Identity
from cases.models.target import Target
from teams.models import Street
from teams.models.base import Spoken


class Source(models.TextChoices):
    PORTAL = "portal", _("resident, online")
    OFFICE = "office", _("taken by the office")
    HOTLINE = "hotline", _("hotline")
    GRID = "grid", _("grid alert")
    PATROL = "patrol", _("patrol finding")
    PLAN = "plan", _("planned check")
    API = "api", _("another system")


class RequestKind(models.TextChoices):
    ENQUIRY = "enquiry", _("enquiry")
    HELP = "help", _("request for help")
    COMPLAINT = "complaint", _("complaint")
    TIP_OFF = "tip_off", _("tip-off")
    SUGGESTION = "suggestion", _("suggestion")
    OTHER = "other", _("other")


class Urgency(models.TextChoices):
    GENERAL = "general", _("general")
    URGENT = "urgent", _("urgent")
    EXTRA = "extra_urgent", _("extra urgent")


class Complaint(Spoken):
    """One sending by one person. ``client_key`` makes two sendings one; ``token_hash`` is of the private link."""

    reference = models.CharField(max_length=16, unique=True)
    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices)
    kind = models.CharField(max_length=12, choices=RequestKind.choices, default=RequestKind.COMPLAINT)
    urgency = models.CharField(max_length=12, choices=Urgency.choices, default=Urgency.GENERAL)
    text = models.TextField(_("what happened"))
    party_name = models.CharField(_("name of the shop or party"), max_length=160, blank=True)
    address = models.CharField(_("where"), max_length=240, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    target = models.ForeignKey(Target, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    occurred_at = models.DateTimeField(_("when it happened"), null=True, blank=True)
    received_at = models.DateTimeField()
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints")
    keep_secret = models.BooleanField(_("keep my identity secret"), default=True)
    language = models.CharField(max_length=8, default="zh-hans")
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    contacted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["street", "-received_at"], name="complaint_street_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(client_key="") & ~Q(token_hash="") & ~Q(text=""),  # nosec B106 # what may not be empty
                name="complaint_sound",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class HotlineOrder(models.Model):
    """The hotline's work order behind a complaint: its number and its own columns, as they came."""

    complaint = models.OneToOneField(Complaint, on_delete=models.CASCADE, related_name="hotline")
    number = models.CharField(max_length=32, unique=True)
    classes = models.JSONField(default=list)
    original_unit = models.CharField(max_length=120, blank=True)
    unit = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=24, blank=True)
    row_hash = models.CharField(max_length=64, blank=True)


class QuotedNumber(models.Model):
    """A hotline number that a complaint's text quotes; all that quote one number, and its original, belong together."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="quotes")
    number = models.CharField(max_length=32, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["complaint", "number"], name="quote_once")]


class LineKind(models.TextChoices):
    QUESTION = "question", _("question to the resident")
    ANSWER = "answer", _("the resident's answer")
    NOTICE = "notice", _("progress")
    RESULT = "result", _("result")


class ResidentLine(Spoken):
    """The private line between the office and one complainant; nobody else of the same case sees it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=8, choices=LineKind.choices)
    text = models.TextField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["at", "id"]
