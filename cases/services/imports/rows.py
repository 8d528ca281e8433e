"""One row of a hotline's file, made sound or refused with a reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from cases.models import RequestKind, Urgency
from cases.planner.quotes import quoted_numbers
from cases.services.imports.reading import BROKEN, named

MAX_TEXT = 20_000

REASONS: Mapping[str, object] = MappingProxyType(
    {
        "number_missing": _("The order number is missing."),
        "number_wrong": _("This is no order number (a spreadsheet may have shortened it)."),
        "text_missing": _("The content is missing."),
        "text_too_long": _("The content is longer than 20,000 characters."),
        "not_readable": _("Some characters can't be read."),
        "too_many_cells": _("There are more cells than columns; a quotation mark may be broken."),
        "time_wrong": _("The time can't be read."),
        "point_wrong": _("The coordinates are not valid."),
        "row_failed": _("The database refused the row."),
    }
)

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-]{2,31}")
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "咨询": RequestKind.ENQUIRY.value,
        "求助": RequestKind.HELP.value,
        "投诉": RequestKind.COMPLAINT.value,
        "举报": RequestKind.TIP_OFF.value,
        "建议": RequestKind.SUGGESTION.value,
        "表扬": RequestKind.OTHER.value,
        "感谢": RequestKind.OTHER.value,
    }
)
_SAYS = re.compile(r"^[^:：，,。]{0,16}?(咨询|求助|投诉|举报|建议|表扬|感谢)")
_NO = frozenset({"否", "不保密", "0", "n", "no", "false", "不需要", "公开"})


@dataclass(frozen=True, slots=True)
class Row:
    """A sound row. ``quotes``: numbers of other orders that its text names."""

    row: int
    number: str
    text: str
    quotes: tuple[str, ...]
    classes: tuple[str, ...] = ()
    original_unit: str = ""
    unit: str = ""
    channel: str = ""
    kind: str = RequestKind.COMPLAINT
    urgency: str = Urgency.GENERAL
    occurred_at: datetime | None = None
    party_name: str = ""
    address: str = ""
    name: str = ""
    phone: str = ""
    keep_secret: bool = True
    lat: float | None = None
    lng: float | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of what the file says, to tell a changed row from the same one."""
        facts = (self.number, self.text, *self.classes, self.original_unit, self.unit)
        return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken; ``code`` is of ``REASONS``."""

    row: int
    code: str


def row_parse(number: int, cells: Sequence[str], header: Sequence[str], columns: Mapping[str, str]) -> Row | BadRow:
    """What the row says in our fields; cells whose column is not mapped are left alone."""
    by_name = named(cells, header)
    if by_name is None:
        return BadRow(number, "too_many_cells")
    cell = {field: by_name.get(column, "").replace("\0", "") for field, column in columns.items() if column}
    if any(BROKEN in value for value in cell.values()):
        return BadRow(number, "not_readable")
    own, text = cell.get("number", "").lstrip("'`").strip(), cell.get("text", "")
    if not own:
        return BadRow(number, "number_missing")
    if not _NUMBER.fullmatch(own) or _SHORTENED.fullmatch(own):
        return BadRow(number, "number_wrong")
    if not text:
        return BadRow(number, "text_missing")
    if len(text) > MAX_TEXT:
        return BadRow(number, "text_too_long")
    try:
        occurred_at = _time(cell.get("occurred_at", ""), own)
    except ValueError:
        return BadRow(number, "time_wrong")
    try:
        lat, lng = _point(cell.get("lat", ""), cell.get("lng", ""))
    except ValueError:
        return BadRow(number, "point_wrong")
    return Row(
        row=number,
        number=own,
        text=text,
        quotes=quoted_numbers(text, own),
        classes=tuple(c for c in (cell.get(f"class{level}", "") for level in (1, 2, 3, 4)) if c),
        original_unit=cell.get("original_unit", "")[:120],
        unit=cell.get("unit", "")[:120],
        channel=cell.get("channel", "")[:24],
        kind=_kind(cell.get("kind", ""), text),
        urgency=_urgency(cell.get("urgency", "")),
        occurred_at=occurred_at,
        party_name=cell.get("party_name", "")[:160],
        address=cell.get("address", "")[:240],
        name=cell.get("name", ""),
        phone=cell.get("phone", ""),
        keep_secret=cell.get("keep_secret", "").lower() not in _NO,
        lat=lat,
        lng=lng,
    )


def _kind(cell: str, text: str) -> str:
    found = next((kind for word, kind in _KINDS.items() if word in cell), None)
    if found is None and (says := _SAYS.match(text)):
        found = _KINDS[says[1]]
    return found or RequestKind.COMPLAINT.value


def _urgency(cell: str) -> str:
    if "特" in cell or cell.lower().startswith("extra"):
        return Urgency.EXTRA.value
    if ("急" in cell and "不" not in cell and "般" not in cell) or cell.lower() == "urgent":
        return Urgency.URGENT.value
    return Urgency.GENERAL.value


def _time(cell: str, number: str) -> datetime | None:
    """The time of the column, else the day that a hotline number of fourteen digits begins with."""
    if cell:
        text = cell.replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
        moment = parse_datetime(text)
        if moment is None:
            day = parse_date(text[:10].strip())
            if day is None:
                raise ValueError(cell)
            moment = datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
        if not 1990 <= moment.year < 2100:
            raise ValueError(cell)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    if len(number) == 14 and number.isdigit():
        try:
            return datetime.strptime(number[:8], "%Y%m%d").replace(tzinfo=timezone.get_default_timezone())
        except ValueError:
            return None
    return None


def _point(lat: str, lng: str) -> tuple[float | None, float | None]:
    if not lat and not lng:
        return None, None
    north, east = float(lat), float(lng)
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise ValueError(lat)
    return north, east
