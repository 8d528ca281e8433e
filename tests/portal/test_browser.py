"""The portal in a real browser at 375 px: with JavaScript and without, in large type, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from cases.models import Complaint
from tests.cast import LAT, LNG, Cast
from tests.chromium import FLAGS, chromium
from tests.journeys.axe import assert_accessible

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's own loop runs in this thread
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer, cast: Cast) -> Iterator[Open]:
    """``phone(javascript=…, language=…, elder=…)``: the first page on a phone of its own."""
    contexts: list[BrowserContext] = []

    def opened(*, javascript: bool = True, language: str = "zh-CN", elder: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": 375, "height": 812},
            locale=language,
            java_script_enabled=javascript,
            geolocation={"latitude": LAT, "longitude": LNG, "accuracy": 15},
            permissions=["geolocation"],
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if elder:
            context.add_cookies([{"name": "elder", "value": "1", "url": live_server.url}])
        page = context.new_page()
        page.goto(live_server.url + "/")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "演示.jpg"
    Image.new("RGB", (900, 700), "orange").save(path)
    return str(path)


def fits(page: Page) -> None:
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375, page.url


def forward(page: Page) -> None:
    page.locator(".bottom .btn-main").click()
    page.wait_for_load_state()


def test_without_javascript_all_three_steps_work(phone: Open, picture: str, cast: Cast) -> None:
    page = phone(javascript=False)
    page.locator('a[href="/report/"]').click()
    page.set_input_files("#photos", picture)
    forward(page)  # no words yet: the photo is kept all the same
    expect(page.locator(".shot")).to_have_count(1)
    page.locator("label[for=id_kinds_0]").click()
    page.fill("#id_text", "演示·夜里冒烟")
    forward(page)
    page.fill("#id_party_name", cast.target.name[:4])
    page.locator("button[name=find]").click()
    page.locator("label.opt", has_text=cast.target.name).first.click()
    forward(page)
    page.fill("#id_phone", "13800000000")
    page.locator('.sum button[value="what"]').click()
    forward(page)
    forward(page)
    expect(page.locator("#id_phone")).to_have_value("13800000000")
    forward(page)
    expect(page).to_have_url(page.url.split("/report")[0] + "/report/done/")
    made = Complaint.objects.get()
    assert (made.target, made.attachments.count()) == (cast.target, 1)
    link = page.input_value("#link")
    page.go_back()  # leads on to the same link again, not to a second report
    expect(page).to_have_url(page.url.split("/report")[0] + "/report/done/")
    assert page.input_value("#link") == link
    assert Complaint.objects.count() == 1
    forward(page)
    expect(page.locator(".status")).to_contain_text(made.reference)


@pytest.mark.parametrize(("language", "elder"), [("zh-CN", False), ("en-US", False), ("zh-CN", True)])
def test_with_javascript_on_a_phone(phone: Open, picture: str, cast: Cast, language: str, elder: bool) -> None:
    page = phone(language=language, elder=elder)
    fits(page)
    held: list[Route] = []
    page.route(re.compile(r"/js/photos[^/]*\.js"), lambda route: route.continue_() if held else held.append(route))
    page.locator('a[href="/report/"]').click()
    page.set_input_files("#photos", picture)  # before the script that draws it is there
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator(".shot canvas")).to_have_count(1)
    page.locator("label[for=id_kinds_2]").click()
    fits(page)
    forward(page)
    page.locator("#id_party_name").press_sequentially(cast.target.name[:4])
    page.locator("label.opt", has_text=cast.target.name).first.click()
    page.locator("[data-geo-ask]").click()
    expect(page.locator("[data-geo-lat]")).not_to_have_value("")
    fits(page)
    forward(page)
    page.fill("#id_phone", "1")
    forward(page)
    expect(page.locator("#id_phone")).to_have_value("1")
    fits(page)
    page.fill("#id_phone", "")
    page.locator(".bottom .btn-main").dblclick()
    page.wait_for_url("**/report/done/")
    made = Complaint.objects.get()
    assert (made.target, made.street, made.accuracy_m) == (cast.target, cast.street, 15)
    fits(page)
    forward(page)
    expect(page.locator("h2.where-now")).to_be_visible()
    fits(page)
    if elder:
        small = page.evaluate(
            """() => [...document.querySelectorAll('main *, footer *')]
                .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                .filter(e => !e.closest('.vh') && parseFloat(getComputedStyle(e).fontSize) < 18)
                .map(e => e.outerHTML)"""
        )
        assert not small
        low = page.evaluate(
            """() => [...document.querySelectorAll('main button, main .btn, main summary, main a.link, .bottom .btn')]
                .filter(e => e.checkVisibility() && e.getBoundingClientRect().width > 1)
                .filter(e => e.getBoundingClientRect().height < 59.5).map(e => e.outerHTML)"""
        )
        assert not low
