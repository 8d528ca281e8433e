"""Ways to a party for a phone: its own map in that map's own datum, and numbers that can be dialled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from teams.geo import bd09, gcj02

register = template.Library()


@dataclass(frozen=True, slots=True)
class Way:
    """A map of the phone. ``key`` is what the phone remembers as the person's choice."""

    key: str
    label: str | Promise
    url: str


@register.filter
def ways(place: Any) -> list[Way]:
    """Links that open a map of the phone at a place with ``lat`` and ``lng`` (WGS-84); none without a point.

    The system's chooser takes WGS-84, Amap and Tencent GCJ-02, Baidu BD-09. No name goes along: whom the office visits
    is nobody's business.
    """
    if getattr(place, "lat", None) is None or getattr(place, "lng", None) is None:
        return []
    here = _pair(place.lat, place.lng)
    lat, lng = (f"{value:.6f}" for value in gcj02(place.lat, place.lng))
    goal, baidu = quote("检查地点"), quote(f"latlng:{_pair(*bd09(place.lat, place.lng))}|name:检查地点")
    return [
        Way("geo", gettext_lazy("This phone's map"), f"geo:{here}?q={here}"),
        Way("amap", gettext_lazy("Amap"), f"amapuri://route/plan/?dlat={lat}&dlon={lng}&dname={goal}&dev=0&t=2"),
        Way("tencent", gettext_lazy("Tencent Maps"), f"qqmap://map/routeplan?type=walk&to={goal}&tocoord={lat},{lng}"),
        Way(
            "baidu",
            gettext_lazy("Baidu Maps"),
            f"bdapp://map/direction?destination={baidu}&coord_type=bd09ll&mode=walking&src=check-once",
        ),
    ]


@register.filter
def dial(phone: str | None) -> str:
    """The number as a ``tel:`` link takes it; empty when it cannot be dialled (masked, or no number at all)."""
    digits = re.sub(r"[\s()（）-]", "", phone or "")
    return digits if re.fullmatch(r"\+?\d{3,15}", digits) else ""


def _pair(lat: float, lng: float) -> str:
    return f"{lat:.6f},{lng:.6f}"
