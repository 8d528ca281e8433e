"""A run over a file of parties: what each row would do to the register, shown before anything is written."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models.filerun import FileRun
from cases.models.target import Target
from teams.models.base import Spoken


class PartyRun(FileRun):
    """A file of parties. A run is compared first, then taken in as chosen."""


class RowFate(models.TextChoices):
    """What a row means for the register."""

    NEW = "new", _("new party")
    CHANGE = "change", _("changes a party")
    LIKELY = "likely", _("possible duplicate")
    SAME = "same", _("already there")
    REFUSED = "refused", pgettext_lazy("rows", "refused")


class RowChoice(models.TextChoices):
    """What a person chose, or the default: new ones are added, changes and possible duplicates wait for a person."""

    LEAVE = "leave", _("leave it")
    ADD = "add", _("add as a new party")
    CHANGE = "change", _("change the party")


class PartyRow(Spoken):
    """A row of the file. ``facts`` in our fields; ``changes`` column → before and after; ``taken_at`` when written."""

    run = models.ForeignKey(PartyRun, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField()
    fate = models.CharField(max_length=8, choices=RowFate.choices)
    choice = models.CharField(max_length=8, choices=RowChoice.choices, default=RowChoice.LEAVE)
    fields = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    target = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "fate", "row"], name="party_row_fate"),
            models.Index(
                fields=["run", "row"],
                name="party_row_waiting",
                condition=Q(taken_at__isnull=True) & ~Q(choice="leave"),
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="party_row_once")]
