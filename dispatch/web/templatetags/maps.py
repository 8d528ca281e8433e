"""What a map needs from the server: ``{% load maps %}``; the markup stands in ``templates/parts/map.html``."""

from __future__ import annotations

import json

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def map_tiles() -> str:
    """Tile layers by setting, as JSON for an attribute; empty without any (maps need none)."""
    return json.dumps(settings.MAP_TILES, ensure_ascii=False) if settings.MAP_TILES else ""
