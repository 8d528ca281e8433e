"""Photos and papers. What is shown is the re-encoded copy; the original serves as evidence only."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.checks import exactly_one
from cases.models.complaint import Complaint
from cases.models.finding import Finding
from cases.models.ruling import Ruling
from cases.models.visit import Answer, LabTest, Visit
from teams.models.base import Spoken


class FileState(models.TextChoices):
    STORED = "stored", _("stored")
    READY = "ready", _("ready")
    BROKEN = "broken", _("unreadable")


class File(Spoken):
    """A stored upload. ``key`` names the folder in private storage; ``sha256`` is of the original as it came.

    ``shared_copy`` names the copy that squads see, ``veiled`` the fields made unrecognizable in it
    (``cases.services.sharing``); both stay as they are when the photo is withheld again.
    """

    key = models.CharField(max_length=40, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=FileState.choices, default=FileState.STORED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    original_gone_at = models.DateTimeField(null=True, blank=True)
    shared_with_squads = models.BooleanField(_("the squads may see it"), default=False)
    shared_copy = models.CharField(max_length=24, blank=True, default="", db_default="")
    veiled = ArrayField(models.PositiveSmallIntegerField(), default=list, db_default=[], blank=True)
    client_key = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="file_waiting", condition=models.Q(state="stored"))]


class AttachmentRole(models.TextChoices):
    PHOTO = "photo", _("photo")
    BEFORE = "before", _("before")
    AFTER = "after", _("after")
    REPORT = "report", _("report")
    SIGNATURE = "sign", _("signature")


_SUBJECTS = ("complaint", "case", "visit", "answer", "finding", "ruling", "lab_test")


class Attachment(Spoken):
    """What a file belongs to: exactly one subject."""

    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="attachments")
    role = models.CharField(max_length=8, choices=AttachmentRole.choices, default=AttachmentRole.PHOTO)
    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    ruling = models.ForeignKey(Ruling, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    lab_test = models.ForeignKey(LabTest, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=exactly_one(_SUBJECTS), name="attachment_one_subject")]
