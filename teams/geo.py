"""Geometry on WGS-84 coordinates stored as GeoJSON (lng, lat). Distances in metres.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are made here, at the edge, and never stored: a WGS-84 point drawn on such a
map is 300 to 700 m off. The formulas are the public ones that every such library uses (ellipsoid of Krasovsky 1940).
"""

from __future__ import annotations

from functools import lru_cache
from json import dumps
from math import asin, atan2, cos, pi, radians, sin, sqrt
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


def distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance in metres (haversine)."""
    half_lat = radians(lat2 - lat1) / 2
    half_lng = radians(lng2 - lng1) / 2
    h = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))


AXIS_M = 6_378_245.0
ECCENTRICITY_2 = 0.006_693_421_622_965_943
BAIDU_TURN = pi * 3000 / 180


def inside_china(lat: float, lng: float) -> bool:
    """Roughly: outside this box maps of China show WGS-84 unchanged."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347


def gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) in GCJ-02 of a WGS-84 point; the same point outside China."""
    if not inside_china(lat, lng):
        return lat, lng
    x, y = lng - 105.0, lat - 35.0
    ripple = 2 / 3 * (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += 2 / 3 * (20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y / 30 * pi))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += 2 / 3 * (20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi))
    curve = 1 - ECCENTRICITY_2 * sin(radians(lat)) ** 2
    north *= 180 / (AXIS_M * (1 - ECCENTRICITY_2) / (curve * sqrt(curve)) * pi)
    east *= 180 / (AXIS_M / sqrt(curve) * cos(radians(lat)) * pi)
    return lat + north, lng + east


def wgs84_of_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """The WGS-84 point that ``gcj02`` turns into this one, to a tenth of a millimetre, by iteration."""
    found_lat, found_lng = lat, lng
    for _step in range(30):
        there_lat, there_lng = gcj02(found_lat, found_lng)
        off_lat, off_lng = there_lat - lat, there_lng - lng
        found_lat, found_lng = found_lat - off_lat, found_lng - off_lng
        if abs(off_lat) < 1e-9 and abs(off_lng) < 1e-9:
            break
    return found_lat, found_lng


def bd09(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) in BD-09 of a WGS-84 point; the same point outside China."""
    if not inside_china(lat, lng):
        return lat, lng
    y, x = gcj02(lat, lng)
    reach = sqrt(x * x + y * y) + 0.000_02 * sin(y * BAIDU_TURN)
    turn = atan2(y, x) + 0.000_003 * cos(x * BAIDU_TURN)
    return reach * sin(turn) + 0.006, reach * cos(turn) + 0.0065
