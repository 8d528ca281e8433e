"""What is drawn once says the same as what is drawn each time, to everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import override

from dispatch.web.templatetags import kept


def draw(template: Template, **facts: Any) -> str:
    return str(template.render(Context(facts)))


def of(body: str) -> Template:
    return Template("{% load kept i18n %}" + body)


def test_inside_only_what_is_named_is_seen() -> None:
    page = of("{% kept a=a holding b=b %}{{ a }}{{ b }}[{{ c }}]{% endkept %}")
    assert draw(page, a="1", b="2", c="3") == "12[]"
    assert draw(page, a="1", b="<4>", c="3") == "1&lt;4&gt;[]"
    assert draw(page, a="5", b=None, c="3") == "5[]"


def test_the_body_is_drawn_once_for_each_value_and_language() -> None:
    page = of("{% kept a=a holding b=b %}{% translate 'Search' %}{{ a }}{% if a %}!{% endif %}{{ b }}{% endkept %}")
    drawn = page.nodelist.get_nodes_by_type(kept.Kept)[0]._drawn  # type: ignore[attr-defined]
    for _turn in range(2):
        for language, word in (("zh-hans", "搜索"), ("en", "Search")):
            with override(language):
                assert [draw(page, a=a, b=b) for a in ("", "x") for b in "12"] == [
                    f"{word}1",
                    f"{word}2",
                    f"{word}x!1",
                    f"{word}x!2",
                ]
    assert len(drawn) == 4


def test_marked_words_and_plain_ones_are_not_mixed_up() -> None:
    page = of("{% kept a=a %}{{ a }}{% endkept %}")
    assert draw(page, a=mark_safe("<b>")) == "<b>"
    assert draw(page, a="<b>") == "&lt;b&gt;"
    assert [draw(page, a=a) for a in (1, True, 1.0)] == ["1", "True", "1.0"]


def test_each_form_bears_the_token_of_its_own_page(rf: RequestFactory) -> None:
    page = of("{% kept holding a=a %}<form>{% csrf_token %}{{ a }}</form>{% endkept %}")
    assert "1</form>" in draw(page, a=1)
    assert "hidden" not in draw(page, a=1)
    for token in ("A" * 64, "B" * 64):
        line = f'<form><input type="hidden" name="csrfmiddlewaretoken" value="{token}">2</form>'
        assert draw(page, a=2, csrf_token=token) == line


def test_it_keeps_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    page = of("{% kept a=a %}{{ a }}{% endkept %}")
    [part] = page.nodelist.get_nodes_by_type(kept.Kept)
    assert isinstance(part, kept.Kept)
    assert [draw(page, a=n) for n in range(8)] == [str(n) for n in range(8)]
    assert len(part._drawn) <= 3


@pytest.mark.parametrize("wrong", ["{% kept a %}{% endkept %}", "{% kept %}{% block b %}{% endblock %}{% endkept %}"])
def test_what_could_stay_where_it_does_not_belong_is_refused(wrong: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        of(wrong)
