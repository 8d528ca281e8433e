"""What a person keeps at the desk: saved views of the board, and the record of lists that were taken out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BoardView(models.Model):
    """A queue with filters and an order, under a name. Each person has their own; one may be where the day starts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="board_views")
    name = models.CharField(_("name"), max_length=24)
    queue = models.CharField(max_length=12)
    filters = models.JSONField(default=dict, help_text=_("The choices by name, as they were checked."))
    sort = models.CharField(max_length=12)
    is_start = models.BooleanField(_("start page"), default=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="board_view_name_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_start=True), name="board_view_one_start"),
        ]

    def __str__(self) -> str:
        return self.name


class BoardExport(models.Model):
    """A list that left the system: who took it, when, which rows it was and how many. Never what stood in them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    queue = models.CharField(max_length=12)
    filters = models.JSONField(default=dict)
    chosen = models.BooleanField(_("chosen rows only"), default=False)
    rows = models.PositiveIntegerField()
    kind = models.CharField(max_length=4)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="board_export_recent")]
