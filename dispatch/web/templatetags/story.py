"""The timeline of a case and its orders: ``{% load story %}``. A page draws some twenty entries, each by a function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext

from dispatch.web.templatetags.look import mark, moment, span_words

if TYPE_CHECKING:
    from cases.selectors.timeline import Entry

register = template.Library()
LONGEST = 200
"""Characters of words that are shown; the whole stands where they were written."""


@register.simple_tag
def story(days: Iterable[Mapping[str, Any]]) -> SafeString:
    """Draw the days, the newest first: ``day`` and ``rows`` of ``e`` (an entry), ``words`` and ``number``."""
    drawn = [
        f'<section class="day"><h4 class="day-sep">{moment(one["day"], "date")}</h4>'
        f'<ol class="time-list">{"".join(_line(**row) for row in one["rows"])}</ol></section>'
        for one in days
    ]
    return mark_safe("".join(drawn))  # nosec B308 B703 # noqa: S308 # escaped below


def _line(*, e: Entry, words: str, number: str, day: object) -> str:
    sign = mark("l-lateo") if e.kind == "late" else ""
    said = f'<p class="pre small words">{escape(Truncator(words).chars(LONGEST))}</p>' if words else ""
    css = f"{e.kind} talk" if e.talk else e.kind
    head = f'<div class="line1"><span class="what">{escape(e.what)}</span>{moment(e.at, "time")}</div>'
    return f'<li class="{css}">{sign}{head}{said}{_beside(e, number)}</li>'


def _beside(e: Entry, number: str) -> str:
    """Who, what exactly, of which order, how long it took."""
    who = "·".join(escape(one) for one in (e.actor, e.note) if one)
    of = f"·{escape(number)}" if number else ""
    took = ""
    if e.used is not None:
        took = gettext("took %(span)s") % {"span": escape(span_words(e.used))}
        took = f"·{took}" if who else took
    late = f' <span class="is-late">{escape(pgettext("time", "late"))}</span>' if e.late else ""
    return f'<span class="l2">{who}{of}{took}{late}</span>' if who or of or e.used is not None else ""
