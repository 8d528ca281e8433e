"""The ground of every map: outlines of streets and grids. Public, like the map on a street office's wall."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from teams.ground import Box, Shape, bounds_of, ground_mark, ground_shapes

GRID_ZOOM = 14
"""Grids are drawn from this zoom on."""
LEAST, MOST = 0, 22


@require_safe
def ground(request: HttpRequest) -> HttpResponse:
    """A FeatureCollection of streets, with ``bbox`` and a ``zoom`` of 14 or more also of grids; ``bbox`` around it.

    Properties: ``kind`` (street, grid), ``id``, ``code``, ``name``, ``name_en``, ``at`` [lng, lat] for the name.
    A ``bbox`` or ``zoom`` that can't be read counts as none.
    """
    box, zoom = read_box(request.GET.get("bbox")), read_zoom(request.GET.get("zoom"))
    mark = ground_mark()
    etag = f'"{mark}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        shapes = ground_shapes(box=box, grids=box is not None and zoom >= GRID_ZOOM, mark=mark)
        around = bounds_of(ground_shapes(mark=mark))
        answer = JsonResponse({"type": "FeatureCollection", "bbox": around, "features": [feature(s) for s in shapes]})
        answer["Content-Type"] = "application/geo+json"
        answer["ETag"] = etag
    patch_cache_control(answer, public=True, max_age=300)
    return answer


def feature(shape: Shape) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": shape.outline,
        "properties": {
            "kind": shape.kind,
            "id": shape.id,
            "code": shape.code,
            "name": shape.name,
            "name_en": shape.name_en or shape.name,
            "at": shape.at,
        },
    }


def read_box(text: str | None) -> Box | None:
    """``w,s,e,n`` in degrees; None where it is no box on the earth."""
    try:
        west, south, east, north = (float(part) for part in (text or "").split(","))
    except ValueError:
        return None
    if not all(math.isfinite(value) for value in (west, south, east, north)):
        return None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return None
    return west, south, east, north


def read_zoom(text: str | None) -> int:
    """A whole zoom level, 0 where it can't be read."""
    try:
        value = float(text or "")
    except ValueError:
        return LEAST
    return int(min(max(value, LEAST), MOST)) if math.isfinite(value) else LEAST
