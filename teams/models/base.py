"""What every named thing of the ground has in common."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_english() -> bool:
    """Whether the active language is English."""
    return (get_language() or "").startswith("en")


class Named(models.Model):
    """A Chinese name and an English one; ``str()`` gives the one of the active language."""

    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        if self.name_en and in_english():
            return self.name_en
        return self.name


class Dated(models.Model):
    """In force from ``starts_on`` (inclusive) until ``ends_on`` (inclusive, empty = still)."""

    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        abstract = True


class Spoken(models.Model):
    """Its choices are said from a kept list: Django hashes all words of a field, translated, to say one of them."""

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field: Any) -> str:  # noqa: N802 # what Django calls behind get_x_display
        value: Any = getattr(self, field.attname)
        said: Any = _said(field).get(value, value)
        words: Any = said if said is None else str(said)  # None stays, as with Django's own
        return cast(str, words)


@cache
def _said(field: Any) -> dict[Any, Any]:
    return dict(field.flatchoices)
