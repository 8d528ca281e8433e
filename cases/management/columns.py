"""``--column FIELD=NAME`` of the commands that take files in."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def column_given(text: str) -> tuple[str, str]:
    """The field and its column. ``CommandError`` when it is no pair."""
    field, sign, name = text.partition("=")
    if not sign:
        raise CommandError(_("Write --column FIELD=NAME, not %(text)s.") % {"text": text})
    return field.strip(), name.strip()
