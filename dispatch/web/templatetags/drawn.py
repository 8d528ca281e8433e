"""Parts of the frame that are drawn once for all pages which show the same: ``{% load drawn %}``.

A page is much frame and little content. What follows from a few facts (a name, a count, a language) is kept as text
under these facts, so it cannot be stale; what differs for each reader of the same facts is put in afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

_TOKEN, _PAGE = secrets.token_hex(16), secrets.token_hex(16)
"""Stand in a kept text for the token of the reader's forms and for the address of the page."""
THEMES = ("dark", "light")
ITEM = ("url", "label", "icon", "count", "late", "current")


@register.simple_tag(takes_context=True)
def drawn(context: RequestContext, part: str, **facts: object) -> SafeString:
    """Draw a part that knows nothing but ``facts``, the language and the chosen theme.

    It may hold forms (``csrf_token``) and send them back to this page (``request.get_full_path``).
    """
    request: HttpRequest = context["request"]
    theme = request.COOKIES.get("theme", "")
    plain = tuple((key, _plain(value)) for key, value in facts.items())
    text = _drawn(part, get_language(), get_script_prefix(), theme if theme in THEMES else "", plain)
    text = text.replace(_TOKEN, str(context.get("csrf_token", ""))).replace(_PAGE, escape(request.get_full_path()))
    return mark_safe(text)  # nosec B308 B703 # noqa: S308 - our own template, and what it was given is escaped


@lru_cache(maxsize=1024)
def _drawn(
    part: str, _language: str | None, _prefix: str, theme: str, facts: tuple[tuple[str, str | int | None], ...]
) -> str:
    asked = {"get_full_path": _PAGE, "COOKIES": {"theme": theme}}
    return render_to_string(part, {**dict(facts), "request": asked, "csrf_token": _TOKEN})


@register.simple_tag
def rail_list(items: Iterable[Mapping[str, Any]] | None) -> SafeString:
    """Draw a list of the rail: ``url label icon count late current`` each. Nothing when there are none."""
    links = [_rail_item(get_language(), *(_plain(item.get(name)) for name in ITEM)) for item in items or ()]
    text = f'<ul class="rail-list">{"".join(links)}</ul>' if links else ""
    return mark_safe(text)  # nosec B308 B703 # noqa: S308 - our own template


@lru_cache(maxsize=8192)
def _rail_item(_language: str | None, *facts: str | int | None) -> str:
    return render_to_string("parts/rail_item.html", dict(zip(ITEM, facts, strict=True))).strip()


def _plain(value: object) -> str | int | None:
    """A lazy text as it reads now; nothing that was called safe stays so."""
    return value if value is None or isinstance(value, int) else str(value) + ""
