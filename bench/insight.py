"""Map, reports, district and wall over many cases.

``python -m dispatch.embedded run --data .data/bench --fast -- python -m bench insight [--cases 100000] [--open 4000]``.
A database of its own is filled by SQL and dropped at the end; pages are asked through Django's own client, so that the
figures are the server's work without network. Printed: p50 and p95 in milliseconds.
"""

# ruff: noqa: E501 - SQL reads better in one piece
from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

FILL = (
    """INSERT INTO cases_case (reference, street_id, category_id, stage, disposition, severity, urgency, source, title, brief,
         address, lat, lng, opened_at, stage_at, closed_at, complaint_count, rework_count, transferred_to, result_text,
         due_kind, due_at, warn_at, target_id)
       SELECT 'b' || n, s.id, c.id, CASE WHEN n <= %(open)s THEN 'accepted' ELSE 'closed' END, '', 'C', 'general',
         (ARRAY['portal','hotline','grid','patrol'])[1 + n %% 4], 't', '', '', 37.80 + random() * 0.12,
         112.50 + random() * 0.16, at, at, CASE WHEN n > %(open)s THEN at + interval '2 days' END, 1, 0, '', '', '',
         CASE WHEN n <= %(open)s THEN now() + (random() - 0.3) * interval '3 days' END,
         CASE WHEN n <= %(open)s THEN now() END, NULL
       FROM (SELECT n, CASE WHEN n <= %(open)s THEN now() - random() * interval '10 days'
               ELSE now() - interval '3 days' - random() * interval '360 days' END AS at
             FROM generate_series(1, %(cases)s) n) one
       JOIN LATERAL (SELECT id FROM teams_street ORDER BY id OFFSET one.n %% (SELECT count(*) FROM teams_street) LIMIT 1) s
         ON true
       JOIN LATERAL (SELECT id FROM cases_category WHERE parent_id IS NOT NULL ORDER BY id
         OFFSET one.n %% (SELECT count(*) FROM cases_category WHERE parent_id IS NOT NULL) LIMIT 1) c ON true""",
    """INSERT INTO cases_deadline (kind, clock, state, case_id, urgent, starts_at, warn_at, due_at, level, next_at, ended_at,
         late, late_exempt, sweep_errors, last_error)
       SELECT k.kind, 'service', 'met', c.id, false, c.opened_at, c.opened_at, c.opened_at + interval '1 day', 0, NULL,
         c.opened_at + random() * interval '30 hours', random() < 0.1, random() < 0.01, 0, ''
       FROM cases_case c CROSS JOIN (VALUES ('register'), ('triage'), ('contact'), ('whole_case')) k(kind)
       WHERE c.stage = 'closed'""",
    """INSERT INTO cases_complaint (reference, street_id, source, kind, urgency, text, party_name, address, received_at,
         keep_secret, language)
       SELECT c.reference, c.street_id, c.source, 'complaint', 'general', 't', '', '', c.opened_at, true, 'zh-hans'
       FROM cases_case c WHERE c.stage = 'closed' AND c.id %% 3 = 0""",
    """INSERT INTO cases_feedback (complaint_id, case_id, contacted, solved, satisfied, words, at, rework, rework_reason)
       SELECT p.id, c.id, true, random() < 0.9, 1 + (random() * 4)::int, '', c.closed_at, 'none', ''
       FROM cases_complaint p JOIN cases_case c ON c.reference = p.reference""",
    """INSERT INTO cases_target (street_id, kind, name, aliases, trade, address, lat, lng, person_in_charge, phone,
         no_disturb, active, created_at)
       SELECT s.id, 'business', 'p' || n, '{}', '', '', 37.80 + random() * 0.12, 112.50 + random() * 0.16, '', '', false,
         true, now()
       FROM generate_series(1, 4000) n JOIN LATERAL (SELECT id FROM teams_street ORDER BY id
         OFFSET n %% (SELECT count(*) FROM teams_street) LIMIT 1) s ON true""",
    """INSERT INTO cases_order (number, target_id, street_id, kind, state, urgency, announced, brief, lead_reason,
         explanation, drafted_at, approval_note, urgent_first, issued_at, cancelled_reason)
       SELECT 'o' || t.id || '-' || n, t.id, t.street_id, 'case_led', 'done', 'general', false, '', '', '[]', now(), '',
         false, now(), ''
       FROM cases_target t CROSS JOIN generate_series(1, 5) n WHERE t.lat IS NOT NULL AND t.name LIKE 'p%%'""",
    """INSERT INTO cases_visit (order_id, sequence, state, outcome, started_at, identity_shown, party_person, party_role,
         party_opinion, note)
       SELECT id, 1, 'closed', 'done', now() - random() * interval '360 days', true, '', '', '', '' FROM cases_order
       WHERE number LIKE 'o%%'""",
    """INSERT INTO cases_part (order_id, squad_id, agency_id, state, is_lead, reason, returns, return_reason)
       SELECT v.order_id, q.id, q.agency_id, 'done', false, '', 0, '' FROM cases_visit v
       CROSS JOIN LATERAL (SELECT id, agency_id FROM teams_squad ORDER BY (id * 7919 + v.id) %% 101 LIMIT 1 + v.id %% 3) q""",
    """INSERT INTO cases_reportin (visit_id, part_id, by_id, at, far_reason)
       SELECT v.id, p.id, (SELECT min(id) FROM teams_user), v.started_at, '' FROM cases_visit v
       JOIN cases_part p ON p.order_id = v.order_id""",
    "ANALYZE",
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
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in FILL:
            cursor.execute(statement, {"cases": chosen.cases, "open": chosen.open})
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


def _print(name: str, run: Callable[[], Any], times: int) -> None:
    run()
    spans = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        spans.append(1000 * (time.perf_counter() - begun))
    spans.sort()
    print(f"{name:<36} p50 {statistics.median(spans):7.1f} ms   p95 {spans[int(0.95 * (len(spans) - 1))]:7.1f} ms")
