"""The office's own numbers: data with a source, never constants of the code."""

from __future__ import annotations

from django.db.models import Q

from cases.models import Setting


def office_value(key: str, street_id: int) -> object:
    """What the office set: the street's own before the general one; None where neither did."""
    rows = Setting.objects.filter(Q(street_id=street_id) | Q(street__isnull=True), key=key)
    found = sorted(rows, key=lambda row: row.street_id is None)
    return found[0].value if found else None


def office_setting(key: str, street_id: int, default: int) -> int:
    """A number of the office: the street's own before the general one, else the default."""
    value = office_value(key, street_id)
    return default if value is None else int(str(value))
