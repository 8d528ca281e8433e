"""After the work: the office's check after handling, and what each complainant says of the result."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.complaint import Complaint
from teams.models.base import Spoken


class CheckAfter(models.Model):
    """The office's check after handling (核查), by someone who was not on the visit (监管分离)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="checks_after")
    passed = models.BooleanField()
    words = models.CharField(max_length=400)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class ReworkState(models.TextChoices):
    NONE = "none", _("not asked")
    ASKED = "asked", _("asked")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")


class Feedback(Spoken):
    """One complainant's rating of one case: contacted, solved, satisfied (1-5), words."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="feedback")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="feedback")
    contacted = models.BooleanField(_("were you contacted?"))
    solved = models.BooleanField(_("was it solved?"))
    satisfied = models.PositiveSmallIntegerField(_("how satisfied are you?"))
    words = models.TextField(blank=True)
    at = models.DateTimeField()
    rework = models.CharField(max_length=8, choices=ReworkState.choices, default=ReworkState.NONE)
    rework_reason = models.CharField(max_length=240, blank=True)
    rework_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rework_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="feedback_at"),
            models.Index(fields=["case"], condition=models.Q(rework="asked"), name="feedback_asked"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "case"], name="feedback_once"),
            models.CheckConstraint(condition=models.Q(satisfied__range=(1, 5)), name="feedback_scale"),
        ]
