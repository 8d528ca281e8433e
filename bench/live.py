"""From commit to screen: many open boards, many changes, how long until each board shows each change.

``python -m bench live [--boards 20] [--drawn 4] [--changes 200] [--rate 1]``. The product is started as a user would;
changes are made by the services on the product's database. ``--drawn`` boards are windows of a real browser, each with
a stream of its own. The others belong to people with machines of their own, whose drawing would only take this
machine's two cores away: they hold a stream and ask for their rows as ``live.js`` and ``rows.js`` do, waits included,
and draw nothing. All read the clock of this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from bench._board import Listening
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

CHANGES = """
import json, sys, time
from random import Random
from cases.models import Case, Chain
from cases.services import casefile
from teams.models import User
from teams.selectors import actor_of

count, rate, shown = int(sys.argv[1]), float(sys.argv[2]), [int(pk) for pk in sys.argv[3].split(",")]
actor, choose = actor_of(User.objects.get(username="dispatcher")), Random(7)
for number in range(count):
    began = time.time()
    case = choose.choice(shown)
    casefile.case_note(actor=actor, case_id=case, text=f"bench {number}")
    print(json.dumps([case, Chain.objects.get(case_id=case).seq, time.time() * 1000]), flush=True)
    time.sleep(max(0.0, 1 / rate - (time.time() - began)))
"""


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from commit to screen, one per board and change that the board showed by itself."""

    shown: list[float]
    overtaken: int
    """Changes that a board never drew because a later one of the same row was already there."""
    missing: int
    """Changes of which a board shows neither themselves nor a later state: must be 0."""

    def line(self, name: str) -> str:
        if len(self.shown) < 2:
            return f"| {name} | 0 | – | – | – | {self.overtaken} | {self.missing} |"
        cuts = statistics.quantiles(self.shown, n=100)
        return (
            f"| {name} | {len(self.shown)} | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} | "
            f"{self.overtaken} | {self.missing} |"
        )


def measure(
    product: Product, browser: Browser, *, boards: int, drawn: int, changes: int, rate: float
) -> tuple[Delays, Delays]:
    """Open the boards, make the changes, read what each board saw: the drawn ones, the others."""
    pages = [_board(browser, product.url) for _ in range(drawn)]
    others = [Listening(product.url, "dispatcher", PASSWORD) for _ in range(boards - drawn)]
    shown = pages[0].eval_on_selector_all("tr[data-row]", "rows => rows.map((row) => row.id.slice(5))")
    made = _change(product, changes, rate, shown)
    time.sleep(3)
    for page in pages:
        page.wait_for_timeout(1)  # lets the page's queue run dry
    return (
        _delays(made, [page.evaluate("window.seen") for page in pages]),
        _delays(made, [other.close() for other in others]),
    )


def _delays(made: list[tuple[int, int, float]], boards: list[dict[str, float]]) -> Delays:
    delays: list[float] = []
    overtaken = missing = 0
    for seen in boards:
        latest: dict[str, int] = {}
        for key in seen:
            case, _, seq = key.partition(":")
            latest[case] = max(latest.get(case, 0), int(seq))
        for case_id, seq, at in made:
            if (moment := seen.get(f"{case_id}:{seq}")) is not None:
                delays.append(moment - at)
            elif latest.get(str(case_id), 0) > seq:
                overtaken += 1
            else:
                missing += 1
    return Delays(delays, overtaken, missing)


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


def _change(product: Product, count: int, rate: float, shown: list[str]) -> list[tuple[int, int, float]]:
    code = f"import sys; sys.argv[1:] = {[str(count), str(rate), ','.join(shown)]!r}\n{CHANGES}"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        env=product.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(rows) == count, done.stderr
    return [(int(case), int(seq), float(at)) for case, seq, at in rows]


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
