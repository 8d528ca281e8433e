"""Tags and filters of the shared look: ``{% load look %}``.

Everything that is written a hundred times a page (icon, light, squad, moment) is a plain function over
``format_html``; what is written once a page is an inclusion tag over ``templates/parts/``. None of them
knows the present time: a rendered row may be cached, the browser works out the light (static/js/light.js).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from django import forms, template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, pgettext, pgettext_lazy

from dispatch.web.drawing import settled
from dispatch.web.moments import iso, local, moment_words, written

register = template.Library()
_REFERENCE = re.compile(r"\b(?:[A-Z]{2}-)?\d{6}-\d{4}\b")
Text = str | Promise

# What a part's state looks like; the keys are the words of the flow and the short names of the look.
SQUAD_LOOK: Mapping[str, tuple[str, Text]] = {
    "silent": ("silent", gettext_lazy("no answer yet")),
    "called": ("silent", gettext_lazy("no answer yet")),
    "ack": ("ack", pgettext_lazy("squad", "acknowledged")),
    "acknowledged": ("ack", pgettext_lazy("squad", "acknowledged")),
    "here": ("here", pgettext_lazy("squad", "on scene")),
    "on_scene": ("here", pgettext_lazy("squad", "on scene")),
    "done": ("done", pgettext_lazy("squad", "finished")),
    "back": ("back", pgettext_lazy("squad", "returned")),
    "returned": ("back", pgettext_lazy("squad", "returned")),
    "absent": ("back", pgettext_lazy("squad", "absent")),
    "cancelled": ("back", pgettext_lazy("squad", "cancelled")),
    "released": ("back", pgettext_lazy("squad", "released")),
}


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("img/icons.svg")


@lru_cache(maxsize=1024)
def _use(name: str, css: str) -> SafeString:
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, _sprite(), name)


@register.simple_tag
@settled
def sprite() -> str:
    """Give the address of the sprite, for the rare ``<use>`` written by hand."""
    return _sprite()


@register.simple_tag
@settled
def icon(name: str, label: Text = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite; ``label`` is read aloud (without it the icon is decoration)."""
    drawn = _use(name, f"ti {css}".strip())
    return format_html('{}<span class="vh">{}</span>', drawn, label) if label else drawn


@register.simple_tag
@settled
def mark(name: str, css: str = "") -> SafeString:
    """Draw one of our own marks: ``l-ok l-soon l-late l-lateo l-hold s-silent s-ack s-here s-done s-back``."""
    return _use(name, f"mark {css}".strip())


@register.simple_tag
@settled
def fixed(name: str) -> SafeString:
    """Draw a part that says the same to everybody who reads this language; once a process. It gets no context."""
    return _fixed(name, get_language(), get_script_prefix())


@lru_cache(maxsize=64)
def _fixed(name: str, _language: str | None, _prefix: str) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def server_now() -> str:
    """Write this moment as ISO 8601: by it the browser knows how far its own clock is off."""
    return timezone.localtime().isoformat()


@register.simple_tag
def rail_list(items: Iterable[Mapping[str, Any]]) -> SafeString:
    """Draw addresses of the rail with their counts: dicts ``url label icon count late current``."""
    word = pgettext("time", "late")
    rows = [
        _rail_row(i["url"], str(i["label"]), i["icon"], i.get("count"), i.get("late"), bool(i.get("current")), word)
        for i in items
    ]
    return mark_safe(f'<ul class="rail-list">{"".join(rows)}</ul>' if rows else "")  # nosec B308 B703 # noqa: S308


@lru_cache(maxsize=1024)
def _rail_row(
    url: str, label: str, drawn: str, count: int | None, late: int | None, current: bool, word: str
) -> SafeString:
    here = mark_safe(' aria-current="page"') if current else ""  # nosec B308 # fixed words of ours
    over: SafeString | str = ""
    if late:
        over = format_html(
            '<span class="rail-late">{}{}<span class="vh"> {}</span></span>', mark("l-lateo"), capped(late), word
        )
    number = format_html('<span class="rail-n">{}</span>', capped(count)) if count is not None else ""
    return format_html(
        '<li><a href="{}"{}>{}<span class="grow">{}</span>{}{}</a></li>', url, here, icon(drawn), label, over, number
    )


@register.simple_tag
def moment(value: datetime | date | None, style: str = "short") -> SafeString:
    """Write a ``<time>``; see :func:`moment_words`. Nothing for ``None``.

    A ``short`` one loses its date in the browser while it is today's (light.js).
    """
    if not value:
        return mark_safe("")  # nosec B308 # fixed words of ours
    short = " data-short" if style == "short" else ""
    at = local(value) if isinstance(value, datetime) else value
    words = written(at, style) if isinstance(at, datetime) else moment_words(at, style)
    return mark_safe(f'<time datetime="{iso(at)}"{short}>{escape(words)}</time>')  # nosec B308 B703 # noqa: S308 # all ours


@register.filter
def day_words(value: datetime | date | None) -> str:
    """Write a day with its year as plain text, for a sentence: 2026年8月21日 / 21 Aug 2026."""
    return moment_words(local(value).date() if isinstance(value, datetime) else value, "full")


@register.filter
def until_words(value: datetime | date | None) -> str:
    """Write a due moment as plain text, for an attribute: 8月21日 20:10 止 / by 21 Aug 20:10."""
    return gettext("by %(time)s") % {"time": moment_words(value)} if value else ""


@register.filter
def until(value: datetime | date | None) -> SafeString:
    """Write a due moment as ``<time>``; on its own day the browser leaves the date out (light.js)."""
    if not value:
        return mark_safe("")  # nosec B308 # fixed words of ours
    return format_html(
        '<time datetime="{}" data-until>{}</time>',
        iso(local(value) if isinstance(value, datetime) else value),
        until_words(value),
    )


@register.filter
def span_words(value: timedelta | int | float | None) -> str:
    """Write a length of time (seconds or timedelta) in its two largest units at most."""
    if value is None:
        return ""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    minutes = max(seconds, 0) // 60
    if minutes < 60:
        return gettext("%(n)s min") % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        if not minutes:
            return gettext("%(h)s h") % {"h": hours}
        return gettext("%(h)s h %(m)s min") % {"h": hours, "m": minutes}
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.filter
def capped(value: int | None) -> str:
    """Write a count for a badge: nothing above 99 is counted out."""
    number = value or 0
    return "99+" if number > 99 else str(number)


@register.simple_tag
def light(
    due: datetime | None,
    warn: datetime | None = None,
    paused: object = None,
    label: Text = "",
    filled: bool = False,
) -> SafeString:
    """Draw the light of a deadline. The browser works out its state from the stored moments.

    Without JavaScript it shows the due moment itself. ``warn``: the moment of 75 %; ``paused``: truthy while the
    clock stands; ``label``: the stage, written inside ("签收 剩 7 分"); ``filled``: green gets a ground too.
    """
    head: Text | SafeString = format_html("{} ", label) if label else ""
    css = " filled" if filled else ""
    if paused:
        return format_html(
            '<span class="light light-hold{}">{}<span>{}{}</span></span>',
            css,
            mark("l-hold"),
            head,
            pgettext("clock", "paused"),
        )
    if not due:
        return mark_safe("")  # nosec B308 # fixed words of ours
    return format_html(
        '<span class="light light-plain{}" data-due="{}" data-warn="{}" title="{}">'
        "{}<span>{}<span data-t>{}</span></span></span>",
        css,
        due.isoformat(timespec="seconds"),
        warn.isoformat(timespec="seconds") if warn else "",
        moment_words(due, "full"),
        mark("l-plain"),
        head,
        until_words(due),
    )


@register.simple_tag
def state_light(state: str, text: Text, filled: bool = False) -> SafeString:
    """Draw a light whose state is a fact already: a measured value, a certificate. ``ok soon late hold``."""
    return format_html(
        '<span class="light light-{}{}">{}<span>{}</span></span>',
        state,
        " filled" if filled else "",
        mark(f"l-{state}"),
        text,
    )


@register.simple_tag
def squad(name: Text, state: str = "silent", late: bool = False, lead: bool = False) -> SafeString:
    """Draw a squad with the dot of its part's state (see ``SQUAD_LOOK``)."""
    look, words = SQUAD_LOOK.get(state, SQUAD_LOOK["silent"])
    said = gettext("%(state)s, late") % {"state": words} if late else str(words)
    return format_html(
        '<span class="sq sq-{}{}" title="{}">{}{}<span class="cut">{}</span><span class="vh"> {}</span></span>',
        look,
        " is-late" if late else "",
        gettext("%(squad)s: %(state)s") % {"squad": name, "state": said},
        mark(f"s-{look}"),
        format_html(
            '<span class="lead" aria-hidden="true">{}</span><span class="vh">{} </span>',
            pgettext("lead squad", "L"),
            pgettext("squad", "lead"),
        )
        if lead
        else "",
        name,
        said,
    )


def _take(item: Any, key: str, default: Any = None) -> Any:
    return item.get(key, default) if isinstance(item, Mapping) else getattr(item, key, default)


@register.simple_tag
def squads(parts: Iterable[Any] | None, limit: int = 4) -> SafeString:
    """Draw squads in a row; past ``limit`` "+n" names the rest in its title.

    ``parts``: objects or dicts with ``name state late lead``.
    """
    rows = list(parts or ())
    shown = rows if len(rows) <= limit else rows[: max(limit - 1, 1)]
    drawn = format_html_join(
        "",
        "{}",
        (
            (
                squad(
                    _take(p, "name", ""),
                    str(_take(p, "state", "silent")),
                    bool(_take(p, "late")),
                    bool(_take(p, "lead")),
                ),
            )
            for p in shown
        ),
    )
    rest = rows[len(shown) :]
    more: SafeString | str = ""
    if rest:
        names = gettext(", ").join(
            f"{_take(p, 'name', '')} ({SQUAD_LOOK.get(str(_take(p, 'state')), SQUAD_LOOK['silent'])[1]})" for p in rest
        )
        late = any(_take(p, "late") for p in rest)
        more = format_html(
            '<span class="sq sq-more{}" title="{}">+{}<span class="vh">: {}</span></span>',
            " is-late" if late else "",
            names,
            len(rest),
            names,
        )
    return format_html('<span class="squads">{}{}</span>', drawn, more)


@register.simple_tag
def track(points: Iterable[Mapping[str, Any]]) -> SafeString:
    """Draw the participation of one squad: dicts ``label at state``; state ``done ack late`` or empty (not yet).

    A day is said where it is another than that of the point before.
    """
    rows = list(points)
    drawn = []
    day: date | None = None
    for number, point in enumerate(rows, 1):
        state, at = point["state"], point["at"]
        sign = {"late": "s-silent", "": "track-todo", "ack": "s-ack"}.get(state, "s-here")
        if number == len(rows) and sign in ("s-ack", "s-here"):
            sign = "s-done"
        css = ' class="x"' if state == "late" else ' class="y"' if state else ""
        when = '<span aria-hidden="true"><br>—</span>'
        if at:
            before, day = day, local(at).date()
            when = (moment(at, "date") if number > 1 and day != before else "") + moment(at, "time")
        drawn.append(f"<li{css}>{mark(sign)}{conditional_escape(point['label'])}{when}</li>")
    return mark_safe(f'<ol class="track">{"".join(drawn)}</ol>')  # nosec B308 B703 # noqa: S308 # escaped above


@register.inclusion_tag("parts/timeline.html")
def timeline(entries: Iterable[Any]) -> dict[str, object]:
    """Draw a timeline, newest first: ``at kind what note actor used late``; kind ``key late note``."""
    return {"entries": entries}


@register.simple_tag
def steps(stages: Iterable[Mapping[str, Any]]) -> SafeString:
    """Draw the stages of a case: dicts ``label state`` and, where known, ``at``; state ``done now todo``.

    Narrow screens show bars and the present stage.
    """
    drawn = []
    for stage in stages:
        now = ' aria-current="step"' if stage["state"] == "now" else ""
        ago = f' <span class="ago">{moment(stage["at"])}</span>' if stage.get("at") else ""
        label = conditional_escape(stage["label"])
        drawn.append(f'<li class="{escape(stage["state"])}"{now}><span>{label}{ago}</span></li>')
    words = escape(gettext("Stages"))
    return mark_safe(f'<ol class="steps" aria-label="{words}">{"".join(drawn)}</ol>')  # nosec B308 B703 # noqa: S308


@register.inclusion_tag("parts/gauge.html")
def gauge(value: float | None, limit: float | None) -> dict[str, object]:
    """Draw a bar of 100 units, the limit at 70, for a value that must not exceed its limit."""
    scale = 70 / float(limit) if limit else 0.0
    width = min(max(float(value or 0) * scale, 0), 100)
    return {"inside": round(min(width, 70), 1), "over": round(max(width - 70, 0), 1), "limit": limit}


@register.filter
def whole(text: Text) -> SafeString:
    """A sentence whose references and order numbers are not broken at their hyphens."""
    return mark_safe(_REFERENCE.sub(r'<span class="nw">\g<0></span>', conditional_escape(str(text))))  # nosec B308 B703 # noqa: S308


@register.filter
def sentences(rows: Iterable[Text]) -> str:
    """Sentences one after the other: Chinese puts no space between them."""
    return ("" if (get_language() or "").startswith("zh") else " ").join(str(row) for row in rows)


@register.filter
def before_words(label: Text) -> str:
    """A label before what is said of it: with a colon, unless it is a question."""
    said = capfirst(str(label))
    return f"{said} " if said.endswith(("?", "？")) else f"{said}{pgettext('label', ': ')}"


@register.filter
def widget_kind(field: forms.BoundField) -> str:
    """Say which markup a field needs: ``hidden check choices file text``."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    return "file" if isinstance(widget, forms.FileInput) else "text"


@register.filter
def may_be_empty(field: forms.BoundField) -> bool:
    """Whether "optional" says something: not beside a select, which always has a value and says what it is."""
    widget = field.field.widget
    if isinstance(widget, forms.RadioSelect):
        return not field.field.required and not field.value()
    return not field.field.required and (not isinstance(widget, forms.Select) or widget.allow_multiple_selected)
