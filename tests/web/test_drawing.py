"""Quickened templates say what Django's own say, to the byte."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.template.base import TextNode
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse, set_script_prefix
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from cases.models import Case, CaseStage, Finding
from dispatch.web import drawing
from dispatch.web.links import numbered

LOAD = "{% load i18n static look %}"


class Thing:
    name = "<b>"
    _hidden = 1

    def __init__(self) -> None:
        self.asked = 0

    def said(self) -> str:
        self.asked += 1
        return f"said & {self.asked}"

    def wants(self, more: str) -> str:
        return more

    def deletes(self) -> str:
        raise AssertionError("a template must not")

    deletes.alters_data = True  # type: ignore[attr-defined]

    @property
    def fails(self) -> str:
        raise KeyError("its own")

    @property
    def lacks(self) -> str:
        raise AttributeError("its own")


def world() -> dict[str, Any]:
    return {
        "thing": Thing(),
        "plain": "a < b",
        "safe": mark_safe("<i>"),
        "number": 12345,
        "big": Decimal("1234.50"),
        "none": None,
        "yes": True,
        "at": datetime(2026, 8, 21, 12, 10, tzinfo=UTC),
        "lazy": gettext_lazy("Search"),
        "lazy_thing": SimpleLazyObject(Thing),
        "rows": [{"n": 1, "items": "own"}, {"n": 0}],
        "deep": {"a": {"b": "c & d"}},
        "case": Case(pk=7, stage=CaseStage.PLANNING, title="<t>"),
        "finding": Finding(pk=3),
        "stages": CaseStage,
        "call": lambda: "called",
        "empty": "",
    }


SAID = [
    ("{{ plain }}{{ safe }}{{ number }}{{ big }}{{ none }}{{ yes }}{{ at }}{{ lazy }}{{ missing }}{{ missing.more }}"),
    ("{{ plain|safe }}{{ plain|upper }}{{ missing|default:plain }}{{ none|default:'–' }}{{ deep.a.b|default:plain }}"),
    "{{ thing.name }}{{ thing.said }}{{ thing.said }}{{ thing.deletes }}{{ thing.wants }}{{ thing.gone }}",
    "{{ lazy_thing.name }}{{ lazy_thing.said }}{{ call }}{{ rows.0.n }}{{ rows.1.gone }}{{ rows.9 }}{{ plain.0 }}",
    (
        "{{ deep.a.b }}{{ deep.items }}{{ deep.gone.more }}{{ rows.0.items }}{{ stages.CLOSED }}"
        "{{ stages.CLOSED.label }}"
    ),
    ("{{ case }}{{ case.title }}{{ case.get_stage_display }}{{ case.target }}{{ case.street_id }}{{ finding.ruling }}"),
    (
        "{% autoescape off %}{{ plain }}{{ safe }}{% translate 'Search' %}{% icon 'search' %}{{ number }}"
        "{% endautoescape %}"
    ),
    "{% if plain %}1{% endif %}{% if missing %}2{% else %}3{% endif %}{% if none %}{% elif yes %}4{% endif %}",
    (
        "{% if finding.ruling %}1{% else %}2{% endif %}{% if missing.more == none %}5{% endif %}"
        "{% if not thing.gone %}6{% endif %}"
    ),
    (
        "{% if plain and number > 5 or missing %}7{% endif %}{% if 1 in rows.0 %}8{% endif %}"
        "{% if thing.said|length > 3 %}9{% endif %}"
    ),
    (
        "{% for row in rows %}{% if forloop.first %}(|{% endif %}{{ row.n }}{% translate 'Search' %}"
        "{% empty %}–{% endfor %}"
    ),
    "{% if none|default:missing %}1{% else %}2{% endif %}{% if plain|default:missing == 'x' %}3{% else %}4{% endif %}",
    "{% for row in gone %}{{ row }}{% empty %}– {% translate 'Search' %}{% endfor %}",
    "a{% comment %}b{% endcomment %}c{# d #}{% load i18n %}e",
    (
        "<p>{% translate 'Search' %}</p>{% icon 'search' %}{% translate 'late' context 'time' %}{% sprite %}"
        "{% static 'img/logo.svg' %}"
    ),
    (
        "{% translate 'Search' as words %}{{ words }}{% translate plain %}{% translate lazy %}"
        "{% translate 'a 5% part' %}"
    ),
    "{% icon name %}{% icon 'search' plain %}{% mark 'l-ok' as m %}[{{ m }}]{% fixed 'parts/words.html' %}",
    (
        "{% url 'console:case' 5 %}{% url 'console:case' case.pk %}{% url 'console:case' case.pk as u %}["
        "{{ u }}]{% url 'console:board' %}"
    ),
    (
        "{% url 'console:case' pk=5 %}{% url 'console:gone' case.pk as u %}[{{ u }}]"
        "{% url 'console:queue' 'all' %}{% url 'console:case' none as u %}[{{ u }}]"
    ),
    "{% with w=deep.a.b n=number %}{{ w }}{{ n|add:1 }}{% endwith %}{% firstof none empty plain %}",
    (
        "{% blocktranslate with n=number %}{{ n }} there{% endblocktranslate %}"
        "{% blocktranslate count n=rows|length %}{{ n }} squad{% plural %}{{ n }} squads"
        "{% endblocktranslate %}"
    ),
]


def pair(source: str) -> tuple[Template, Template]:
    ours = Template(LOAD + source)
    drawing.quicken(ours.nodelist)
    return Template(LOAD + source), ours


@pytest.mark.django_db
@pytest.mark.parametrize("source", SAID)
def test_it_says_what_django_says(source: str) -> None:
    theirs, ours = pair(source)
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            assert ours.render(Context(world())) == theirs.render(Context(world()))


@pytest.mark.parametrize(
    "source", ["{{ thing.fails }}", "{{ thing.lacks }}", "{% url 'console:case' none %}", "{% url 'console:gone' %}"]
)
def test_it_fails_as_django_fails(source: str) -> None:
    theirs, ours = pair(source)
    said: list[str] = []
    for template in (theirs, ours):
        try:
            said.append(template.render(Context(world())))
        except (AttributeError, KeyError, NoReverseMatch) as failed:
            said.append(repr(failed))
    assert said[0] == said[1]


def test_neighbours_become_one_and_are_drawn_once_a_language() -> None:
    _theirs, ours = pair("<p>{% translate 'Search' %}</p>{% icon 'search' %}{% comment %}x{% endcomment %}")
    [node] = ours.nodelist
    assert isinstance(node, drawing.Settled)
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            ours.render(Context())
    assert len(node._said) == 2


def test_a_prefix_of_the_server_is_kept() -> None:
    _theirs, ours = pair("{% url 'console:board' %}{% url 'console:case' 5 %}")
    plain = ours.render(Context())
    set_script_prefix("/under/")
    try:
        assert ours.render(Context()) == plain.replace("/console/", "/under/console/")
    finally:
        set_script_prefix("/")
    assert ours.render(Context()) == plain


def test_an_address_with_a_number_is_the_address() -> None:
    assert numbered("console:case", 41) == reverse("console:case", args=[41])
    with pytest.raises(NoReverseMatch):
        numbered("console:gone", 1)


def test_templates_of_the_product_are_quickened_as_they_are_loaded() -> None:
    page = get_template("console/case.html").template  # type: ignore[attr-defined]
    assert page.quick
    block = next(node for node in page.nodelist[0].nodelist if getattr(node, "name", "") == "content")
    assert any(isinstance(node, drawing._Value | drawing._If) for node in block.nodelist)
    assert not any(
        isinstance(a, TextNode) and isinstance(b, TextNode)
        for a, b in zip(block.nodelist, block.nodelist[1:], strict=False)
    )
