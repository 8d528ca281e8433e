"""The tree of areas for administration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from teams.models import Assignment, Community, District, Grid, Role, Street


def area_tree(*, ended: bool = False) -> QuerySet[District]:
    """Districts with streets, communities and grids attached; four queries whatever the size. Ended grids on demand."""
    today = timezone.localdate()
    grids = Grid.objects.order_by("code", "starts_on")
    if not ended:
        grids = grids.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
    communities = Community.objects.order_by("code").prefetch_related(Prefetch("grids", grids, to_attr="shown_grids"))
    streets = Street.objects.order_by("code").prefetch_related(Prefetch("communities", communities, to_attr="shown"))
    return District.objects.order_by("code").prefetch_related(Prefetch("streets", streets, to_attr="shown"))


def grid_workers(grid: Grid) -> list[Assignment]:
    """Who reports from the grid today and in the days to come."""
    rows = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()), grid=grid, role=Role.GRID_WORKER
    )
    return list(rows.select_related("user").order_by("starts_on", "pk"))


@dataclass(frozen=True, slots=True)
class Outlines:
    """GeoJSON FeatureCollection of what lies around an area, for the map under its form."""

    features: list[dict[str, Any]]

    def collection(self) -> dict[str, Any]:
        return {"type": "FeatureCollection", "features": self.features}


def outlines_around(area: District | Street | Community | Grid | None, parent: Any = None) -> Outlines:
    """The parent's outline, those of the siblings, and the own, each with its name and part."""
    found: list[dict[str, Any]] = []

    def add(row: Any, part: str) -> None:
        if getattr(row, "outline", None):
            properties = {"name": str(row), "code": row.code, "part": part}
            found.append({"type": "Feature", "geometry": row.outline, "properties": properties})

    whole = parent or getattr(area, "community", None) or getattr(area, "street", None)
    siblings: Any = []
    if isinstance(area, Street) or isinstance(whole, District):
        siblings = Street.objects.exclude(pk=area.pk if area else 0)
    elif isinstance(whole, Street):
        add(whole, "parent")
        siblings = whole.communities.exclude(pk=area.pk if area else 0)
    elif isinstance(whole, Community):
        add(whole if whole.outline else whole.street, "parent")
        siblings = Grid.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()), community__street=whole.street
        ).exclude(pk=area.pk if area else 0)
    for row in siblings:
        add(row, "sibling")
    if area is not None:
        add(area, "own")
    return Outlines(found)
