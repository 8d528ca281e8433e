"""Fields that take exactly the JSON that the description names: no ``"5"`` for 5, no 1 for true, no day without zeros.

What has the right form and makes no sense (the year 9999) is refused with 422 like every rule of the house.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.refusals import Refused

BIGGEST = 2**63 - 1
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$"
AMOUNT = r"^-?[0-9]{1,8}(\.[0-9]{1,2})?$"


class Text(serializers.CharField):
    """A string; not blank unless blank is allowed."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class TextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = Text

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        blank = bool(self.target.allow_blank)
        return {"type": "string"} if blank else {"type": "string", "minLength": 1, "pattern": r"\S"}


class Whole(serializers.IntegerField):
    """A whole number. ``5.0`` is one in JSON, ``"5"`` and ``true`` are not."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"min_value": -BIGGEST, "max_value": BIGGEST} | more)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data // 1:
            self.fail("invalid")
        return int(data)


class Id(Whole):
    """The number of a row."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"min_value": 1} | more)


class Ids(serializers.ListField):
    """Numbers of rows."""

    child = Id()


class Number(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "pattern": AMOUNT})
class Amount(serializers.DecimalField):
    """A measured value as text (``"48.5"``), so that no digit is lost on the way."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"max_digits": 10, "decimal_places": 2} | more)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not re.fullmatch(AMOUNT, data):
            self.fail("invalid")
        return Decimal(data)


@extend_schema_field({"type": "string", "format": "date", "pattern": DAY})
class Day(serializers.DateField):
    """``2026-07-01``."""

    def to_internal_value(self, data: Any) -> date:
        found: date | None = _read(parse_date, data, DAY)
        if found is None:
            self.fail("invalid", format="YYYY-MM-DD")
        _sensible(found, self.field_name)
        return found


@extend_schema_field({"type": "string", "pattern": HOUR})
class Hour(serializers.TimeField):
    """``20:30`` on the clock of the place."""

    def to_internal_value(self, data: Any) -> time:
        found: time | None = _read(parse_time, data, HOUR)
        if found is None:
            self.fail("invalid", format="hh:mm")
        return found


@extend_schema_field({"type": "string", "format": "date-time", "pattern": MOMENT})
class Moment(serializers.DateTimeField):
    """A moment with its offset (RFC 3339)."""

    def to_internal_value(self, data: Any) -> datetime:
        found: datetime | None = _read(parse_datetime, data.upper() if isinstance(data, str) else data, MOMENT)
        if found is None:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+08:00")
        _sensible(found.date(), self.field_name)
        return found.astimezone(UTC)


@extend_schema_field({"type": "string", "format": "binary", "minLength": 1})
class Upload(serializers.FileField):
    """A file; what it is, even that it is empty, the service looks at (some programs send an empty one as none)."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"allow_empty_file": True} | more)


def _read(parse: Any, data: Any, form: str) -> Any:
    """What the parser makes of the text, None for another form or no such day."""
    if not isinstance(data, str) or not re.fullmatch(form, data):
        return None
    try:
        return parse(data)
    except ValueError:
        return None


def _sensible(day: date, field: str | None) -> None:
    if not FIRST <= day <= LAST:
        raise Refused(
            "day_out_of_range", _("A day between 2000 and 2099 is wanted here."), field=field or None, status=422
        )
