"""A run over a file that a person looks at before anything is written: compared first, then taken in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models import Street
from teams.models.base import Spoken


class FileRunState(models.TextChoices):
    UPLOADED = "uploaded", _("uploaded")
    COMPARING = "comparing", _("being compared")
    COMPARED = "compared", _("compared, nothing written")
    TAKING = "taking", _("being taken in")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


RUN_BUSY = (FileRunState.COMPARING.value, FileRunState.TAKING.value)
"""States in which a worker has the run, or is to carry it on."""


class FileRun(Spoken):
    """``columns`` maps a field of ours to a column of the file; ``read`` rows were compared, ``done`` ones written."""

    street = models.ForeignKey(Street, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=160)
    path = models.CharField(max_length=240, blank=True)
    state = models.CharField(max_length=10, choices=FileRunState.choices, default=FileRunState.UPLOADED)
    columns = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=240, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
