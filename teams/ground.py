"""The ground that maps are drawn on: outlines of streets and grids as GeoJSON, rounded to a metre, WGS-84."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from json import dumps
from typing import Any

from django.db import connection
from django.utils import timezone
from shapely import GEOSException, from_geojson
from shapely.geometry.base import BaseGeometry

from teams.models import Grid, Street
from teams.selectors import in_force

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

PLACES = 5
"""Decimals of a coordinate: five are about a metre."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One drawn area. ``at`` is a point inside it, for its name."""

    kind: str  # street, grid
    id: int
    code: str
    name: str
    name_en: str
    outline: dict[str, Any]
    at: tuple[float, float]
    box: Box


def ground_mark() -> str:
    """What changes when any outline, name or grid in force does. One query; good as an ETag."""
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5((SELECT coalesce(string_agg(md5(concat(id, code, name, name_en, outline)), '' ORDER BY id), '')"
            " FROM teams_street WHERE outline IS NOT NULL) || (SELECT coalesce(string_agg(md5(concat(id, code, name,"
            " name_en, outline)), '' ORDER BY id), '') FROM teams_grid WHERE outline IS NOT NULL AND starts_on <= %s"
            " AND (ends_on IS NULL OR ends_on >= %s)))",
            [today, today],
        )
        row = cursor.fetchone()
    return str(row[0])


def ground_shapes(*, box: Box | None = None, grids: bool = False, mark: str = "") -> list[Shape]:
    """Streets, and grids in force if asked for, whose outline meets the box (all without one), streets first.

    ``mark`` is a fresh ``ground_mark()``; shapes are kept in memory under it.
    """
    found = _all(mark or ground_mark(), timezone.localdate())
    wanted = (shape for shape in found if grids or shape.kind == "street")
    return [shape for shape in wanted if box is None or _meets(shape.box, box)]


def bounds_of(shapes: Iterable[Shape]) -> Box | None:
    """The box around all shapes; None without any."""
    boxes = [shape.box for shape in shapes]
    if not boxes:
        return None
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


@lru_cache(maxsize=2)
def _all(_mark: str, today: date) -> tuple[Shape, ...]:
    streets = Street.objects.filter(outline__isnull=False).order_by("code")
    grids = Grid.objects.filter(in_force(today), outline__isnull=False).order_by("code")
    drawn = [*(_shape("street", row) for row in streets), *(_shape("grid", row) for row in grids)]
    return tuple(shape for shape in drawn if shape is not None)


def _shape(kind: str, row: Street | Grid) -> Shape | None:
    # An outline that is no geometry is left out of the map, not out of the office: its page says what is wrong.
    try:
        geometry: BaseGeometry = from_geojson(dumps(row.outline))
        inside = geometry.representative_point()
        box = geometry.bounds
    except (GEOSException, TypeError, ValueError):
        return None
    if geometry.is_empty or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    outline = {"type": geometry.geom_type, "coordinates": _rounded((row.outline or {})["coordinates"])}
    at = (round(inside.x, PLACES), round(inside.y, PLACES))
    return Shape(kind, row.pk, row.code, row.name, row.name_en, outline, at, (box[0], box[1], box[2], box[3]))


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, (int, float)):
        return round(coordinates, PLACES)
    return [_rounded(one) for one in coordinates]


def _meets(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]
