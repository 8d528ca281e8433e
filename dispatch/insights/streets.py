"""Streets side by side, for the district page, the map from far and the wall. By code: never a league table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from cases.clock.moment import now
from cases.models import Case, CaseStage, Order, OrderState
from cases.selectors.board import OPEN_STAGES
from dispatch.insights.report import Sums, streets_for, totals
from teams.ground import ground_shapes
from teams.models import Street
from teams.policies import Actor

RATE_DAYS = 30
"""The three rates look back so many days, today included."""
WEEK = 7
LEVELS = 3


@dataclass(frozen=True, slots=True)
class StreetNow:
    """One street: what stands there now, and its figures of 7 days (``week``) and 30 days (``month``)."""

    street: Street
    open: int
    late: int
    to_accept: int
    way: int
    visiting: int
    week: Sums
    month: Sums

    @property
    def name(self) -> str:
        return str(self.street)

    @property
    def street_id(self) -> int:
        return self.street.pk


def streets_now(actor: Actor, street_ids: Sequence[int] | None = None) -> list[StreetNow]:
    """The actor's streets (or those of them in ``street_ids``), by code. Nine queries at most."""
    streets = [row for row in streets_for(actor) if street_ids is None or row.pk in street_ids]
    ids = [row.pk for row in streets]
    moment = now()
    today = timezone.localdate(moment)
    counts: dict[int, dict[str, Any]] = {
        row["street"]: dict(row)
        for row in Case.objects.filter(street_id__in=ids, stage__in=OPEN_STAGES)
        .order_by()
        .values("street")
        .annotate(
            open=Count("pk"),
            late=Count("pk", filter=Q(due_at__lt=moment)),
            to_accept=Count("pk", filter=Q(stage=CaseStage.RECEIVED)),
            way=Count("pk", filter=Q(stage=CaseStage.DISPATCHED)),
        )
    }
    visiting = dict(
        Order.objects.filter(street_id__in=ids, state=OrderState.ON_SCENE)
        .order_by()
        .values_list("street")
        .annotate(n=Count("pk"))
    )
    week = totals(today - timedelta(days=WEEK - 1), today, ids)
    month = totals(today - timedelta(days=RATE_DAYS - 1), today, ids)
    return [
        StreetNow(
            street=row,
            open=counts.get(row.pk, {}).get("open", 0),
            late=counts.get(row.pk, {}).get("late", 0),
            to_accept=counts.get(row.pk, {}).get("to_accept", 0),
            way=counts.get(row.pk, {}).get("way", 0),
            visiting=visiting.get(row.pk, 0),
            week=week[row.pk],
            month=month[row.pk],
        )
        for row in streets
    ]


def whole(rows: Sequence[StreetNow]) -> dict[str, Any]:
    """All streets together: the sums of what stands now, ``week`` and ``month``."""
    week, month = Sums(), Sums()
    for row in rows:
        for sums, more in ((week, row.week), (month, row.month)):
            for name in Sums.__slots__:
                setattr(sums, name, getattr(sums, name) + getattr(more, name))
    names = ("open", "late", "to_accept", "way", "visiting")
    return {**{name: sum(getattr(row, name) for row in rows) for name in names}, "week": week, "month": month}


def level_of(count: int, most: int) -> int:
    """How deep an area is drawn, 0 to 3: more open work, deeper; the number stands beside it in any case."""
    return 0 if not count or not most else min(LEVELS, 1 + (count * LEVELS - 1) // most)


def street_areas(rows: Sequence[StreetNow]) -> dict[str, Any]:
    """Outlines as GeoJSON areas with ``count``, ``late``, ``visiting`` and a ``level`` by the most open work."""
    shapes = {shape.id: shape for shape in ground_shapes() if shape.kind == "street"}
    most = max((row.open for row in rows), default=0)
    features = [
        {
            "type": "Feature",
            "geometry": shapes[row.street_id].outline,
            "properties": {
                "kind": "area",
                "id": f"street:{row.street_id}",
                "label": row.name,
                "at": shapes[row.street_id].at,
                "count": row.open,
                "late": row.late,
                "visiting": row.visiting,
                "level": level_of(row.open, most),
            },
        }
        for row in rows
        if row.street_id in shapes
    ]
    return {"type": "FeatureCollection", "features": features}
