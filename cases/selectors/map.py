"""Points of the map: open cases and parties, gathered by the database into squares of the present zoom.

A case stands where its party stands. One without a party stands where it was reported, and only to about a hundred
metres: the exact place of a report may be somebody's home (DOMAIN §4). No complainant and no address is ever given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Floor, Round
from django.utils.translation import get_language

from cases import models
from cases.clock.moment import now
from cases.models import CaseQuerySet, Target
from cases.selectors.board import OPEN_STAGES
from cases.selectors.boardfilters import CaseFilter, options_of, streets_in
from teams.ground import Box
from teams.models import Role
from teams.policies import Actor
from teams.scope import of_own_streets

SQUARE = 72
"""Pixels of a square's side: within it marks would cover each other."""
ALONE_ZOOM = 18
"""From this zoom on nothing is gathered but what stands at one place."""
LIST = 60
BLUR = 3
"""Decimals of a place that is not a party's: three are about a hundred metres."""
Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """What the browser shows: a box in degrees and a zoom."""

    box: Box
    zoom: int

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a square in degrees."""
        pixels = SQUARE if self.zoom < ALONE_ZOOM else 4
        width = pixels * 360 / (256 * 2**self.zoom)
        middle = math.radians((self.box[1] + self.box[3]) / 2)
        return width, width * max(math.cos(middle), 0.05)


def placed(rows: CaseQuerySet) -> Any:
    """The cases that have a place, with ``at_lat`` and ``at_lng`` as the map may show them."""
    return rows.annotate(
        at_lat=Coalesce(F("target__lat"), Round(F("lat"), precision=BLUR), output_field=FloatField()),
        at_lng=Coalesce(F("target__lng"), Round(F("lng"), precision=BLUR), output_field=FloatField()),
    ).filter(at_lat__isnull=False)


def open_cases(actor: Actor, filters: Mapping[str, Any] | None = None) -> tuple[CaseQuerySet, CaseFilter]:
    """Open cases the actor may see, under the filters of the board, and the form that was applied."""
    given = filters or {}
    rows = models.Case.objects.visible_to(actor).filter(stage__in=OPEN_STAGES)
    chosen = CaseFilter(given, rows, actor=actor, options=options_of(actor, street_ids=streets_in(given)))
    return chosen.qs, chosen


def case_points(rows: CaseQuerySet, view: View) -> list[Feature]:
    """Features of the view: a party with its cases, a case alone, or a square with its count. Two queries.

    Each feature has ``late`` (how many of ``count``) and the nearest ``due`` and ``warn``.
    """
    moment = now()
    width, height = view.cell
    west, south, east, north = view.box
    squares = (
        placed(rows)
        .filter(at_lat__range=(south, north), at_lng__range=(west, east))
        .annotate(across=Floor(F("at_lng") / width), up=Floor(F("at_lat") / height))
        .order_by()
        .values("across", "up")
        .annotate(
            count=Count("pk"),
            late=Count("pk", filter=Q(due_at__lt=moment)),
            first=Min("pk"),
            due=Min("due_at"),
            low=Min("target_id"),
            high=Max("target_id"),
            # Of one party only where every case of the square has it: NULLs are counted apart.
            with_target=Count("target_id"),
            lat=Avg("at_lat"),
            lng=Avg("at_lng"),
            west=Min("at_lng"),
            south=Min("at_lat"),
            east=Max("at_lng"),
            north=Max("at_lat"),
        )
    )
    found = list(squares)
    alone = {row["first"] for row in found if _one(row)}
    known = {case.pk: case for case in _rows(alone)}
    return [_single(row, known[row["first"]]) if row["first"] in known else _many(row) for row in found]


def case_list(rows: CaseQuerySet, box: Box | None = None, limit: int = LIST) -> list[models.Case]:
    """The cases of the box by nearest deadline, for the list beside the map; ``at_id`` names each one's mark."""
    shown = placed(rows)
    if box is not None:
        shown = shown.filter(at_lat__range=(box[1], box[3]), at_lng__range=(box[0], box[2]))
    ordered = shown.select_related("target", "category", "street").defer("street__outline")
    ordered = ordered.order_by(F("due_at").asc(nulls_last=True), "pk")
    found = list(ordered[:limit])
    for case in found:
        case.at_id = f"target:{case.target_id}" if case.target_id else f"case:{case.pk}"
    return found


def party_points(actor: Actor, view: View) -> list[Feature]:
    """Parties in the view that the actor may see, gathered like cases. Two queries."""
    width, height = view.cell
    west, south, east, north = view.box
    squares = list(
        parties(actor)
        .filter(lat__range=(south, north), lng__range=(west, east))
        .annotate(across=Floor(F("lng") / width), up=Floor(F("lat") / height))
        .order_by()
        .values("across", "up")
        .annotate(
            count=Count("pk"),
            first=Min("pk"),
            at_lat=Avg("lat"),
            at_lng=Avg("lng"),
            west=Min("lng"),
            south=Min("lat"),
            east=Max("lng"),
            north=Max("lat"),
        )
    )
    names = dict(
        Target.objects.filter(pk__in=[row["first"] for row in squares if row["count"] == 1]).values_list("pk", "name")
    )
    found = []
    for row in squares:
        point = {**row, "lat": row["at_lat"], "lng": row["at_lng"], "late": 0, "due": None}
        if row["first"] in names:
            more = {"id": f"party:{row['first']}", "label": names[row["first"]], "icon": "building-store"}
            found.append(_feature(point, {**more, "target": row["first"]}))
        else:
            found.append(_many(point))
    return found


def parties(actor: Actor) -> QuerySet[Target]:
    """Parties with a place on the actor's streets: the office's, the district's, an auditor's all."""
    rows = Target.objects.filter(active=True, merged_into__isnull=True, lat__isnull=False)
    if actor.has(Role.AUDITOR):
        return rows
    return rows.filter(of_own_streets(actor))


def _rows(ids: Iterable[int]) -> list[models.Case]:
    return list(models.Case.objects.filter(pk__in=list(ids)).select_related("target", "category"))


def _one(row: Mapping[str, Any]) -> bool:
    of_one_party = row["low"] is not None and row["low"] == row["high"] and row["with_target"] == row["count"]
    return bool(row["count"] == 1 or of_one_party)


def _single(row: Mapping[str, Any], case: models.Case) -> Feature:
    english = (get_language() or "").startswith("en")
    category = case.category
    words = "" if category is None else (category.name_en if english and category.name_en else category.name)
    more: dict[str, Any] = {
        "id": f"target:{case.target_id}" if case.target_id else f"case:{case.pk}",
        "label": case.target.name if case.target else words or case.reference,
        "text": words if case.target else case.reference,
        "case": case.pk if row["count"] == 1 else None,
        "target": case.target_id,
        "count": row["count"],
        "late": row["late"],
        "about": case.target_id is None,
    }
    if row["due"]:
        more |= {"due": _iso(row["due"]), "warn": _iso(case.warn_at) if row["count"] == 1 else None}
    else:
        more |= {"n": row["count"]}
    return _feature(row, more)


def _many(row: Mapping[str, Any]) -> Feature:
    more = {
        "kind": "cluster",
        "id": f"square:{row['across']:.0f}:{row['up']:.0f}",
        "count": row["count"],
        "late": row["late"],
        "box": [round(row[side], 6) for side in ("west", "south", "east", "north")],
    }
    return _feature(row, more)


def _feature(row: Mapping[str, Any], properties: Mapping[str, Any]) -> Feature:
    place = [round(row["lng"], 6), round(row["lat"], 6)]
    known = {key: value for key, value in properties.items() if value not in (None, "")}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": known}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
