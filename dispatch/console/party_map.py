"""The register on a map: the list's filters, points and clusters for the view."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.selectors.partymap import WHOLE, box_of, parties_in_view
from dispatch.console.frame import console_view, show
from dispatch.console.party_list import asked_of, kept
from dispatch.web.access import actor_for


@require_safe
@console_view()
def party_map(request: HttpRequest) -> HttpResponse:
    """The parties that the filters ask for, where they are."""
    query = kept(request.GET).urlencode()
    box = box_of(actor_for(request), asked_of(request.GET))
    context = {
        "fit": ",".join(f"{side:.6f}" for side in box) if box else "",
        "query": query,
        "list_url": reverse("console:parties") + (f"?{query}" if query else ""),
        "points_url": reverse("console:party_points") + (f"?{query}" if query else ""),
    }
    return show(request, "console/party_map.html", context, at="parties")


@require_safe
@console_view()
def party_points(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the parties in the view ``bbox`` (west, south, east, north)."""
    points, clusters = parties_in_view(actor_for(request), asked_of(request.GET), _box(request.GET.get("bbox", "")))
    features: list[dict[str, Any]] = [
        _feature(
            target.lat,
            target.lng,
            id=f"party-{target.pk}",
            label=target.name,
            text="·".join(part for part in (target.trade, target.address) if part),
            url=reverse("console:party", args=[target.pk]),
        )
        for target in points
    ]
    features += [
        _feature(
            cluster.lat,
            cluster.lng,
            kind="cluster",
            id=f"cluster-{cluster.lat:.5f}-{cluster.lng:.5f}",
            n=cluster.n,
            count=cluster.n,
            label=_("%(n)s parties") % {"n": cluster.n},
            box=cluster.box,
        )
        for cluster in clusters
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _feature(lat: float | None, lng: float | None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lng, lat]},
        "properties": properties,
    }


def _box(text: str) -> tuple[float, float, float, float]:
    """The box of the address; the whole earth when it can't be read."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return WHOLE
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return WHOLE
    return west, south, east, north
