"""What the search box looks through: a copy of words for the index, written by the database itself (ADR 9)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from teams.models.base import Spoken


class CaseWords(models.Model):
    """The lexemes of one case, two signs of Chinese at a time.

    ``shown`` holds what everybody who sees the case may read; ``everything`` adds the complainants' own words, for the
    office alone. Triggers write it with the rows it copies (cases/migrations/search_words.sql), so it never outlives
    them; nothing but the case's id is ever read from it. The indexes hold each case's spans of ids beside its words
    (``cases.planner.spans``), so that the newest cases are found without reading the matches of years.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="words")
    shown = SearchVectorField()
    everything = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(
                F(column),
                Func(F("case_id"), function="search_spans"),
                name=f"case_words_{column}_near",
                gin_pending_list_limit=512,
            )
            for column in ("shown", "everything")
        ]


class LookupPurpose(models.TextChoices):
    SEARCH = "search", _("search by phone")
    ERASE = "erase", _("to erase a person's data")
    EXPORT = "export", _("to hand a person their data")


class IdentityLookup(Spoken):
    """Each search for a complainant by phone: who and when and how many cases it found, never the number."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=LookupPurpose.choices, default=LookupPurpose.SEARCH)
    found = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="identity_lookup_user")]
