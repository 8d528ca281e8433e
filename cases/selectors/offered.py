"""Parties offered to a resident who reports: names, addresses and how far they are, nothing else of the register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from cases.models import Target, TargetKind
from teams.geo import distance_m

FEWEST_LETTERS = 2
MOST = 6
NEAR_M = 120.0
_DEGREES = 0.0016  # a box around NEAR_M; the distance is measured after


@dataclass(frozen=True, slots=True)
class Offered:
    """A party with the public facts a resident may see. ``metres``: from the resident's point, where both are known."""

    pk: int
    name: str
    address: str
    metres: int | None = None


def parties_offered(
    *, words: str = "", lat: float | None = None, lng: float | None = None, chosen: Target | None = None
) -> list[Offered]:
    """Those whose name, other name or address holds the words, else those around the point: at most six.

    Fewer than two letters find nothing by name: nobody reads the register through this. A chosen one always stands
    first.
    """
    here = (lat, lng) if lat is not None and lng is not None else None
    text = words.replace("\0", "").strip()[:80]
    named = len(text) >= FEWEST_LETTERS
    found = _named(text) if named else _around(*here) if here else []
    if chosen is not None:
        found = [chosen, *(party for party in found if party.pk != chosen.pk)]
    return [Offered(row.pk, row.name, row.address, _metres(row, here)) for row in found[:MOST]]


def _public() -> QuerySet[Target]:
    rows = Target.objects.filter(active=True, merged_into__isnull=True, kind__in=[TargetKind.BUSINESS, TargetKind.SITE])
    return rows.only("pk", "name", "address", "lat", "lng")


def _named(text: str) -> list[Target]:
    found = _public().filter(Q(name__icontains=text) | Q(address__icontains=text) | Q(aliases__contains=[text]))[:60]
    return sorted(found, key=lambda party: (text not in party.name, len(party.name), party.pk))


def _around(lat: float, lng: float) -> list[Target]:
    box = Q(lat__range=(lat - _DEGREES, lat + _DEGREES), lng__range=(lng - _DEGREES, lng + _DEGREES))
    rows: Iterable[Target] = _public().filter(box)[:200]
    near = sorted(((_metres(row, (lat, lng)) or 0, row.pk, row) for row in rows), key=lambda found: found[:2])
    return [row for metres, _pk, row in near if metres <= NEAR_M]


def _metres(row: Target, here: tuple[float, float] | None) -> int | None:
    if here is None or row.lat is None or row.lng is None:
        return None
    return round(distance_m(*here, row.lat, row.lng))
