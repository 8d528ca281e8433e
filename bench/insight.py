"""Map, reports, district and wall over many cases.

``python -m dispatch.embedded run --data .data/bench --fast -- python -m bench insight [--cases 100000] [--open 4000]``.
A database of its own is filled by SQL and dropped at the end; pages are asked through Django's own client, so that the
figures are the server's work without network. Printed: p50 and p95 in milliseconds.
"""

# ruff: noqa: E501, S608 - SQL reads better in one piece; all of it is from here
from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

STREET = "(SELECT id FROM teams_street ORDER BY id OFFSET n %% (SELECT count(*) FROM teams_street) LIMIT 1)"
MINOR = "(SELECT id FROM cases_category WHERE parent_id IS NOT NULL ORDER BY id OFFSET n %% (SELECT count(*) FROM cases_category WHERE parent_id IS NOT NULL) LIMIT 1)"
PLACE = {"lat": "37.80 + random() * 0.12", "lng": "112.50 + random() * 0.16"}


def _fill(cases: int, open_: int) -> None:
    """Every table by one INSERT … SELECT; what a model has besides is filled with its default."""
    from cases.models import Case, Complaint, Deadline, Feedback, Order, Part, ReportIn, Target, Visit

    at = f"CASE WHEN n <= {open_} THEN now() - random() * interval '10 days' ELSE now() - interval '3 days' - random() * interval '360 days' END"
    numbers = f"(SELECT n, {at} AS at FROM generate_series(1, {cases}) n) one"
    of_open = f"CASE WHEN n <= {open_} THEN {{}} ELSE NULL END"
    _insert(
        Case,
        {
            **PLACE,
            "reference": "'b' || n",
            "street_id": STREET,
            "category_id": MINOR,
            "stage": f"CASE WHEN n <= {open_} THEN 'accepted' ELSE 'closed' END",
            "source": "(ARRAY['portal','hotline','grid','patrol'])[1 + n %% 4]",
            "title": "'t'",
            "opened_at": "at",
            "stage_at": "at",
            "closed_at": f"CASE WHEN n > {open_} THEN at + interval '2 days' END",
            "due_at": of_open.format("now() + (random() - 0.3) * interval '3 days'"),
            "warn_at": of_open.format("now()"),
        },
        numbers,
    )
    clocks = "cases_case c CROSS JOIN (VALUES ('register'), ('triage'), ('contact'), ('whole_case')) k(kind) WHERE c.stage = 'closed'"
    _insert(
        Deadline,
        {
            "kind": "k.kind",
            "state": "'met'",
            "case_id": "c.id",
            "starts_at": "c.opened_at",
            "warn_at": "c.opened_at",
            "due_at": "c.opened_at + interval '1 day'",
            "ended_at": "c.opened_at + random() * interval '30 hours'",
            "late": "random() < 0.1",
            "late_exempt": "random() < 0.01",
        },
        clocks,
    )
    _insert(
        Complaint,
        {
            "reference": "c.reference",
            "street_id": "c.street_id",
            "source": "c.source",
            "text": "'t'",
            "received_at": "c.opened_at",
        },
        "cases_case c WHERE c.stage = 'closed' AND c.id %% 3 = 0",
    )
    _insert(
        Feedback,
        {
            "complaint_id": "p.id",
            "case_id": "c.id",
            "contacted": "true",
            "solved": "random() < 0.9",
            "satisfied": "1 + (random() * 4)::int",
            "at": "c.closed_at",
        },
        "cases_complaint p JOIN cases_case c ON c.reference = p.reference",
    )
    _insert(Target, {**PLACE, "street_id": STREET, "name": "'p' || n"}, "generate_series(1, 4000) n")
    _insert(
        Order,
        {
            "number": "'o' || t.id || '-' || n",
            "target_id": "t.id",
            "street_id": "t.street_id",
            "state": "'done'",
            "drafted_at": "now()",
            "issued_at": "now()",
        },
        "cases_target t CROSS JOIN generate_series(1, 5) n WHERE t.name LIKE 'p%%'",
    )
    _insert(
        Visit,
        {
            "order_id": "o.id",
            "state": "'closed'",
            "outcome": "'done'",
            "started_at": "now() - random() * interval '360 days'",
        },
        "cases_order o WHERE o.number LIKE 'o%%'",
    )
    squads = "(SELECT id, agency_id FROM teams_squad ORDER BY (id * 7919 + v.id) %% 101 LIMIT 1 + v.id %% 3)"
    _insert(
        Part,
        {"order_id": "v.order_id", "squad_id": "q.id", "agency_id": "q.agency_id", "state": "'done'"},
        f"cases_visit v CROSS JOIN LATERAL {squads} q",
    )
    _insert(
        ReportIn,
        {"visit_id": "v.id", "part_id": "p.id", "by_id": "(SELECT min(id) FROM teams_user)", "at": "v.started_at"},
        "cases_visit v JOIN cases_part p ON p.order_id = v.order_id",
    )


def _insert(model: Any, given: dict[str, str], source: str) -> None:
    from django.db import connection, models

    columns, values, defaults = list(given), list(given.values()), []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated or field.column in given:
            continue
        columns.append(field.column)
        if getattr(field, "auto_now_add", False):
            values.append("now()")
            continue
        default = field.get_default()
        values.append("%s")
        defaults.append(json.dumps(default) if isinstance(field, models.JSONField) and default is not None else default)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {source}",
            defaults,
        )


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
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from dispatch.insights.rollup import sweep
    from tests.cast import make_cast

    cast = make_cast()
    begun = time.perf_counter()
    _fill(chosen.cases, chosen.open)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{chosen.cases} cases, {chosen.open} of them open, filled in {time.perf_counter() - begun:.0f} s")
    client = Client()
    client.force_login(cast.supervisor)

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
