"""Map, reports, district and wall over many cases.

``python -m dispatch.embedded run --data .data/bench --fast -- python -m bench insight [--cases 100000] [--open 4000]``.
A database of its own is filled (``manage.py fill``) and dropped at the end; pages are asked through Django's own
client, so that the figures are the server's work without network. Printed: p50 and p95 in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench insight")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=4_000)
    parser.add_argument("--times", type=int, default=40)
    chosen = parser.parse_args(options)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dispatch.settings"
    os.environ["STATIC_MANIFEST"] = "0"
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.ALLOWED_HOSTS = ["testserver"]
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        _measure(chosen)
    finally:
        connection.close()
        connection.creation.destroy_test_db(settings.DATABASES["default"]["TEST"]["NAME"], verbosity=0)


def _measure(chosen: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from dispatch.insights.rollup import sweep
    from teams.models import User

    call_command("fill", cases=chosen.cases, open=chosen.open, years=1)
    client = Client()
    client.force_login(User.objects.get(username="supervisor"))

    def ask(name: str, **query: str) -> Callable[[], Any]:
        return lambda: _ok(client.get(reverse(f"console:{name}"), query))

    boxes = [(12, "112.48,37.78,112.68,37.94"), (14, "112.54,37.83,112.60,37.88"), (16, "112.56,37.85,112.58,37.87")]
    for zoom, box in boxes:
        _print(f"map points, zoom {zoom}", ask("map_points", bbox=box, zoom=str(zoom)), chosen.times)
    _print("map points, parties, zoom 12", ask("map_points", bbox=boxes[0][1], zoom="12", show="parties"), chosen.times)
    _print("map page", ask("map"), chosen.times)
    pages = (
        ("report, this month", ask("reports")),
        ("report, a quarter", ask("reports", period="quarter")),
        ("report, a year", ask("reports", period="custom", first="2025-12-01", last="2026-11-30")),
        ("district", ask("district")),
        ("wall", ask("wall")),
    )
    for name, run in pages:
        _print(f"{name}, nothing stored", run, max(5, chosen.times // 8))
    begun = time.perf_counter()
    days = sweep(seconds=3600)
    print(f"{days} days stored in {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    days = sweep(seconds=3600)
    print(f"{days} days written anew in {time.perf_counter() - begun:.1f} s")
    for name, run in pages:
        _print(f"{name}, stored", run, chosen.times)


def _ok(answer: Any) -> None:
    assert answer.status_code == 200, answer.status_code


SLOW = 0.25
"""Seconds from which a query is printed."""


def _print(name: str, run: Callable[[], Any], times: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        run()
    slowest = max(asked.captured_queries, key=lambda one: float(one["time"]))
    spans = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        spans.append(1000 * (time.perf_counter() - begun))
    spans.sort()
    p50, p95 = statistics.median(spans), spans[int(0.95 * (len(spans) - 1))]
    print(
        f"{name:<36} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   {len(asked):3} queries, the slowest"
        f" {1000 * float(slowest['time']):.0f} ms",
        flush=True,
    )
    if float(slowest["time"]) > SLOW:
        print("    " + slowest["sql"][:1500])
