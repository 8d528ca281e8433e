"""Timeline, track and stages, drawn by functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.template import Context, Template
from django.utils import translation

from cases.selectors.timeline import Entry

AT = datetime(2026, 8, 21, 12, 10, tzinfo=UTC)  # 20:10 in Taiyuan


def entry(**more: Any) -> Entry:
    given: dict[str, Any] = {
        "at": AT,
        "kind": "",
        "what": "Said <b>",
        "note": "",
        "actor": "",
        "used": None,
        "late": False,
        "event": "case.accepted",
        "subject": "case",
        "subject_id": 1,
        "number": "DM-2608-0001",
        "seq": 1,
    }
    return Entry(**(given | more))


def draw(source: str, **context: Any) -> str:
    with translation.override("en"):
        return Template("{% load look story %}" + source).render(Context(context))


def story(e: Entry, words: str = "", number: str = "") -> str:
    days = [{"day": AT.date(), "rows": [{"e": e, "words": words, "number": number, "day": AT.date()}]}]
    return draw("{% story days %}", days=days)


def test_an_entry_is_a_line_of_its_day() -> None:
    assert story(entry()) == (
        '<section class="day"><h4 class="day-sep"><time datetime="2026-08-21">21 Aug</time></h4>'
        '<ol class="time-list"><li class=""><div class="line1"><span class="what">Said &lt;b&gt;</span>'
        '<time datetime="2026-08-21T20:10:00+08:00">20:10</time></div></li></ol></section>'
    )


def test_who_what_of_which_order_and_how_long() -> None:
    whole = story(entry(actor="<i>", note="a & b", used=timedelta(minutes=5), late=True), number="演示-1")
    assert '<span class="l2">&lt;i&gt;·a &amp; b·演示-1·took 5 min <span class="is-late">late</span></span>' in whole
    assert '<span class="l2">took 0 min</span>' in story(entry(used=timedelta(0)))
    assert '<span class="l2">·演示-1</span>' in story(entry(), number="演示-1")
    assert '<span class="l2">who</span>' in story(entry(actor="who"))


def test_words_are_cut_and_escaped_and_talk_is_marked() -> None:
    whole = story(entry(event="case.noted", kind="note"), words="<" * 300)
    assert '<li class="note talk">' in whole
    assert f'<p class="pre small words">{"&lt;" * 199}…</p>' in whole


def test_a_late_entry_has_its_sign() -> None:
    assert "#l-lateo" in story(entry(kind="late"))


def test_a_track_says_a_day_where_it_changes() -> None:
    points = [
        {"label": "called", "at": AT, "state": "done"},
        {"label": "answered", "at": AT, "state": "ack"},
        {"label": "<here>", "at": AT + timedelta(days=1), "state": "done"},
        {"label": "finished", "at": None, "state": ""},
    ]
    whole = draw("{% track points %}", points=points)
    assert whole.count("21 Aug") == 0
    assert whole.count("22 Aug") == 1
    assert [whole.count(sign) for sign in ("#s-here", "#s-ack", "#s-done", "#track-todo")] == [2, 1, 0, 1]
    assert "&lt;here&gt;" in whole
    assert whole.endswith('finished<span aria-hidden="true"><br>—</span></li></ol>')
    ended = draw("{% track points %}", points=[*points[:3], {"label": "finished", "at": AT, "state": "done"}])
    assert ended.count("#s-done") == 1
    late = draw("{% track points %}", points=[{"label": "no answer", "at": None, "state": "late"}])
    assert '<li class="x">' in late
    assert "#s-silent" in late


def test_stages_say_which_is_now_and_when_each_was() -> None:
    stages = [{"label": "received", "state": "done", "at": AT}, {"label": "<now>", "state": "now"}]
    assert draw("{% steps stages %}", stages=stages) == (
        '<ol class="steps" aria-label="Stages"><li class="done"><span>received <span class="ago">'
        '<time datetime="2026-08-21T20:10:00+08:00" data-short>21 Aug 20:10</time></span></span></li>'
        '<li class="now" aria-current="step"><span>&lt;now&gt;</span></li></ol>'
    )
