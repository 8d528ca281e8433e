"""Everywhere one can go, on one page of links; the palette of the page's script reads the same list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override, pgettext
from django.views.decorators.http import require_safe

from cases.selectors.boardfilters import options_of
from dispatch.console.boardpage import menus
from dispatch.console.frame import (
    QUEUE_LOOK,
    RAIL_ORDER,
    console_view,
    looks_on,
    queue_url,
    show,
    view_url,
    views_for,
    works,
)
from dispatch.console.pinyin import initials
from dispatch.web.access import actor_for

LANGUAGES = ("zh-hans", "en")


@require_safe
@console_view()
def palette(request: HttpRequest) -> HttpResponse:
    """Queues, views, pages and filters; each with the words by which it is found in either language."""
    queues = RAIL_ORDER if looks_on(actor_for(request)) else ()
    groups = [
        (gettext_lazy("Queues"), [_item(QUEUE_LOOK[name][0], queue_url(name)) for name in queues]),
        (gettext_lazy("My views"), [_item(view.name, view_url(view)) for view in views_for(request)]),
        (gettext_lazy("Work"), _pages(request)),
        (gettext_lazy("Filters"), _filters(request) if queues else []),
    ]
    context = {"places": [{"name": name, "items": items} for name, items in groups if items]}
    template = "console/palette.html#places" if request.headers.get("X-Board") else "console/palette.html"
    return show(request, template, context, at="palette")


def _pages(request: HttpRequest) -> list[dict[str, str]]:
    """The pages of the rail; their names are asked for in both languages."""
    named: dict[str, list[str]] = {}
    for language in LANGUAGES:
        with override(language):
            for work in works(request):
                named.setdefault(work["url"], []).append(str(work["label"]))
    return [_item(work["label"], work["url"], also=named[work["url"]]) for work in works(request)]


def _filters(request: HttpRequest) -> list[dict[str, str]]:
    """Each choice of each filter over all open cases."""
    actor = actor_for(request)
    return [
        _item(item["label"], item["url"], before=menu["label"])
        for menu in menus(options_of(actor), {}, queue_url("all"), {})
        for item in menu["items"]
    ]


def _item(label: Any, url: str, *, before: str | Promise = "", also: Iterable[str] = ()) -> dict[str, str]:
    """A link with its words in both languages and the initials of their pinyin."""
    words = set(also)
    for language in LANGUAGES:
        with override(language):
            words.add(f"{before} {label}".strip())
    words |= {initials(text) for text in words} - {""}
    shown = f"{before}{pgettext('label', ': ')}{label}"
    return {"label": shown if before else str(label), "url": url, "words": " ".join(sorted(words)).lower()}
