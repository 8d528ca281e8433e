"""The office's own numbers: data with a source, never constants of the code."""

from __future__ import annotations

from django.db.models import Q

from cases.models import Setting


def office_setting(key: str, street_id: int, default: int) -> int:
    """A number of the office: the street's own before the general one, else the default."""
    rows = Setting.objects.filter(Q(street_id=street_id) | Q(street__isnull=True), key=key)
    found = sorted(rows, key=lambda row: row.street_id is None)
    return int(found[0].value) if found else default
