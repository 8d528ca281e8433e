"""The case: one problem at one target, the trunk. It knows no stage after it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.catalogue import Category, DeadlineKind, Severity
from cases.models.complaint import Complaint, Source, Urgency
from cases.models.scope import CaseQuerySet
from cases.models.target import Target
from teams.models import Grid, Street
from teams.models.base import Spoken


class CaseStage(models.TextChoices):
    RECEIVED = "received", _("to accept")
    ACCEPTED = "accepted", _("to triage")
    ASKING = "asking", _("waiting for the resident")
    PLANNING = "planning", _("to plan")
    DISPATCHED = "dispatched", _("on the way")
    VISITING = "visiting", _("on scene")
    RULING = "ruling", _("to rule")
    RECTIFYING = "rectifying", _("being put right")
    MEDIATING = "mediating", _("mediation")
    CHECKING = "checking", _("to check after")
    CLOSED = "closed", _("closed")
    TRANSFERRED = "transferred", _("transferred")
    REJECTED = "rejected", _("rejected")
    JOINED = "joined", _("joined to another case")


class Disposition(models.TextChoices):
    """What triage decided: not everything is an inspection (DOMAIN §3)."""

    INSPECTION = "inspection", _("inspection")
    HANDLING = "handling", _("handling task for one squad")
    ANSWERED = "answered", _("answered directly")
    MEDIATION = "mediation", _("mediation")
    TRANSFER = "transfer", _("transfer")
    JOINED = "joined", _("joined to a case")
    QUESTION = "question", _("question to the resident")
    REJECTED = "rejected", _("rejected")


_STILL_OPEN = ~Q(stage__in=["closed", "transferred", "rejected", "joined"])


class Case(Spoken):
    """One problem at one target. ``brief`` is what squads read; the nearest live deadline is kept here for lists."""

    reference = models.CharField(max_length=16, unique=True)
    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    target = models.ForeignKey(
        Target, on_delete=models.PROTECT, null=True, blank=True, related_name="cases", db_index=False
    )  # case_of_target serves it
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stage = models.CharField(max_length=12, choices=CaseStage.choices, default=CaseStage.RECEIVED)
    disposition = models.CharField(max_length=12, choices=Disposition.choices, blank=True)
    severity = models.CharField(max_length=1, choices=Severity.choices, default=Severity.GENERAL)
    urgency = models.CharField(max_length=12, choices=Urgency.choices, default=Urgency.GENERAL)
    source = models.CharField(max_length=8, choices=Source.choices)
    title = models.CharField(max_length=160)
    brief = models.TextField(_("brief for the squads"), blank=True)
    brief_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    address = models.CharField(max_length=240, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    # Where it stands while it is open: its party's point, else its own. The database keeps it (migration 0027).
    spot_lat = models.FloatField(null=True, editable=False)
    spot_lng = models.FloatField(null=True, editable=False)
    opened_at = models.DateTimeField()
    stage_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed")
    complaints = models.ManyToManyField(
        Complaint, through="CaseComplaint", through_fields=("case", "complaint"), related_name="cases"
    )
    complaint_count = models.PositiveIntegerField(default=0)
    rework_count = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    transferred_to = models.CharField(max_length=120, blank=True)
    result_text = models.TextField(_("result, in words for the complainants"), blank=True)
    due_kind = models.CharField(max_length=16, choices=DeadlineKind.choices, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["street", "stage", "due_at", "id"], name="case_board"),
            models.Index(fields=["street", "-opened_at", "-id"], name="case_recent"),
            models.Index(
                fields=["street", "due_at", "id"],
                name="case_open",
                condition=_STILL_OPEN,
            ),
            models.Index(
                fields=["street", "spot_lat", "spot_lng"],
                name="case_near",
                condition=_STILL_OPEN,
            ),
            models.Index(fields=["street", "closed_at"], name="case_closed", condition=Q(stage="closed")),
            models.Index(fields=["target", "-opened_at"], name="case_of_target"),
            models.Index(fields=["street", "address", "-opened_at"], name="case_at_address"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage="joined", merged_into__isnull=False)
                | (~Q(stage="joined") & Q(merged_into__isnull=True)),
                name="case_joined_has_a_survivor",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["planning", "dispatched", "visiting", "ruling", "rectifying"])
                | Q(target__isnull=False),
                name="case_planned_has_a_target",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CaseComplaint(models.Model):
    """Which complaints a case answers (M:N: one complaint may name two problems)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="complaint_links")
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="case_links")
    joined_at = models.DateTimeField()
    original_case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "complaint"], name="case_complaint_once")]


class CaseNote(models.Model):
    """An internal note of the office on a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
