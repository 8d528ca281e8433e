"""Cards as they are drawn, each kept under what it shows: a phone opens its day all day long, and few cards change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence

from django.core.cache import caches
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from cases.selectors.cards import Card

BLANKS = re.compile(r"\n\s+")
STAMP = "<!--stamp-->"
"""Stands in a card where its form has the reader's token."""


def drawn(request: HttpRequest, cards: Sequence[Card], officer_in: Collection[int]) -> list[SafeString]:
    """Each card as markup; ``officer_in``: the squads where the reader is an officer.

    A card is nothing but what it shows, so the key is the whole card: what changes is drawn anew, what is kept is true.
    """
    keys = [_key(card, card.squad_id in officer_in) for card in cards]
    known: dict[str, str] = caches["rows"].get_many(keys)
    fresh = {
        key: BLANKS.sub("\n", render_to_string("field/card.html", {"card": card, "may": card.squad_id in officer_in}))
        for key, card in zip(keys, cards, strict=True)
        if key not in known
    }
    if fresh:
        caches["rows"].set_many(fresh)
        known |= fresh
    if not keys:
        return []
    token = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))
    # our own template wrote them
    return [mark_safe(known[key].replace(STAMP, token)) for key in keys]  # nosec B308 B703 # noqa: S308


def _key(card: Card, may: bool) -> str:
    digest = hashlib.blake2s(repr(card).encode(), digest_size=16).hexdigest()
    return f"card.{get_language()}.{may:d}.{digest}"
