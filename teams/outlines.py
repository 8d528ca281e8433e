"""Outlines of areas as GeoJSON geometries: read, checked against parent and siblings, measured. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from django.utils.translation import gettext_lazy as _
from shapely import from_geojson, make_valid
from shapely.errors import GEOSException
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from teams.datum import to_wgs84

Geometry = dict[str, Any]
TOLERANCE = 0.01
"""Share of the smaller area that may lie outside the parent or over a sibling: hand-drawn borders never fit exactly."""
MOST_POINTS = 20_000
KM2 = 111.32**2


@dataclass(frozen=True, slots=True)
class Fault:
    """``code`` for machines; ``words`` with ``facts`` to be filled in."""

    code: str
    words: object
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return str(self.words) % dict(self.facts)


def read_outline(text: str | Geometry, datum: str = "wgs84") -> tuple[Geometry | None, Fault | None]:
    """A polygon or multipolygon in WGS-84, from GeoJSON text (a geometry, a feature, a collection of one); or what is
    wrong with it. ``datum`` says what the numbers mean: ``wgs84`` or ``gcj02``."""
    try:
        data = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None, Fault("not_geojson", _("This is no GeoJSON."), {})
    if isinstance(data, dict) and data.get("type") == "FeatureCollection":
        features = data.get("features") or []
        if len(features) != 1:
            return None, Fault("not_one_feature", _("One outline is wanted, not a collection."), {})
        data = features[0]
    if isinstance(data, dict) and data.get("type") == "Feature":
        data = data.get("geometry")
    if not isinstance(data, dict) or data.get("type") not in ("Polygon", "MultiPolygon"):
        return None, Fault("not_a_polygon", _("An outline is a polygon or several polygons."), {})
    try:
        shape = from_geojson(json.dumps(data))
    except (GEOSException, ValueError, TypeError):
        return None, Fault("not_geojson", _("This is no GeoJSON."), {})
    if shape.is_empty:
        return None, Fault("not_a_polygon", _("An outline is a polygon or several polygons."), {})
    return _sound(shape, datum)


def _sound(shape: BaseGeometry, datum: str) -> tuple[Geometry | None, Fault | None]:
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return None, Fault("not_degrees", _("The numbers are no longitudes and latitudes in degrees."), {})
    if len(shape.__geo_interface__["coordinates"]) and _points(shape) > MOST_POINTS:
        return None, Fault("too_many_points", _("At most %(most)s corners."), {"most": MOST_POINTS})
    if not shape.is_valid:
        return None, Fault("crosses_itself", _("The outline crosses itself."), {})
    outline = plain(mapping(shape))
    if datum == "gcj02":
        outline = {**outline, "coordinates": _moved(outline["coordinates"])}
    return outline, None


def plain(geometry: Mapping[str, Any]) -> Geometry:
    """Lists instead of tuples, seven decimals (a centimetre)."""

    def rounded(value: Any) -> Any:
        return [rounded(one) for one in value] if isinstance(value, list | tuple) else round(float(value), 7)

    return {"type": str(geometry["type"]), "coordinates": rounded(geometry["coordinates"])}


def _moved(value: Any) -> Any:
    if value and isinstance(value[0], float | int):
        lat, lng = to_wgs84(float(value[1]), float(value[0]))
        return [round(lng, 7), round(lat, 7)]
    return [_moved(one) for one in value]


def check_inside(outline: Geometry, parent: Geometry | None, name: str) -> Fault | None:
    """Whether it lies in the parent's outline, when that is drawn."""
    if not parent:
        return None
    shape, whole = _shape(outline), _shape(parent)
    outside = shape.difference(whole).area / shape.area
    if outside > TOLERANCE:
        share = max(1, round(outside * 100))
        return Fault("outside", _("%(share)s %% of it lies outside of %(name)s."), {"share": share, "name": name})
    return None


def check_apart(outline: Geometry, siblings: Iterable[tuple[str, Geometry]]) -> list[Fault]:
    """Which siblings it lies over by more than the tolerance."""
    shape = _shape(outline)
    found = []
    for name, other in siblings:
        near = _shape(other)
        if not shape.intersects(near):
            continue
        share = shape.intersection(near).area / min(shape.area, near.area)
        if share > TOLERANCE:
            facts = {"share": max(1, round(share * 100)), "name": name}
            found.append(Fault("overlaps", _("It lies over %(name)s by %(share)s %%."), facts))
    return found


def area_km2(outline: Geometry) -> float:
    """Its size in square kilometres, near enough to be recognised."""
    shape = _shape(outline)
    return float(shape.area * KM2 * cos(radians(shape.centroid.y)))


def outline_words(outline: Any) -> str:
    """An outline as the history tells it: corners and size."""
    try:
        return f"{_points(_shape(outline))} ⬡ {area_km2(outline):.2f} km²"
    except (GEOSException, ValueError, TypeError, KeyError):
        return "⬡"


def _points(shape: BaseGeometry) -> int:
    parts = getattr(shape, "geoms", [shape])
    return sum(len(part.exterior.coords) - 1 + sum(len(ring.coords) - 1 for ring in part.interiors) for part in parts)


def _shape(outline: Geometry) -> BaseGeometry:
    shape = from_geojson(json.dumps(outline))
    return shape if shape.is_valid else make_valid(shape)
