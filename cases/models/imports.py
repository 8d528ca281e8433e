"""A run over a hotline file and the rows it refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models import Street
from teams.models.base import Spoken


class RunState(models.TextChoices):
    UPLOADED = "uploaded", _("uploaded")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ImportRun(Spoken):
    """``columns`` maps a field of ours to a column of the file; counts grow while it runs."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=160)
    path = models.CharField(max_length=240, blank=True)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.UPLOADED)
    dry_run = models.BooleanField(default=False)
    columns = models.JSONField(default=dict)
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=240, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)


class ImportRefusal(models.Model):
    """A row that was not taken: its number in the file (header = 1) and why."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="refusals")
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    reason = models.CharField(max_length=240)
