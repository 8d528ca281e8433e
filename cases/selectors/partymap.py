"""Parties on a map: points where few are in view, else clusters that the database counts by cells."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Avg, Count, F, Max, Min
from django.db.models.functions import Floor

from cases.models import Target
from cases.selectors.register import Asked, targets_asked
from teams.policies import Actor

POINTS = 400
"""As many single parties in view at most; more are clustered."""
CELLS = 24
"""Cells across the view."""
MARGIN = 0.001
"""Degrees around the parties, some hundred metres, and a tenth of their spread."""
WHOLE = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Cluster:
    """``n`` parties around a point; ``box`` west, south, east, north of them."""

    n: int
    lat: float
    lng: float
    box: tuple[float, float, float, float]


def box_of(actor: Actor, asked: Asked) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the parties that are asked for, with a margin; None where none has a point."""
    found = targets_asked(actor, asked).order_by().aggregate(w=Min("lng"), s=Min("lat"), e=Max("lng"), n=Max("lat"))
    if found["w"] is None:
        return None
    wide, high = (MARGIN + (found[b] - found[a]) / 10 for a, b in (("w", "e"), ("s", "n")))
    return found["w"] - wide, found["s"] - high, found["e"] + wide, found["n"] + high


def parties_in_view(
    actor: Actor, asked: Asked, box: tuple[float, float, float, float] = WHOLE
) -> tuple[list[Target], list[Cluster]]:
    """Parties of the box that are asked for, or clusters of them. Two queries at most."""
    west, south, east, north = box
    rows = targets_asked(actor, asked).filter(lat__range=(south, north), lng__range=(west, east))
    points = list(rows.order_by("pk")[: POINTS + 1])
    if len(points) <= POINTS:
        return points, []
    width = max((east - west) / CELLS, 0.0001)
    height = max((north - south) / CELLS, 0.0001)
    cells = (
        rows.select_related(None)
        .order_by()
        .annotate(row=Floor(F("lat") / height), column=Floor(F("lng") / width))
        .values("row", "column")
        .annotate(n=Count("pk"), y=Avg("lat"), x=Avg("lng"), w=Min("lng"), s=Min("lat"), e=Max("lng"), t=Max("lat"))
    )
    found = [Cluster(c["n"], c["y"], c["x"], (c["w"], c["s"], c["e"], c["t"])) for c in cells]
    return [], found
