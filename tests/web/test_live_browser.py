"""live.js in a real browser: one stream for all tabs, a tab that takes over, rows that refresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page

from dispatch.embedded.valkey import Valkey
from dispatch.web import live
from dispatch.web.live import hints
from tests.web.conftest import eventually, get, web_process
from tests.web.test_look_browser import browser as browser

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def site(own_valkey: Valkey) -> Iterator[int]:
    with web_process(own_valkey.url, app="tests.web.live_app:application") as port:
        yield port


@pytest.fixture
def context(browser: Browser, own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserContext]:
    monkeypatch.setattr(hints, "_client", None)
    hints._breaker.worked()
    opened = browser.new_context()
    opened.set_default_timeout(10_000)
    with override_settings(REDIS_URL=own_valkey.url):
        yield opened
    opened.close()


def tab(context: BrowserContext, site: int, *topics: str) -> Page:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{site}/page?" + "&".join(f"topic={topic}" for topic in topics))
    return page


def wait_for(page: Page, name: str, **detail: Any) -> None:
    page.wait_for_function(
        "([name, detail]) => seen.some(([n, d]) => n === name && Object.keys(detail).every(k => d[k] === detail[k]))",
        arg=[name, detail],
    )


def seen(page: Page, name: str) -> list[Any]:
    return [detail for kind, detail in page.evaluate("seen") if kind == name]


def streams(site: int) -> int:
    return int(get(site, "/open")[2])


def test_a_hint_reaches_the_page_and_its_row(context: BrowserContext, site: int) -> None:
    page = tab(context, site, "office:b1")
    wait_for(page, "live:state", up=True)
    live.publish(["office:b1"], "case", 12, 6)
    wait_for(page, "live:case", topic="office:b1", id=12, seq=6)
    page.wait_for_function("seen.some(([n, d]) => n === 'refresh' && d === 'row')")
    live.publish(["office:b1"], "case", 99, 1)  # another case: this row stays
    live.publish(["office:b1"], "order", 1, 1)
    page.wait_for_function("seen.some(([n, d]) => n === 'refresh' && d === 'list')")
    assert seen(page, "refresh") == ["row", "list"]


def test_a_row_that_is_newer_than_the_hint_stays(context: BrowserContext, site: int) -> None:
    page = tab(context, site, "office:b2")
    wait_for(page, "live:state", up=True)
    live.publish(["office:b2"], "case", 12, 5)
    wait_for(page, "live:case", seq=5)
    page.wait_for_timeout(600)
    assert seen(page, "refresh") == []


def test_many_tabs_share_one_stream_and_another_takes_over(context: BrowserContext, site: int) -> None:
    tabs = [tab(context, site, f"office:m{number}") for number in range(8)]  # six connections are all an origin gets
    for one in tabs:
        wait_for(one, "live:state", up=True)
    eventually(lambda: streams(site) == 1)
    tabs[0].wait_for_timeout(1500)  # the leading tab opens anew for the topics of the others
    live.publish(["office:m7"], "case", 1, 1)
    for one in tabs:
        wait_for(one, "live:case", topic="office:m7")
    tabs[0].close()
    tabs[1].wait_for_timeout(1500)
    live.publish(["office:m3"], "case", 2, 1)
    for one in tabs[1:]:
        wait_for(one, "live:case", topic="office:m3")
    eventually(lambda: streams(site) == 1)


def test_a_lost_stream_says_so_and_comes_back_with_what_was_missed(
    context: BrowserContext, site: int, own_valkey: Valkey
) -> None:
    page = tab(context, site, "office:l1")
    wait_for(page, "live:state", up=True)
    own_valkey.stop()
    try:
        wait_for(page, "live:state", up=False)
    finally:
        own_valkey.start()
    wait_for(page, "live:reset")
    assert seen(page, "live:state")[-1] == {"up": True}
