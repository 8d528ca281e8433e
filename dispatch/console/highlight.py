"""A complaint's text with the words that led to a suggestion marked."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from cases.planner.lexemes import plain


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
        css = mark_safe(' class="place"') if is_place else ""  # nosec B308 # fixed words of ours
        drawn.append(format_html("<mark{}>{}</mark>", css, text[start:end]))
        at = end
    drawn.append(escape(text[at:]))
    return mark_safe("".join(drawn))  # nosec B308 B703 # noqa: S308 - every piece was escaped


def found_in(text: str, terms: Iterable[str]) -> SafeString:
    """Escaped text with the terms of a search in ``<mark>``, whatever the width and case of its signs."""
    small = plain(text)
    if len(small) != len(text):  # a sign that becomes several when it is made plain: nothing is marked
        return escape(text)
    whole = [term for term in terms if term in small]
    pairs = [term[at : at + 2] for term in terms if term not in small and len(term) > 2 for at in range(len(term) - 1)]
    words = []
    for term in [*whole, *(pair for pair in pairs if not pair.isascii())]:
        at = small.find(term)
        while at >= 0:
            words.append(text[at : at + len(term)])
            at = small.find(term, at + len(term))
    return highlighted(text, words, ())
