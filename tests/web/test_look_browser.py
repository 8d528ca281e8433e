"""The shared look in a real browser: accessible in both themes and languages, and every behaviour once."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.chromium import FLAGS, chromium
from tests.journeys.axe import assert_accessible
from tests.web.sink.urls import POSTED

pytestmark = pytest.mark.journey
EXPECTED = re.compile(r"Failed to load|Response Status Error|^htmx:")  # answers that a test asks for
Open = Callable[..., Page]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The sink on a port of its own; it never touches the database."""
    here = str(Path(__file__).parent / "sink")
    engine = settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], here]}
    with override_settings(
        ROOT_URLCONF="tests.web.sink.urls",
        TEMPLATES=[engine],
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        ALLOWED_HOSTS=["127.0.0.1"],
    ):
        application = StaticFilesHandler(get_wsgi_application())
        server = make_server("127.0.0.1", 0, application, server_class=WSGIServer, handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's own loop runs in this thread
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """``open_page(name, width=…, language=…, theme=…)``; fails at the end if the page complained in its console."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        name: str, width: int = 1440, language: str = "en-US", theme: Literal["light", "dark"] = "light", **more: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale=language, color_scheme=theme, base_url=site, **more
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type == "error" and not EXPECTED.search(m.text) else None,
        )
        page.goto(f"/sink/{name}/")
        return page

    POSTED.clear()
    yield opened
    for context in contexts:
        context.close()
    assert not complaints


LOOKS: list[tuple[int, str, Literal["light", "dark"]]] = [
    (375, "zh-CN", "light"),
    (375, "en-US", "dark"),
    (768, "en-US", "light"),
    (1440, "zh-CN", "dark"),
    (1440, "en-US", "light"),
]


@pytest.mark.parametrize("name", ["console", "field", "portal"])
@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_accessible_and_never_wider_than_the_screen(
    open_page: Open, name: str, width: int, language: str, theme: Literal["light", "dark"]
) -> None:
    page = open_page(name, width, language, theme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert_accessible(page)


def test_elder_mode_is_large_and_accessible(open_page: Open) -> None:
    page = open_page("portal", 375, "zh-CN")
    page.locator("button[name=elder]").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = page.evaluate(
        """[...document.querySelectorAll('main *, .bottom *, header *')].filter(e => !e.closest('.vh') &&
        [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
        parseFloat(getComputedStyle(e).fontSize) < 18).map(e => e.outerHTML)"""
    )
    assert small == []
    low = page.evaluate(
        """[...document.querySelectorAll('main a, main label, .bottom button, header button')].filter(e =>
        e.getClientRects().length && !e.parentElement.matches('.field') && e.getBoundingClientRect().height < 59)
        .map(e => e.outerHTML)"""
    )
    assert low == []
    assert_accessible(page)


def test_lights_are_worked_out_in_the_browser(open_page: Open) -> None:
    page = open_page("console")
    lights = page.locator(".board .light")
    for number, (state, words) in enumerate(
        [
            ("late", "26 min late"),
            ("late", "2 days late"),
            ("soon", r"[89] min left"),
            ("ok", r"5[12] min left"),
            ("ok", r"(4 h 59 min|5 h) left"),
            ("hold", "paused"),
        ]
    ):
        expect(lights.nth(number)).to_have_class(re.compile(f"light-{state}"))
        expect(lights.nth(number)).to_have_text(re.compile(words))
        expect(lights.nth(number).locator("use")).to_have_attribute("href", re.compile(f"#l-{state}$"))


def test_keys_walk_the_list_and_press_what_is_offered(open_page: Open) -> None:
    page = open_page("console")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#case-1")).to_have_class("is-at")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("[data-pick]:checked")).to_have_count(1)
    expect(page.locator(".bulk")).to_be_visible()
    expect(page.locator("[data-picked]")).to_have_text("1 chosen")
    page.keyboard.press("Escape")
    expect(page.locator(".bulk")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#case0$"))
    page.route("**/console/search/live/", lambda asked: asked.fulfill(status=204))  # nobody is signed in here
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("jx?")  # letters are letters while typing
    expect(page.locator("#q")).to_have_value("jx?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Reassign")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_grave_button_asks_first(open_page: Open) -> None:
    page = open_page("console")
    page.keyboard.press("u")
    expect(page.locator("#confirm")).to_contain_text("Urge now?")
    page.locator("#confirm button[value=no]").click()
    assert POSTED == []
    page.keyboard.press("u")
    # A browser may tell of the first closing only now, keys go before it: that is no answer to the second question.
    page.locator("#confirm[open]").dispatch_event("close")
    with page.expect_navigation():
        page.locator("#confirm button[value=yes]").click()
    assert len(POSTED) == 1


def test_errors_are_listed_and_lead_to_their_fields(open_page: Open) -> None:
    page = open_page("console", width=375)
    page.locator("form.form").evaluate("f => { f.noValidate = true; f.requestSubmit(); }")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert_accessible(page)
    page.locator("[data-error-summary] a").first.click()
    expect(page.locator("#id_name")).to_be_focused()


def test_what_is_typed_survives_but_never_an_identity(open_page: Open) -> None:
    page = open_page("portal", 375)
    page.fill("#words", "music until two")
    page.check("#k2", force=True)
    page.fill("#phone", "19999999999")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#words")).to_have_value("music until two")
    expect(page.locator("#k2")).to_be_checked()
    expect(page.locator("#phone")).to_have_value("")
    assert "19999999999" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page.locator(".toasts button", has_text="Discard").click()
    expect(page.locator("#words")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('draft:'))") == []


def test_a_draft_ends_when_sending_has_led_on(open_page: Open) -> None:
    page = open_page("htmx")
    page.fill("#note", "one")
    page.fill("#code", "500")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".toasts")).to_contain_text("on our side")
    expect(page.locator("#note")).to_have_value("one")
    assert page.evaluate("Object.keys(localStorage).length") == 1
    page.fill("#code", "200")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#said")).to_have_text("answered")
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_answers_of_the_server(open_page: Open) -> None:
    page = open_page("htmx")
    send = page.get_by_role("button", name="Send")
    for code in ("409", "422"):
        page.locator("#said").evaluate("e => { e.textContent = 'nothing' }")
        page.fill("#code", code)
        send.click()
        expect(page.locator("#said")).to_have_text("answered")
    page.locator("#said").evaluate("e => { e.textContent = 'nothing' }")
    for code, words in (("404", "no longer here"), ("413", "too large"), ("429", "Wait a minute")):
        page.fill("#code", code)
        send.click()
        expect(page.locator(".toasts")).to_contain_text(words)
    expect(page.locator("#said")).to_have_text("nothing")
    page.get_by_role("button", name="Refuse").click()
    expect(page.locator("#said")).to_have_text("answered")
    page.context.set_offline(True)
    send.click()
    expect(page.locator("#ask .unsent")).to_contain_text("What you wrote is kept here")


def test_pressing_twice_sends_once(open_page: Open) -> None:
    page = open_page("htmx")
    page.fill("#wait", "0.6")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.locator("#said")).to_have_text("answered")
    assert len(POSTED) == 1


def test_three_states_and_measured_value(open_page: Open) -> None:
    page = open_page("field", 375)
    expect(page.locator("[data-tri-progress]")).to_have_text("1 of 2 answered, 0 not in order")
    expect(page.locator("[data-when]")).to_be_hidden()
    page.locator("label[for=i2-no]").click()
    expect(page.locator("[data-when]")).to_be_visible()
    expect(page.locator("[data-tri-progress]")).to_have_text("2 of 2 answered, 1 not in order")
    page.locator("label[for=i2-no]").click()  # once more takes it back
    expect(page.locator("[data-tri-progress]")).to_have_text("1 of 2 answered, 0 not in order")
    expect(page.locator("[data-when]")).to_be_hidden()
    expect(page.locator("[data-verdict]")).to_have_text("3 dB(A) over the limit")
    page.fill("[data-measured]", "55")
    expect(page.locator("[data-verdict]")).to_have_text("within the limit")
    page.fill("[data-measured]", "55,5")
    expect(page.locator("[data-verdict] .light-late")).to_have_text("0.5 dB(A) over the limit")


def test_photos_are_shrunk_counted_and_sent(open_page: Open, tmp_path: Path) -> None:
    big = tmp_path / "big.png"
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(big)
    broken = tmp_path / "broken.heic"
    broken.write_bytes(b"not a picture")
    page = open_page("field", 375)
    page.locator("label[for=i2-no]").click()
    field = page.locator("input[type=file]")
    field.set_input_files([big])
    expect(page.locator(".shot")).to_have_count(1)
    field.set_input_files([broken, big, big])  # adds up; one too many is left out
    expect(page.locator("[data-photos-state]")).to_contain_text("At most 3")
    expect(page.locator(".shot canvas")).to_have_count(2)
    sizes = page.evaluate("[...document.querySelector('input[type=file]').files].map(f => [f.name, f.type, f.size])")
    assert [s[0] for s in sizes] == ["big.jpg", "broken.heic", "big.jpg"]
    assert sizes[0][1] == "image/jpeg"
    assert sizes[0][2] < big.stat().st_size / 3
    page.locator(".shot button").first.click()
    expect(page.locator(".shot")).to_have_count(2)
    page.get_by_role("button", name="Close the visit").click()
    expect(page.locator(".msg-success")).to_be_visible()
    assert POSTED[-1]["files"] == [len(b"not a picture"), sizes[2][2]]


def test_position_only_on_request_and_a_no_is_explained(open_page: Open) -> None:
    here = {"latitude": 37.86, "longitude": 112.55, "accuracy": 8}
    page = open_page("field", 375, geolocation=here, permissions=["geolocation"])
    assert page.locator("[data-geo-lat]").input_value() == ""
    page.locator("[data-geo-ask]").click()
    expect(page.locator("[data-geo-out]")).to_have_text("Position found, accurate to 8 m")
    assert page.locator("[data-geo-lat]").input_value() == "37.860000"
    page = open_page("field", 375)
    page.locator("[data-geo-ask]").click()
    expect(page.locator("[data-geo-out]")).to_contain_text("does not allow")


def test_signal_and_stream_are_said(open_page: Open) -> None:
    page = open_page("field", 375)
    expect(page.locator("[data-offline]")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    page = open_page("console")
    tell = "up => document.dispatchEvent(new CustomEvent('live:state', {detail: {up}}))"
    page.evaluate(tell, True)
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.evaluate(tell, False)
    expect(page.locator("[data-live]")).to_contain_text("reconnecting")


def test_theme_and_language_stay(open_page: Open) -> None:
    page = open_page("console", language="zh-CN")
    page.locator(".rail-foot summary").click()
    page.locator("button[name=theme]:visible").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator(".rail-foot summary").click()
    page.locator("button[name=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("/sink/console/$"))


def test_a_dark_device_is_offered_the_light_look(open_page: Open) -> None:
    page = open_page("console", theme="dark")
    page.locator(".rail-foot summary").click()
    expect(page.locator("button[name=theme]:visible")).to_have_text("Light")
    page.locator("button[name=theme]:visible").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_everything_can_be_reached_without_scripts(open_page: Open) -> None:
    page = open_page("console", java_script_enabled=False)
    expect(page.locator(".bulk")).to_be_visible()
    expect(page.locator(".light").first).to_contain_text("by ")
    page = open_page("field", 375, java_script_enabled=False)
    expect(page.locator("input[type=file]")).to_be_visible()
    expect(page.locator("[data-when]")).to_be_visible()
    expect(page.locator("[data-geo-ask]")).to_be_hidden()
    page.locator("label[for=i2-no]").click()
    page.get_by_role("button", name="Close the visit").click()
    expect(page.locator(".msg-success")).to_be_visible()
    assert POSTED[-1]["i2"] == "no"
