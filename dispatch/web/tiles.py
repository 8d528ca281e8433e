"""Tile layers of maps, by setting. Maps need none: their ground is drawn from the office's own outlines.

``MAP_TILES`` is a JSON list of ``{"name", "url", "attribution", "datum", "subdomains", "max_zoom"}``; only name and url
are needed. ``datum`` is ``wgs84`` (default) or ``gcj02`` (Amap, Tencent): such a layer is shifted in the browser, the
data stay WGS-84. Only the hosts named here may be asked for pictures (the policy's ``img-src``).
Knows no Django: the settings import it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

DATUMS = ("wgs84", "gcj02")
MAX_ZOOM = 18


def read_tiles(text: str) -> list[dict[str, Any]]:
    """The layers of the setting, completed. ValueError says what is wrong."""
    try:
        rows = json.loads(text or "[]")
    except ValueError as error:
        raise ValueError(f"is not JSON ({error})") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("is not a list of objects")
    return [_layer(row) for row in rows]


def _layer(row: dict[str, Any]) -> dict[str, Any]:
    name, url = str(row.get("name", "")).strip(), str(row.get("url", "")).strip()
    if not name or not url:
        raise ValueError("holds a layer without a name or a url")
    if not all(mark in url for mark in ("{x}", "{y}", "{z}")):
        raise ValueError(f"holds a url without {{x}}, {{y}} and {{z}} ({name})")
    parts = urlsplit(url)
    own = not parts.scheme and not parts.netloc and url.startswith("/")
    if not own and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"holds a url that is neither https://… nor /… ({name})")
    datum = str(row.get("datum", "wgs84")).lower()
    if datum not in DATUMS:
        raise ValueError(f"names a datum that is none of {', '.join(DATUMS)} ({name})")
    subdomains = [str(one) for one in row.get("subdomains", "abc")]
    if not subdomains and "{s}" in url:
        raise ValueError(f"uses {{s}} without subdomains ({name})")
    return {
        "name": name,
        "url": url,
        "attribution": str(row.get("attribution", "")),
        "datum": datum,
        "subdomains": subdomains,
        "max_zoom": int(row.get("max_zoom", MAX_ZOOM)),
    }


def tile_hosts(layers: Iterable[dict[str, Any]]) -> list[str]:
    """The origins that the layers are fetched from, for ``img-src``; own paths need none."""
    found: list[str] = []
    for layer in layers:
        for one in layer["subdomains"] if "{s}" in layer["url"] else [""]:
            parts = urlsplit(layer["url"].replace("{s}", one))
            origin = f"{parts.scheme}://{parts.netloc}"
            if parts.netloc and origin not in found:
                found.append(origin)
    return found
