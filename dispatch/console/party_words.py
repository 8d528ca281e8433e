"""A party's columns, their values, and reasons for likeness, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from cases.clock.hours import grouped, windows_of
from cases.models import TargetChange, TargetKind

LABELS: Mapping[str, Any] = {
    "street_id": gettext_lazy("street"),
    "kind": gettext_lazy("kind"),
    "name": gettext_lazy("name"),
    "aliases": gettext_lazy("other names"),
    "uscc": gettext_lazy("unified social credit code"),
    "trade": gettext_lazy("trade"),
    "address": gettext_lazy("address"),
    "lat": gettext_lazy("latitude"),
    "lng": gettext_lazy("longitude"),
    "radius_m": gettext_lazy("radius in metres"),
    "stretch": gettext_lazy("stretch of road"),
    "person_in_charge": gettext_lazy("person in charge"),
    "phone": gettext_lazy("phone of the party"),
    "noise_zone": gettext_lazy("noise zone (GB 3096)"),
    "yearly_cap": gettext_lazy("inspections a year, at most"),
    "no_disturb": gettext_lazy("on the no-disturb list"),
    "no_disturb_reason": gettext_lazy("why it is on the list"),
    "no_disturb_until": gettext_lazy("on the list until"),
    "hours": gettext_lazy("opening hours"),
    "active": pgettext_lazy("party", "still there"),
    "merged_into_id": gettext_lazy("merged into"),
}
NOTES: Mapping[str, Any] = {
    "organisation_same": gettext_lazy("the organisation in the credit code is the same (%(code)s)"),
    "name_same": gettext_lazy("same name"),
    "name_alike": gettext_lazy("names alike, %(percent)s%%"),
    "address_same": gettext_lazy("same address"),
    "address_alike": gettext_lazy("addresses alike, %(percent)s%%"),
    "near": gettext_lazy("%(metres)s m apart"),
    "uscc_same": gettext_lazy("same credit code"),
    "row_same": gettext_lazy("like row %(row)s of the file"),
}


def day_name(day: int) -> str:
    """Monday is 1."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day - 1]


def hours_words(rows: Iterable[Any]) -> list[str]:
    """``Mon–Fri 09:00-22:00``, ``Sun closed``; empty when nobody has said."""
    windows = windows_of(rows)
    if not windows:
        return []
    found = []
    for first, last, words in grouped(windows):
        days = day_name(first) if first == last else f"{day_name(first)}–{day_name(last)}"
        found.append(f"{days} {words or pgettext('hours', 'closed')}")
    return found


def stretch_text(shape: Any) -> str:
    """A stretch of road as a person writes it: a point a line, latitude first."""
    points = shape.get("coordinates", []) if isinstance(shape, dict) else []
    return "\n".join(f"{point[1]:.6f}, {point[0]:.6f}" for point in points)


def value_words(column: str, value: Any) -> str:
    """A value of the history; a dash for nothing."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if column == "kind" and value in TargetKind.values:
        return str(TargetKind(value).label)
    if column == "hours":
        return "；".join(hours_words(value))
    if column == "stretch":
        return _("%(n)s points") % {"n": len(value.get("coordinates", []))}
    if column == "no_disturb_until" and (day := parse_date(str(value))):
        return formats.date_format(day, _("j M Y"))
    if column in ("lat", "lng"):
        return f"{value:.5f}"
    if column == "merged_into_id":
        return f"#{value}"
    return "、".join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A column before and after."""

    column: str
    label: str
    before: str
    after: str


def lines_of(changes: Mapping[str, Any]) -> list[Line]:
    """Changes in the order of the columns."""
    return [
        Line(column, str(label), value_words(column, changes[column][0]), value_words(column, changes[column][1]))
        for column, label in LABELS.items()
        if column in changes and column != "merged_into_id"
    ]


def notes_words(notes: Iterable[Mapping[str, Any]]) -> str:
    """Why two entries may be one party."""
    return "，".join(str(NOTES[note["code"]]) % note["params"] for note in notes if note["code"] in NOTES)


def history_entries(rows: Iterable[TargetChange]) -> list[dict[str, Any]]:
    """The history as its list shows it."""
    return [
        {
            "row": row,
            "what": row.get_kind_display(),
            "lines": [] if row.kind == "created" else lines_of(row.changes),
            "who": row.actor.name if row.actor else _("the system"),
        }
        for row in rows
    ]
