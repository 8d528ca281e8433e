"""A complaint's text with the words that led to a suggestion marked."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe


def highlighted(text: str, words: Iterable[str], places: Iterable[str]) -> SafeString:
    """Escaped text; ``words`` in ``<mark>``, ``places`` in ``<mark class="place">``; overlaps keep the earlier one."""
    spans: list[tuple[int, int, bool]] = []
    for terms, is_place in ((places, True), (words, False)):
        for term in dict.fromkeys(terms):
            start = text.find(term) if term else -1
            while start >= 0:
                spans.append((start, start + len(term), is_place))
                start = text.find(term, start + len(term))
    drawn: list[str] = []
    at = 0
    for start, end, is_place in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at:
            continue
        drawn.append(escape(text[at:start]))
        css = mark_safe(' class="place"') if is_place else ""
        drawn.append(format_html("<mark{}>{}</mark>", css, text[start:end]))
        at = end
    drawn.append(escape(text[at:]))
    return mark_safe("".join(drawn))  # noqa: S308 - every piece was escaped
