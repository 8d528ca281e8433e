"""Geometry on WGS-84 coordinates stored as GeoJSON (lng, lat). Distances in metres."""

from __future__ import annotations

from functools import lru_cache
from json import dumps
from math import asin, cos, radians, sin, sqrt
from typing import Any

from shapely import Point, from_geojson, prepare
from shapely.geometry.base import BaseGeometry

EARTH_RADIUS_M = 6_371_008.8


@lru_cache(maxsize=4096)
def _shape(geojson: str) -> BaseGeometry:
    shape = from_geojson(geojson)
    prepare(shape)
    return shape


def contains(outline: dict[str, Any] | None, *, lat: float, lng: float) -> bool:
    """Whether the GeoJSON geometry covers the point. An empty outline covers nothing."""
    if not outline:
        return False
    return bool(_shape(dumps(outline, sort_keys=True)).covers(Point(lng, lat)))


def bounds(outline: dict[str, Any] | None) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a GeoJSON geometry; None for an empty one."""
    if not outline:
        return None
    shape = _shape(dumps(outline, sort_keys=True))
    return None if shape.is_empty else shape.bounds


def distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance in metres (haversine)."""
    half_lat = radians(lat2 - lat1) / 2
    half_lng = radians(lng2 - lng1) / 2
    h = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))
