"""The shared look: tags, sprite, tokens, and the rules that keep a strict policy possible."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import dateformat, timezone, translation

from dispatch.web import moments
from dispatch.web.templatetags import look

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/img/icons.svg").read_text(encoding="utf-8")
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))
DUE = datetime(2026, 8, 21, 12, 10, tzinfo=UTC)  # 20:10 in Taiyuan


def draw(source: str, **context: object) -> str:
    return Template("{% load look %}" + source).render(Context(context))


# --- sprite ---


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    wanted = {
        name
        for page in TEMPLATES
        for name in re.findall(r'{%\s*(?:icon|mark) "([^"]+)"', page.read_text(encoding="utf-8"))
    }
    assert len(wanted) > 20
    assert not wanted - SYMBOLS


def test_every_state_of_a_squad_has_its_mark() -> None:
    assert {f"s-{shape}" for shape, _words in look.SQUAD_LOOK.values()} <= SYMBOLS


def test_the_sprite_holds_no_script() -> None:
    assert "<script" not in SPRITE
    assert " on" not in re.sub(r"<!--.*?-->", "", SPRITE, flags=re.S)


# --- the policy: nothing inline, nothing foreign ---


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_templates_keep_to_the_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r'\sstyle\s*=\s*["\']', text), "style attribute"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert "<style" not in text
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']\s*(?:https?:)?//""", text), "foreign host"


# --- tokens ---


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{3,6})\b", block))


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


CSS = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
LIGHT = tokens(CSS.split("@media")[0])
WISH, CHOICE = CSS.split("@media")[1].split(':root[data-theme="dark"]')
PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "bg", "sunken")),
    *(("accent", ground, 4.5) for ground in ("surface", "bg", "accent-weak")),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("ok-ink", "surface", 4.5),
    ("ok-ink", "ok-bg", 4.5),
    ("soon-ink", "soon-bg", 4.5),
    ("late-ink", "surface", 4.5),
    ("late-ink", "late-bg", 4.5),
    ("on-late", "late-solid", 4.5),
    ("hold-ink", "hold-bg", 4.5),
    ("line-strong", "surface", 3.0),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(theme: str, ink: str, ground: str, least: float) -> None:
    values = LIGHT if theme == "light" else LIGHT | tokens(CHOICE)
    assert contrast(values[f"--{ink}"], values[f"--{ground}"]) >= least


def test_both_dark_sets_are_the_same() -> None:
    assert tokens(WISH) == tokens(CHOICE.split("[data-mode")[0])


def test_a_face_loads_little() -> None:
    for name in ("console", "field", "portal"):
        assert (ROOT / f"static/css/{name}.css").stat().st_size < 30_000


# --- tags ---


def test_moments_are_written_in_local_time_and_language() -> None:
    with translation.override("zh-hans"):
        assert moments.moment_words(DUE, "time") == "20:10"
    with translation.override("en"):
        assert moments.moment_words(DUE) == "21 Aug 20:10"
        assert moments.moment_words(DUE, "full") == "21 Aug 2026 20:10"
        assert moments.moment_words(date(2026, 8, 21)) == "21 Aug"
        assert draw("{{ at|day_words }}", at=DUE) == "21 Aug 2026" == draw("{{ at|day_words }}", at=date(2026, 8, 21))
        assert draw("{% moment at %}", at=DUE) == (
            '<time datetime="2026-08-21T20:10:00+08:00" data-short>21 Aug 20:10</time>'
        )
        assert "by 21 Aug 20:10" in draw("{{ at|until }}", at=DUE)
    assert draw("{% moment at %}{{ at|until }}{{ at|day_words }}", at=None) == ""


@pytest.mark.parametrize(
    ("span", "words"),
    [(0, "0 min"), (59 * 60, "59 min"), (3600, "1 h"), (3900, "1 h 5 min"), (86400, "1 day"), (200000, "2 days")],
)
def test_lengths_of_time(span: int, words: str) -> None:
    with translation.override("en"):
        assert look.span_words(span) == words == look.span_words(timedelta(seconds=span))


def test_a_light_carries_its_moments_and_not_its_state() -> None:
    with translation.override("en"):
        drawn = draw("{% light due warn=warn label='Arrive' %}", due=DUE, warn=DUE - timedelta(hours=1))
    assert 'data-due="2026-08-21T12:10:00+00:00"' in drawn
    assert 'data-warn="2026-08-21T11:10:00+00:00"' in drawn
    assert "light-plain" in drawn
    assert "by 21 Aug 20:10" in drawn
    assert "Arrive" in drawn
    assert not re.search(r"light-(ok|soon|late)", drawn)
    assert "light-hold" in draw("{% light due paused=True %}", due=DUE)
    assert draw("{% light None %}") == ""


def test_names_are_escaped() -> None:
    for source in (
        "{% squad name %}",
        "{% light due label=name %}",
        "{% state_light 'ok' name %}",
        "{% squads rows %}",
    ):
        drawn = draw(source, name="<b>&", due=DUE, rows=[{"name": "<b>&"}])
        assert "<b>" not in drawn
        assert "&lt;b&gt;&amp;" in drawn


def test_squads_past_the_limit_are_counted_and_named() -> None:
    rows = [{"name": f"squad {n}", "state": "called", "late": n == 6} for n in range(1, 7)]
    with translation.override("en"):
        drawn = draw("{% squads rows %}", rows=rows)
    assert drawn.count('class="sq sq-silent') == 3
    assert "+3" in drawn
    assert "squad 6 (no answer yet)" in drawn
    assert "sq-more is-late" in drawn
    assert draw("{% squads rows %}", rows=rows[:4]).count('class="sq sq-silent') == 4


def test_badges_are_capped() -> None:
    assert [look.capped(n) for n in (None, 0, 99, 100)] == ["0", "0", "99", "99+"]


def test_gauge_marks_what_is_over_the_limit() -> None:
    over = look.gauge(58, 55)
    assert over["inside"] == 70
    assert over["over"] == pytest.approx(3.8)
    assert look.gauge(None, 55)["inside"] == 0
    assert look.gauge(1, None) == {"inside": 0, "over": 0, "limit": None}


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="as on the sign")
    how = forms.ChoiceField(label="How", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Sure", required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_says_its_help_and_its_errors_to_everybody() -> None:
    with translation.override("en"):
        page = render_to_string("parts/form.html", {"form": Sample({"name": ""})})
    assert 'role="alert"' in page
    assert 'href="#id_name"' in page
    described = re.search(r'<input[^>]*name="name"[^>]*aria-describedby="([^"]+)"', page)
    assert described
    assert all(f'id="{one}"' in page for one in described[1].split())
    assert 'aria-invalid="true"' in page
    assert page.count("<legend>") == 1
    assert '<input type="hidden" name="key"' in page


def test_optional_stands_only_where_nothing_may_stand() -> None:
    class Form(forms.Form):
        words = forms.CharField(required=False)
        name = forms.CharField()
        kind = forms.ChoiceField(choices=[("a", "A")], required=False)
        several = forms.MultipleChoiceField(choices=[("a", "A")], required=False)

    form = Form()
    assert [field.name for field in form if look.may_be_empty(field)] == ["words", "several"]


def test_parts_render_with_a_name_alone() -> None:
    request = RequestFactory().get("/")
    for part in sorted((ROOT / "templates/parts").glob("*.html")):
        source = part.read_text(encoding="utf-8")
        if "extends" in source or part.name in ("form_field.html", "squad.html"):
            continue  # pages, and parts that are about a given thing
        drawn = render_to_string(f"parts/{part.name}", {"name": "x"}, request=request)
        assert not re.search(r"{%|{{|%}|}}", drawn), part.name


# --- pages of their own ---


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_pages_need_no_request_and_say_what_to_do(code: str, language: str) -> None:
    with translation.override(language):
        page = render_to_string(f"{code}.html")
    assert page.count("<h1>") == 1
    assert page.count("<li>") >= 1
    assert 'href="/"' in page
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page


def test_appearance_is_kept_in_cookies(client: Client) -> None:
    answer = client.post("/appearance/", {"theme": "dark", "elder": "1", "next": "/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert (answer.cookies["theme"].value, answer.cookies["elder"].value) == ("dark", "1")


def test_appearance_knows_no_other_value_host_or_method(client: Client) -> None:
    answer = client.post("/appearance/", {"theme": "pink", "next": "https://elsewhere.example/"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "theme" not in answer.cookies
    assert client.get("/appearance/").status_code == 405


@pytest.mark.django_db
def test_the_sign_in_page_wears_the_look(client: Client) -> None:
    client.cookies["theme"] = "dark"
    page = client.get("/accounts/login/").content.decode()
    assert 'data-theme="dark"' in page
    assert "css/base.css" in page
    assert 'class="panel"' in page
    assert 'data-drafts="keep"' in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_kept_forms_write_what_the_patterns_say(language: str) -> None:
    with translation.override(language):
        assert all(moments._forms(language).values())
        for month in range(1, 13):
            at = datetime(2026, month, 3 + month, month + 4, 5, tzinfo=timezone.get_default_timezone())
            for style, pattern in moments._patterns(language).items():
                assert moments.moment_words(at, style) == dateformat.format(at, pattern)
