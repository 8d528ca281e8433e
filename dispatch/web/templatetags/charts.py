"""Charts drawn by the server: plain SVG whose colours come from classes, so the strict policy and both themes hold.

Every chart stands beside its table (``docs/adr/0010-charts-by-the-server.md``); read aloud, it is one picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 12, 28
MOST_LABELS = 12


def scale_of(most: float, steps: int = 4) -> list[float]:
    """Round values from 0 to at least ``most``, about ``steps`` of them: 1, 2 or 5 times a power of ten apart."""
    if most <= 0:
        return [0, 1]
    rough, power = most / steps, 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough and power > 1:
        power /= 10
    step = next((power * k for k in (1, 2, 5, 10) if power * k >= rough), power * 10)
    step = max(step, 1)
    count = int(-(-most // step))
    return [step * index for index in range(count + 1)]


@register.simple_tag
def columns(label: str, rows: Iterable[dict[str, Any]], names: Sequence[str]) -> SafeString:
    """Draw groups of columns over time. ``rows``: ``label`` and ``values`` (one a series); ``names`` of the series."""
    groups = list(rows)
    marks = scale_of(max((float(v) for row in groups for v in row["values"]), default=0))
    top = marks[-1]
    inner, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    each = inner / max(len(groups), 1)
    bar = min(26.0, each * 0.74 / max(len(names), 1))
    every = -(-len(groups) // MOST_LABELS) or 1
    lines = format_html_join(
        "",
        '<line class="c-line" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="c-y" x="{}" y="{}">{}</text>',
        ((LEFT, WIDTH - RIGHT, *(_y(m, top, tall),) * 2, LEFT - 6, _y(m, top, tall) + 4, f"{m:g}") for m in marks),
    )
    bars = []
    for index, row in enumerate(groups):
        middle = LEFT + each * (index + 0.5)
        for series, value in enumerate(row["values"]):
            y = _y(float(value), top, tall)
            bars.append(
                (
                    series,
                    round(middle - bar * len(names) / 2 + bar * series, 1),
                    y,
                    round(bar - 1, 1),
                    round(TOP + tall - y, 1),
                    f"{row['label']} · {names[series]} {value}",
                )
            )
    drawn = format_html_join(
        "", '<rect class="c-bar c-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>', bars
    )
    ticks = format_html_join(
        "",
        '<text class="c-x" x="{}" y="{}">{}</text>',
        (
            (round(LEFT + each * (index + 0.5), 1), HEIGHT - 8, row["label"])
            for index, row in enumerate(groups)
            if index % every == 0
        ),
    )
    legend = format_html_join(
        "",
        '<span><svg class="c-key" viewBox="0 0 12 12" aria-hidden="true">'
        '<rect class="c-bar c-{}" width="12" height="12"/></svg>{}</span>',
        enumerate(names),
    )
    return format_html(
        '<figure class="chart"><div class="chart-wrap"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '{}{}{}</svg></div><figcaption class="legend">{}</figcaption></figure>',
        *(WIDTH, HEIGHT, label, lines, drawn, ticks, legend),
    )


@register.simple_tag
def curve(
    label: str, points: Sequence[dict[str, Any]], marks: Sequence[dict[str, Any]] = (), at: str = ""
) -> SafeString:
    """Draw a line from zero up over ``points`` (``label``, ``value``); ``marks`` (the same) are level lines with their
    names at the right end; the point labelled ``at`` stands out."""
    levels = scale_of(max([float(one["value"]) for one in (*points, *marks)], default=0))
    top = levels[-1]
    right = WIDTH - (110 if marks else RIGHT + 8)
    tall, step = HEIGHT - TOP - BOTTOM, (right - LEFT - 16) / max(len(points) - 1, 1)
    places = [
        (round(LEFT + 8 + step * index, 1), _y(float(one["value"]), top, tall), one) for index, one in enumerate(points)
    ]
    lines = format_html_join(
        "",
        '<line class="c-line" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="c-y" x="{}" y="{}">{}</text>',
        ((LEFT, right, *(_y(m, top, tall),) * 2, LEFT - 6, _y(m, top, tall) + 4, f"{m:g}") for m in levels),
    )
    named, free = [], 0.0
    for mark in sorted(marks, key=lambda one: -float(one["value"])):
        y = _y(float(mark["value"]), top, tall)
        free = max(y + 4, free)
        named.append((LEFT, right, y, y, right + 6, round(free, 1), f"{mark['label']} {mark['value']}"))
        free += 14  # names of levels that are close stand one under the other
    level_lines = format_html_join(
        "", '<line class="c-mark" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="c-name" x="{}" y="{}">{}</text>', named
    )
    line = format_html('<polyline class="c-curve" points="{}"/>', " ".join(f"{x},{y}" for x, y, _one in places))
    dots = format_html_join(
        "",
        '<circle class="c-dot{}" cx="{}" cy="{}" r="{}"><title>{} · {}</title></circle>',
        (
            (" c-at", x, y, 6, one["label"], one["value"])
            if str(one["label"]) == at
            else ("", x, y, 3, one["label"], one["value"])
            for x, y, one in places
        ),
    )
    ticks = format_html_join(
        "", '<text class="c-x" x="{}" y="{}">{}</text>', ((x, HEIGHT - 8, one["label"]) for x, _level, one in places)
    )
    return format_html(
        '<figure class="chart"><div class="chart-wrap"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        "{}{}{}{}{}</svg></div></figure>",
        *(WIDTH, HEIGHT, label, lines, level_lines, line, dots, ticks),
    )


@register.simple_tag
def bar(value: float | None, most: float | None, part: float = 0) -> SafeString:
    """Draw one lying bar of a table's row, of the longest in its column; ``part`` of it is drawn as late."""
    if not value or not most:
        return mark_safe('<svg class="c-row" viewBox="0 0 100 10" aria-hidden="true"></svg>')  # nosec B308 # fixed words of ours
    whole = round(100 * float(value) / float(most), 1)
    late = round(whole * float(part) / float(value), 1)
    return format_html(
        '<svg class="c-row" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="c-bar c-0" width="{}" height="10"/><rect class="c-bar c-late" width="{}" height="10"/></svg>',
        *(whole, late),
    )


@register.simple_tag
def spark(values: Iterable[float | None]) -> SafeString:
    """Draw a small line of up to some dozen values between 0 and 100; gaps where there is none.

    Two values are a stroke that looks like a trend and is none: nothing is drawn of them.
    """
    points = list(values)
    known = [(i, v) for i, v in enumerate(points) if v is not None]
    if len(known) < 3:
        return mark_safe("")  # nosec B308 # fixed words of ours
    low, high = min(v for _, v in known), max(v for _, v in known)
    span, last = (high - low) or 1, max(len(points) - 1, 1)
    drawn = " ".join(f"{4 + 112 * i / last:.1f},{32 - 26 * (v - low) / span:.1f}" for i, v in known)
    x, y = drawn.split(" ")[-1].split(",")
    return format_html(
        '<svg class="spark" viewBox="0 0 120 36" aria-hidden="true"><polyline points="{}"/>'
        '<circle cx="{}" cy="{}" r="4"/></svg>',
        *(drawn, x, y),
    )


def _y(value: float, top: float, tall: float) -> float:
    return round(TOP + tall - tall * value / (top or 1), 1)
