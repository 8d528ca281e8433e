"""Whatever goes wrong, a person reads what happened and what to do, in the own language and look."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from dispatch.web.plain import page

STATUSES = ("400", "403", "403_csrf", "404", "405", "408", "413", "429", "500")
CJK = re.compile(r"[㐀-鿿]")


@pytest.mark.parametrize("status", STATUSES)
def test_every_error_page_says_what_to_do_in_both_languages(status: str) -> None:
    with translation.override("zh-hans"):
        chinese = render_to_string(f"{status}.html", {"most": 48})
    with translation.override("en"):
        english = render_to_string(f"{status}.html", {"most": 48})
    for html in (chinese, english):
        assert "<h1>" in html
        assert "<li>" in html  # what to do
        assert "12345" in html  # and whom to call
        assert "<script" not in html  # works when nothing else does
    assert CJK.search(chinese)
    assert 'lang="zh-Hans"' in chinese
    assert not CJK.search(english)


def test_refusals_before_django_follow_cookie_and_browser() -> None:
    assert (
        'lang="en"' in page(413, cookies="django_language=en; theme=dark; elder=1", languages="zh-CN", most=48).decode()
    )
    shown = page(413, cookies="theme=dark; elder=1", languages="zh-CN,zh;q=0.9", most=48).decode()
    assert 'data-theme="dark"' in shown
    assert 'data-mode="elder"' in shown
    assert "48" in shown
    assert CJK.search(page(408, cookies="", languages="xx").decode())


@pytest.mark.django_db
def test_an_address_for_forms_is_no_blank_page() -> None:
    answer = Client().get("/report/photos/", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert "<h1>" in answer.content.decode()
    assert not Client().get("/report/photos/").content  # scripts read the status


@pytest.mark.django_db
def test_a_form_without_its_token_is_told_about_cookies() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    answer = client.post("/report/", {"text": "演示"})
    assert answer.status_code == 403
    assert "Cookies must be allowed" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "work_first"), [("/nothing/", False), ("/field/nothing/", True), ("/console/none/", True)]
)
def test_who_works_is_led_back_to_work_first(path: str, work_first: bool) -> None:
    answer = Client(headers={"Accept-Language": "en"}).get(path)
    assert answer.status_code == 404
    doors = re.findall(r'<a class="btn( btn-main)?" href="([^"]+)"', answer.content.decode())
    assert [main for main, _ in doors] == [" btn-main", ""]
    assert (doors[0][1] != "/") is work_first
