"""The map: open cases and parties in view, streets from far, and the list beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cases.selectors import map as selector
from cases.selectors.boardfilters import TEXT_MAX, filters_in, streets_in
from dispatch.console.boardpage import filter_bar
from dispatch.console.frame import console_view, show
from dispatch.insights.report import streets_for
from dispatch.insights.streets import street_areas, streets_now
from dispatch.web.access import actor_for
from dispatch.web.maps import read_box, read_zoom
from teams.ground import bounds_of, ground_shapes
from teams.models import Street

EARTH = (-180.0, -90.0, 180.0, 90.0)
SHOWN = ("cases", "parties", "streets")


@require_safe
@console_view()
def map_page(request: HttpRequest) -> HttpResponse:
    """The page: filters of the board, the map, and the nearest deadlines of what is in view."""
    actor = actor_for(request)
    what = request.GET.get("show", "cases")
    what = what if what in SHOWN else "cases"
    rows, chosen = selector.open_cases(actor, request.GET)
    box = read_box(request.GET.get("bbox"))
    mine = streets_for(actor)
    wanted = streets_in(request.GET)
    context: dict[str, Any] = {
        "what": what,
        "filter_bar": partial(  # called where the page shows it
            filter_bar, chosen.options, chosen.chosen, reverse("console:map"), filters_in(request.GET)
        ),
        "chosen": chosen.chosen,
        "text_max": TEXT_MAX,
        "cases": selector.case_list(rows, box) if what == "cases" else [],
        "limit": selector.LIST,
        "query": _kept(request),
        "points_url": f"{reverse('console:map_points')}?{_kept(request, show=what)}",
        "tabs": [
            {"url": f"?{_kept(request, show=name)}", "label": label, "current": name == what}
            for name, label in (("cases", _("Open cases")), ("parties", _("Parties")), ("streets", _("Streets")))
        ],
        "streets": streets_now(actor) if what == "streets" else [],
        "fit": fit_of([row for row in mine if row.pk in wanted] or mine),
        "no_streets": not mine,
    }
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return show(request, "console/map.html#list", context)
    return show(request, "console/map.html", context, at="map")


@require_safe
@console_view()
def map_points(request: HttpRequest) -> HttpResponse:
    """GeoJSON of the view (``bbox``, ``zoom``): marks and gathered squares, or streets as areas. Answers 304."""
    actor = actor_for(request)
    what = request.GET.get("show", "cases")
    view = selector.View(read_box(request.GET.get("bbox")) or EARTH, read_zoom(request.GET.get("zoom")))
    if what == "streets":
        collection = street_areas(streets_now(actor))
        for area in collection["features"]:
            _street_words(area["properties"])
    elif what == "parties":
        collection = {"type": "FeatureCollection", "features": selector.party_points(actor, view)}
    else:
        rows, _chosen = selector.open_cases(actor, request.GET)
        collection = {"type": "FeatureCollection", "features": selector.case_points(rows, view)}
    for feature in collection["features"]:
        _address(feature["properties"])
    body = json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(body, content_type="application/geo+json", headers={"ETag": etag})
    patch_cache_control(answer, private=True, no_store=True)
    return answer


def fit_of(streets: Sequence[Street]) -> str:
    """Where the map begins: around the streets, as ``w,s,e,n``; empty where none of them is drawn."""
    ids = {street.pk for street in streets}
    box = bounds_of(shape for shape in ground_shapes() if shape.kind == "street" and shape.id in ids)
    return ",".join(f"{side:.6f}" for side in box) if box else ""


def _address(found: dict[str, Any]) -> None:
    """Where a mark leads, and its words for how many."""
    if found.get("case"):
        found["url"] = reverse("console:case", args=[found["case"]])
    elif found.get("target"):
        found["url"] = reverse("console:party", args=[found["target"]])
    if found.get("count", 0) > 1 and found.get("kind") is None:
        words = ngettext("%(n)s case", "%(n)s cases", found["count"]) % {"n": found["count"]}
        if found.get("late"):
            words = _("%(cases)s, %(late)s late") % {"cases": words, "late": found["late"]}
        found["text"] = words
    if found.get("about"):
        found["text"] = _("%(reference)s, place to about 100 m") % {"reference": found.get("text", "")}


def _street_words(found: dict[str, Any]) -> None:
    found["text"] = _("%(open)s open, %(late)s late, %(visits)s visits under way") % {
        "open": found["count"],
        "late": found["late"],
        "visits": found["visiting"],
    }
    found["url"] = f"{reverse('console:map')}?street={str(found['id']).partition(':')[2]}"


def _kept(request: HttpRequest, **more: str) -> str:
    shown = {"show": request.GET["show"]} if request.GET.get("show") else {}
    return urlencode({**filters_in(request.GET), **shown, **more})
