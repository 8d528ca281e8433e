"""How soon a resident's page answers on an old phone: CPU four times slower, 400 kbit/s, 150 ms away, nothing cached.

``python -m bench phone [--runs 5] [--base http://…]``. The product is started as a user would, unless ``--base`` names
one that runs. "Interactive": the scripts of the page have run and the main thread is free, so a touch is answered.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import FLAGS, chromium
from tests.journeys.people import PHONE
from tests.product import running

KBIT, DELAY_MS, SLOWER = 400, 150, 4
PAGES = {"first page": "/", "step 1, photos": "/report/", "look-up": "/lookup/"}
LONG_TASKS = """() => {
  window.lastTask = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.lastTask = task.startTime + task.duration;
  }).observe({ type: "longtask", buffered: true });
}"""
TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const files = performance.getEntriesByType("resource");
  return {
    seen: paint ? paint.startTime : page.domContentLoadedEventEnd,
    interactive: Math.max(page.domContentLoadedEventEnd, window.lastTask ?? 0),
    bytes: [page, ...files].reduce((sum, one) => sum + one.transferSize, 0),
  };
}"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One opening of one page: milliseconds until something is seen and until it answers, bytes over the wire."""

    seen: float
    interactive: float
    bytes: float


def measure(browser: Browser, base: str, path: str, *, runs: int) -> list[Answer]:
    """Open the page so often, each time as somebody who was never here."""
    return [_once(browser, base, path) for _ in range(runs)]


def _once(browser: Browser, base: str, path: str) -> Answer:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", base_url=base)
    context.add_init_script(f"({LONG_TASKS})()")
    page = context.new_page()
    phone = context.new_cdp_session(page)
    phone.send("Network.enable")
    rate = KBIT * 1000 / 8
    phone.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": DELAY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
    )
    phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(path, wait_until="load", timeout=120_000)
    page.wait_for_timeout(500)  # a long task that began at the end is counted
    found = Answer(**page.evaluate(TIMES))
    context.close()
    return found


def table(browser: Browser, base: str, *, runs: int) -> str:
    lines = [  # times: the best, then the median
        f"| CPU ×{SLOWER}, {KBIT} kbit/s, {DELAY_MS} ms, empty cache | KB | seen, s (best, median) | answers, s |",
        "|---|---|---|---|",
    ]
    for name, path in PAGES.items():
        answers = measure(browser, base, path, runs=runs)
        weight = statistics.median(one.bytes for one in answers) / 1024
        seen, ready = _both([one.seen for one in answers]), _both([one.interactive for one in answers])
        lines.append(f"| {name} `{path}` | {weight:.1f} | {seen} | {ready} |")
    return "\n".join(lines)


def _both(times: list[float]) -> str:
    """The best tells of the page, the median also of what else the machine was doing."""
    return f"{min(times) / 1000:.2f}, {statistics.median(times) / 1000:.2f}"


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench phone", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--base", help="a product that runs already")
    wanted = parser.parse_args(options)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        if wanted.base:
            print(table(browser, wanted.base, runs=wanted.runs))
        else:
            with running() as product:
                print(table(browser, product.url, runs=wanted.runs))
        browser.close()
