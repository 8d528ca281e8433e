"""What was found wrong, each to be ruled on by an officer of the competent agency."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from cases.models.catalogue import InspectionItem
from cases.models.need import Need
from cases.models.order import Part
from cases.models.visit import Answer, LabTest, Visit
from teams.models import Agency
from teams.models.base import Spoken


class FindingState(models.TextChoices):
    OPEN = "open", _("to rule")
    RULED = "ruled", _("ruled")


class Finding(Spoken):
    """A fact found at a visit. ``need`` is the reason it came from, so that a recheck goes back to the same case."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="findings")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="findings")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(InspectionItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, null=True, blank=True, related_name="finding")
    lab_test = models.OneToOneField(LabTest, on_delete=models.PROTECT, null=True, blank=True, related_name="finding")
    clause_group = models.CharField(max_length=24, blank=True)
    text = models.CharField(max_length=400)
    state = models.CharField(max_length=6, choices=FindingState.choices, default=FindingState.OPEN)
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["agency"], name="finding_to_rule", condition=Q(state="open"))]

    @property
    def shown(self) -> str:
        """The text for a reader: the item's name in their language, then the officer's words as they are.

        Lists select ``item``. Papers take ``text``, which is kept in Chinese.
        """
        return finding_words(self.text, self.item.name if self.item else "", str(self.item or ""))


def finding_words(text: str, name: str, shown: str) -> str:
    """A finding's text with its item's ``name``, with which it may begin, in the reader's language (``shown``)."""
    if not name or not text.startswith(name):
        return text
    rest = text[len(name) :]
    colon = pgettext("label", ": ")
    return f"{shown}{colon}{rest[2:]}" if rest.startswith(": ") else f"{shown}{rest}"
