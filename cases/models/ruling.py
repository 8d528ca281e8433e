"""A ruling on a finding, and the recheck it asks for. The system proposes; a person decides and signs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.finding import Finding
from cases.models.need import Need
from teams.models import Agency
from teams.models.base import Spoken


class RulingOutcome(models.TextChoices):
    NOTHING_WRONG = "nothing_wrong", _("nothing wrong")
    GUIDANCE = "guidance", _("guidance")
    CAUTION_CARD = "caution_card", _("caution card")
    RECTIFICATION = "rectification", _("rectification order")
    HAND_OVER = "hand_over", _("hand over to ordinary procedure")


class Ruling(Spoken):
    """``measures`` says what to put right, ``due_at`` by when; ``corrected_at`` when it was put right."""

    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="ruling")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=14, choices=RulingOutcome.choices)
    reason = models.CharField(max_length=400)
    measures = models.CharField(_("what to put right"), max_length=400, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True)
    corrected_on_spot = models.BooleanField(default=False)
    proposal = models.JSONField(_("what the system proposed"), default=dict, blank=True)
    paper_number = models.CharField(max_length=60, blank=True)
    handed_to = models.CharField(max_length=120, blank=True)
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()
    certificate = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome="rectification") | (Q(due_at__isnull=False) & ~Q(measures="")),
                name="rectification_says_what_and_when",
            ),
            models.UniqueConstraint(
                fields=["paper_number"], condition=~Q(paper_number=""), name="ruling_paper_number_once"
            ),
        ]


class Followup(models.Model):
    """The recheck need that a ruling asked for; several rulings of one case share one."""

    ruling = models.ForeignKey(Ruling, on_delete=models.PROTECT, related_name="followups")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="followups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ruling", "need"], name="followup_once")]
