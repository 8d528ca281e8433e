"""GeoJSON outlines as SVG paths: degrees into the pixels of a box, upright and undistorted at their latitude."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

Box = tuple[float, float, float, float]


class Canvas:
    """Fits boxes (west, south, east, north in degrees) into ``width`` by ``height`` with a margin around."""

    def __init__(self, boxes: Sequence[Box], *, width: float, height: float, margin: float = 0) -> None:
        west, south = min((b[0] for b in boxes), default=0.0), min((b[1] for b in boxes), default=0.0)
        east, north = max((b[2] for b in boxes), default=1.0), max((b[3] for b in boxes), default=1.0)
        self._squeeze = math.cos(math.radians((south + north) / 2)) or 1.0
        across, up = max((east - west) * self._squeeze, 1e-9), max(north - south, 1e-9)
        self._scale = min((width - 2 * margin) / across, (height - 2 * margin) / up)
        self._left = (width - across * self._scale) / 2
        self._top = (height - up * self._scale) / 2
        self._west, self._north = west, north

    def point(self, lng: float, lat: float) -> tuple[float, float]:
        """Pixels from the upper left, one decimal."""
        x = self._left + (lng - self._west) * self._squeeze * self._scale
        y = self._top + (self._north - lat) * self._scale
        return round(x, 1), round(y, 1)

    def path(self, outline: dict[str, Any]) -> str:
        """The ``d`` of a Polygon or MultiPolygon."""
        polygons = outline["coordinates"] if outline["type"] == "MultiPolygon" else [outline["coordinates"]]
        return " ".join(self._ring(ring) for polygon in polygons for ring in polygon)

    def _ring(self, ring: Iterable[Sequence[float]]) -> str:
        points = [self.point(lng, lat) for lng, lat, *_ in ring]
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"
