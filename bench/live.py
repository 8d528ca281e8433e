"""From commit to screen: many open boards, many changes, how long until each board shows each change.

``python -m bench live [--boards 20] [--drawn 4] [--changes 200] [--rate 1]``. The product is started as a user would;
changes are made by the services on the product's database. ``--drawn`` boards are windows of a real browser, each with
a stream of its own. The others belong to people with machines of their own, whose drawing would only take this
machine's two cores away: they hold a stream and ask for their rows as ``live.js`` and ``rows.js`` do, waits included,
and draw nothing. All read the clock of this machine.
"""

from __future__ import annotations

import argparse
import os
import time

from playwright.sync_api import Browser, Page, sync_playwright

from bench._board import Listening
from bench._changes import Delays, delays
from bench._measured import beside
from tests.chromium import FLAGS, chromium
from tests.journeys.people import DESK, PASSWORD
from tests.product import Product, running

WATCH = """() => {
  window.seen = {};
  new MutationObserver((changes) => {
    for (const { target: row } of changes) window.seen[`${row.id.slice(5)}:${row.dataset.liveSeq}`] ??= Date.now();
  }).observe(document.getElementById("board"), { attributes: true, attributeFilter: ["data-live-seq"], subtree: true });
}"""
"""Remembers when a row first stood on the page at each position of its chain."""


def measure(
    product: Product, browser: Browser, *, boards: int, drawn: int, changes: int, rate: float
) -> tuple[Delays, Delays]:
    """Open the boards, make the changes, read what each board saw: the drawn ones, the others."""
    pages = [_board(browser, product.url) for _ in range(drawn)]
    others = [Listening(product.url, "dispatcher", PASSWORD) for _ in range(boards - drawn)]
    shown = pages[0].eval_on_selector_all("tr[data-row]", "rows => rows.map((row) => Number(row.id.slice(5)))")
    made = beside(product, "change", changes, rate, shown)
    time.sleep(3)
    for page in pages:
        page.wait_for_timeout(1)  # lets the page's queue run dry
    return (
        delays(made, [page.evaluate("window.seen") for page in pages]),
        delays(made, [other.close() for other in others]),
    )


def _board(browser: Browser, url: str) -> Page:
    page = browser.new_context(base_url=url, viewport=DESK).new_page()
    page.goto("/console/")
    page.locator("[name=login]").fill("dispatcher")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button").click()
    page.wait_for_selector("tr[data-row]")
    page.wait_for_selector("[data-live]:not(.is-lost)")
    page.evaluate(WATCH)
    return page


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench live", description=__doc__)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--drawn", type=int, default=4, help="of them in a real browser")
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1.0, help="changes a second")
    options = parser.parse_args(arguments)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with running(WEB_WORKERS="2") as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        drawn, other = measure(
            product,
            browser,
            boards=options.boards,
            drawn=options.drawn,
            changes=options.changes,
            rate=options.rate,
        )
        browser.close()
    print(
        f"{options.boards} boards, {options.changes} changes, {options.rate:g} a second; milliseconds from the commit"
    )
    print("| what | n | median | p95 | p99 | overtaken | missing |\n|---|---|---|---|---|---|---|")
    print(drawn.line(f"on the screen of {options.drawn} browsers"))
    print(other.line(f"at {options.boards - options.drawn} other boards"))


if __name__ == "__main__":
    main()
