"""What stands above the rows of the board: filters that open, the orders, the groups, and every link's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.models import Severity
from cases.selectors.board import since_group
from cases.selectors.boardfilters import FILTERS, LABELS, SINGLE, Options, filters_in
from cases.selectors.boardsort import FIRST, SORTS
from dispatch.console.frame import queue_url
from dispatch.console.rows import Row

GROUPS = {
    "late": (gettext_lazy("Late"), gettext_lazy("leaders, then the head of the office, were told")),
    "hour": (gettext_lazy("Due within an hour"), gettext_lazy("by time left")),
    "day": (gettext_lazy("Due within a day"), ""),
    "later": (gettext_lazy("Later"), gettext_lazy("paused ones go on by themselves")),
}
COLUMNS = {"due": "light", "severity": "ref", "new": "src", "old": "src", "repeats": "n"}
"""The column whose head shows that the rows are in its order."""
MANY = 12
"""A list of choices as long as this gets a box to narrow it."""


def sort_of(query: Mapping[str, Any]) -> str:
    """The order asked for; one that doesn't exist is the first."""
    wanted = str(query.get("sort", ""))
    return wanted if wanted in SORTS else FIRST


def kept(query: Mapping[str, Any]) -> dict[str, str]:
    """Of a query what a link on the page carries on: filters, order and the view it came from."""
    found = filters_in(query)
    if sort_of(query) != FIRST:
        found["sort"] = sort_of(query)
    view = str(query.get("view", ""))
    if view.isascii() and view.isdigit() and len(view) < 10:
        found["view"] = view
    return found


def page_url(queue: str, query: Mapping[str, str], **changes: str | None) -> str:
    """The address of the queue with this query; a change of None takes the name off."""
    return url_with(queue_url(queue), query, **changes)


def url_with(base: str, query: Mapping[str, str], **changes: str | None) -> str:
    """An address with this query; a change of None takes the name off."""
    wanted = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{base}?{urlencode(wanted)}" if wanted else base


def menus(options: Options, chosen: Mapping[str, str], base: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """One menu a filter: its choices as links, what is chosen, and the link that takes it off.

    Each choice has the link that chooses it alone and, where several may hold, the one (``also``) that adds it to the
    others or takes it away from them (``also_words``). The links lead to ``base`` with the query and the filter
    changed. A filter with nothing to choose between is left out, unless something is chosen.
    """
    made = []
    for name in FILTERS:
        choices = options.get(name, ())
        values = chosen.get(name, "").split(",") if chosen.get(name) else []
        if name == "text" or (len(choices) < 2 and not values):
            continue
        texts = [str(text) for key, text in choices if key in values]
        made.append(
            {
                "name": name,
                "label": capfirst(str(LABELS[name])),
                "chosen": texts[0] if texts else "",
                "more": len(texts) - 1,
                "all": _(", ").join(texts),
                "off": url_with(base, query, **{name: None}),
                "narrow": len(choices) >= MANY,
                "items": [
                    {
                        "label": text,
                        "url": url_with(base, query, **{name: key}),
                        "on": key in values,
                        "also": "" if name in SINGLE else url_with(base, query, **{name: _turned(values, key)}),
                        "also_words": (_("Without %(label)s") if key in values else _("Also %(label)s"))
                        % {"label": text},
                    }
                    for key, text in choices
                ],
            }
        )
    return made


def filter_bar(options: Options, chosen: Mapping[str, str], base: str, query: Mapping[str, str]) -> SafeString:
    """The menus as they stand on a page. The same choices, links and language are drawn once a process."""
    offered = tuple((name, tuple((key, str(text)) for key, text in choices)) for name, choices in options.items())
    return _drawn_bar(offered, tuple(chosen.items()), base, tuple(query.items()), get_language())


@lru_cache(maxsize=128)
def _drawn_bar(
    offered: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
    chosen: tuple[tuple[str, str], ...],
    base: str,
    query: tuple[tuple[str, str], ...],
    _language: str | None,
) -> SafeString:
    """Some 100 KB of two hundred links, a third of what a whole board took."""
    return render_to_string("console/filters.html", {"menus": menus(dict(offered), dict(chosen), base, dict(query))})


def _turned(values: Sequence[str], key: str) -> str | None:
    """The values with this one added, or without it."""
    turned = [value for value in values if value != key] if key in values else [*values, key]
    return ",".join(turned) or None


def orders(query: Mapping[str, str], queue: str) -> list[dict[str, Any]]:
    """The orders of the rows as links."""
    present = sort_of(query)
    return [
        {
            "name": name,
            "label": sort.label,
            "on": name == present,
            "url": page_url(queue, query, sort=None if name == FIRST else name),
            "column": COLUMNS[name],
        }
        for name, sort in SORTS.items()
    ]


def groups(rows: list[Row], sort: str) -> list[dict[str, Any]]:
    """The rows under the heads that this order has; without heads one group without a name."""
    moment = now()
    key: Callable[[Row], str]
    if sort == "due":
        key = lambda row: since_group(row.case.due_at, moment)  # noqa: E731 - one of three of one shape
    elif sort == "severity":
        key = lambda row: row.case.severity  # noqa: E731
    else:
        return [{"name": "", "words": "", "rows": rows}] if rows else []
    return [{**_head(sort, name), "rows": list(members)} for name, members in groupby(rows, key=key)]


def _head(sort: str, name: str) -> dict[str, Any]:
    if sort == "due":
        return {"name": GROUPS[name][0], "words": GROUPS[name][1]}
    return {"name": Severity(name).label, "words": ""}


def query_of(text: str) -> dict[str, str]:
    """The query that a form carried along as text."""
    return kept(QueryDict(text[:2000]))


def ids_of(texts: Iterable[str], most: int) -> list[int]:
    """The row keys among the texts, at most so many, each once, in their order."""
    found = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 12]
    return list(dict.fromkeys(found))[:most]
