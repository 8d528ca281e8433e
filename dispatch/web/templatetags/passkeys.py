"""What the script of passkeys (``passkey.js``) reads from the page."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """JSON for an attribute; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def key_rows(keys: Any) -> list[Any]:
    """The rows of passkeys, which allauth gives to one page plain and to the other wrapped."""
    return [getattr(one, "instance", one) for one in keys or ()]
