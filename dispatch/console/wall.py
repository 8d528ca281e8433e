"""The wall screen: a district's streets, or one street, refreshed by the live stream, else every half minute."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cases.clock.moment import now
from dispatch.console.frame import console_view, topics_of
from dispatch.insights.streets import level_of
from dispatch.insights.wall import Wall, wall
from dispatch.web.access import actor_for
from dispatch.web.outlines import Canvas
from dispatch.web.sessions import let_listen
from teams.numbers import is_number

WIDE, HIGH = 1080, 720
TAG = 104
"""Width of the sign that says how many are late, in the units of the drawing."""
WORDS, ABOVE, BELOW = 84, 48, 80
"""What a street's name, number and sign take to each side of its middle, with a mark's own half."""


@require_safe
@console_view()
def wall_screen(request: HttpRequest) -> HttpResponse:
    """The whole screen, or with htmx what changes of it. A street that the reader doesn't see is not found."""
    actor = actor_for(request)
    street = request.GET.get("street", "")
    found = wall(actor, int(street) if is_number(street) else None)
    if found is None and street:
        raise Http404
    context: dict[str, Any] = {
        "today": timezone.localdate(now()),
        "wall": found,
        "street": found.streets[0] if found and street else None,
    }
    if found is not None:
        context |= {"drawn": drawing(found), "rates": _rates(found), "address": request.get_full_path()}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "console/wall.html#now", context)
    response = render(request, "console/wall.html", context)
    let_listen(request, response, topics_of(actor))
    return response


def drawing(found: Wall) -> dict[str, Any]:
    """The real outlines as SVG paths in a box of ``WIDE`` by ``HIGH``, with names, numbers and visits under way."""
    canvas = Canvas([shape.box for shape in found.shapes], width=WIDE, height=HIGH, margin=24)
    now = {row.street_id: row for row in found.streets}
    most = max((row.open for row in found.streets), default=0)
    streets, grids = [], []
    for shape in found.shapes:
        path = canvas.path(shape.outline)
        if shape.kind == "grid":
            grids.append({"path": path})
            continue
        row = now[shape.id]
        x, y = canvas.point(*shape.at)
        tag = {
            "left": round(x - TAG / 2, 1),
            "top": round(y + 36, 1),
            "mark": round(x - TAG / 2 + 7, 1),
            "words": round(x + 11, 1),
        }
        streets.append({"path": path, "x": x, "y": y, "row": row, "level": level_of(row.open, most), "tag": tag})
    spots = []
    for spot in found.spots:
        x, y = _beside(*canvas.point(spot.lng, spot.lat), streets)
        spots.append({"x": x, "y": y, "n": spot.squads})
    return {"streets": streets, "grids": grids, "spots": spots, "wide": WIDE, "high": HIGH}


def _beside(x: float, y: float, streets: list[dict[str, Any]]) -> tuple[float, float]:
    """A visit under way stands beside the words of its street, where both can be read."""
    for street in streets:
        if abs(x - street["x"]) < WORDS and -ABOVE < y - street["y"] < BELOW:
            return round(street["x"] + (WORDS if x >= street["x"] else -WORDS), 1), y
    return x, y


def _rates(found: Wall) -> list[dict[str, Any]]:
    month = found.total["month"]
    return [{"name": name, "rate": getattr(month, name), "trend": found.trends[name]} for name in found.trends]
