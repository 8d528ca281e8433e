"""What a resident may learn of others' reports: that something of this kind is open near the place, and since when.

Never who, never the words, never the party, never how far it has come: a kind, a community, a day. Only somebody who
describes the same kind of problem at the same place is told at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.models import Case, Category, Target
from cases.selectors.suggestions import suggest_categories
from teams.geo import distance_m
from teams.models import Community, Street

RECENT = timedelta(days=7)
NEAR_M = 150.0
MOST = 3
_COMPARED = 40
_DEGREES = 0.002  # a box around NEAR_M anywhere in the country; the distance is measured after
_SHORTEST_PLACE = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the resident says it is; any of these may be missing."""

    target: Target | None = None
    lat: float | None = None
    lng: float | None = None
    address: str = ""
    party_name: str = ""


@dataclass(frozen=True, slots=True)
class Joinable:
    """An open case as a stranger may see it. ``case_id`` never leaves the server."""

    case_id: int
    category: Category
    area: Community | Street
    day: date


def joinable_for(*, text: str, spot: Spot) -> list[Joinable]:
    """Open cases of the same kind at the same place that nobody has visited yet, the newest first; at most three."""
    kind = _kind(text)
    if kind is None:
        return []
    found: dict[tuple[object, date], Joinable] = {}
    for case in _at(spot)[:_COMPARED]:
        if _kind_of(case) != kind or not _here(case, spot):
            continue
        area: Community | Street = case.grid.community if case.grid else case.street
        day = timezone.localdate(case.opened_at)
        # Two that look alike to a stranger are one choice: the one that was there first gathers them.
        found.setdefault((area, day), Joinable(case.pk, kind, area, day))
    return sorted(found.values(), key=lambda one: one.day, reverse=True)[:MOST]


def _at(spot: Spot) -> QuerySet[Case]:
    """Candidates by any of the ways that the place is known; none when it is not."""
    where = Q()
    if spot.target is not None:
        where |= Q(target=spot.target) | Q(complaint_links__complaint__target=spot.target)
    if spot.lat is not None and spot.lng is not None:
        where |= Q(
            lat__range=(spot.lat - _DEGREES, spot.lat + _DEGREES), lng__range=(spot.lng - _DEGREES, spot.lng + _DEGREES)
        )
    if spot.target is None:
        if len(spot.address) >= _SHORTEST_PLACE:
            where |= Q(address=spot.address)
        if len(spot.party_name) >= _SHORTEST_PLACE:
            where |= Q(target__name=spot.party_name) | Q(complaint_links__complaint__party_name=spot.party_name)
    if not where:
        return Case.objects.none()
    rows = Case.objects.filter(
        where, stage__in=flow.BEFORE_VISIT, opened_at__gte=now() - RECENT, complaint_count__gte=1
    )
    return rows.select_related("category", "grid__community", "street").distinct().order_by("opened_at", "pk")


def _here(case: Case, spot: Spot) -> bool:
    """Not a neighbour's: another party than the chosen one is another matter, and a box is no circle."""
    if spot.target is not None:
        return case.target_id in (None, spot.target.pk)
    if spot.lat is None or spot.lng is None or case.lat is None or case.lng is None:
        return True
    return distance_m(spot.lat, spot.lng, case.lat, case.lng) <= NEAR_M


def _kind(text: str) -> Category | None:
    hits = suggest_categories(text, limit=1)
    return hits[0].subject if hits else None


def _kind_of(case: Case) -> Category | None:
    if case.category is not None:
        return case.category
    first = case.complaints.order_by("case_links__pk").first()
    return _kind(first.text) if first else None
