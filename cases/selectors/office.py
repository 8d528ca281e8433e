"""The office's own numbers: data with a source, never constants of the code."""

from __future__ import annotations

from django.db.models import Q

from cases.law import LadderRule
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


def office_phone(street_id: int | None) -> str:
    """The telephone of a street's office (``office_phone``), else the one for all streets; empty where none is set."""
    return str(office_value("office_phone", street_id or 0) or "").strip()


def office_phones() -> dict[int | None, str]:
    """All of them by street; under None the one for all streets."""
    rows = Setting.objects.filter(key="office_phone").values_list("street_id", "value")
    return {street_id: str(value or "").strip() for street_id, value in rows}


def ladder_rule(street_id: int) -> LadderRule:
    """The office's ladder: its own numbers over the usual ones."""
    plain = LadderRule()
    return LadderRule(
        look_back_years=office_setting("ladder_look_back_years", street_id, plain.look_back_years),
        lenient_after=office_setting("ladder_lenient_after", street_id, plain.lenient_after),
        strict_after=office_setting("ladder_strict_after", street_id, plain.strict_after),
    )
