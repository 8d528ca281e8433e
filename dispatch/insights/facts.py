"""What is counted, once: the SQL that the rollup stores and that a report runs live for days not stored yet.

Days are local days (``TIME_ZONE``). Definitions (DOMAIN §1, §3 and its table of words):

- **opened**: cases received that day and not joined to another (a joined one is the same problem).
- **closed**: cases closed that day by the office after a passed check; transferred and rejected ones are not.
- **contacts**: first contacts that are decided, of cases received that day: made, or still owed past their moment.
  **contacts_in_time**: made by their moment. Their share is the *response rate* (响应率).
- **ratings**: what residents answered that day when asked about a result; **solved**: "yes, solved"; **satisfied**: 4
  or 5 of 5. Their shares are the *resolution rate* (解决率) and the *satisfaction rate* (满意率).
- **ended**: whole-case clocks that ended that day, **ended_in_time** of them by their moment.
- **late**: clocks that ended after their moment. A lateness exempted on appeal stays in the case's record and is left
  out of every share here (DOMAIN §3, late appeal); **exempt** counts them.
- **returns**: steps back that day: a squad's return, a case sent back to triage, an approval sent back, rework.
- **visits**: inspections begun that day (handling tasks are none); **departments**: agencies that reported in;
  **saved**: departments merged less one, visit by visit (DOMAIN §4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from cases.clock.moment import now

SATISFIED_FROM = 4
"""Of 5: the scale of ``Feedback.satisfied``."""

_DAY = "timezone(%(tz)s, {})::date"
_IN = "{0} >= %(since)s AND {0} < %(until)s"
_STREET = "(%(streets)s::bigint[] IS NULL OR {} = ANY(%(streets)s))"


@dataclass(frozen=True, slots=True)
class Fact:
    """``columns`` of ``table`` in the order of the select; the first ``keys`` of them are keys."""

    table: str
    columns: tuple[str, ...]
    keys: int
    select: str


_CASE_NUMBERS = (
    *("opened", "closed", "contacts", "contacts_in_time", "ratings", "solved", "satisfied"),
    *("ended", "ended_in_time"),
)


def _numbers(**given: str) -> str:
    return ", ".join(f"{given.get(name, '0')} AS {name}" for name in _CASE_NUMBERS)


_CASES = f"""
SELECT street_id, day, category_id, source, {", ".join(f"sum({n})::int AS {n}" for n in _CASE_NUMBERS)} FROM (
  SELECT c.street_id, {_DAY.format("c.opened_at")} AS day, c.category_id, c.source, {_numbers(opened="1")}
  FROM cases_case c
  WHERE {_IN.format("c.opened_at")} AND c.stage <> 'joined' AND {_STREET.format("c.street_id")}
  UNION ALL
  SELECT c.street_id, {_DAY.format("c.closed_at")}, c.category_id, c.source, {_numbers(closed="1")}
  FROM cases_case c
  WHERE {_IN.format("c.closed_at")} AND c.stage = 'closed' AND {_STREET.format("c.street_id")}
  UNION ALL
  SELECT c.street_id, {_DAY.format("d.starts_at")}, c.category_id, c.source,
         {_numbers(contacts="1", contacts_in_time="(d.state = 'met' AND NOT d.late)::int")}
  FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
  WHERE d.kind = 'contact' AND {_IN.format("d.starts_at")} AND NOT d.late_exempt
    AND (d.state = 'met' OR (d.state = 'running' AND d.due_at < %(moment)s)) AND {_STREET.format("c.street_id")}
  UNION ALL
  SELECT c.street_id, {_DAY.format("f.at")}, c.category_id, c.source,
         {_numbers(ratings="1", solved="f.solved::int", satisfied=f"(f.satisfied >= {SATISFIED_FROM})::int")}
  FROM cases_feedback f JOIN cases_case c ON c.id = f.case_id
  WHERE {_IN.format("f.at")} AND {_STREET.format("c.street_id")}
  UNION ALL
  SELECT c.street_id, {_DAY.format("d.ended_at")}, c.category_id, c.source,
         {_numbers(ended="1", ended_in_time="(NOT d.late)::int")}
  FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
  WHERE d.kind = 'whole_case' AND d.state = 'met' AND NOT d.late_exempt AND {_IN.format("d.ended_at")}
    AND {_STREET.format("c.street_id")}
) one GROUP BY 1, 2, 3, 4"""  # nosec B608 # fixed words of ours

_STAGES = f"""
SELECT street_id, day, kind, count(*)::int AS ended, count(*) FILTER (WHERE late AND NOT late_exempt)::int AS late,
       count(*) FILTER (WHERE late_exempt)::int AS exempt, 0 AS returns,
       array_agg(extract(epoch FROM ended_at - starts_at)::int) AS seconds
FROM (
  SELECT coalesce(c.street_id, o.street_id) AS street_id, {_DAY.format("d.ended_at")} AS day, d.kind, d.late,
         d.late_exempt, d.ended_at, d.starts_at
  FROM cases_deadline d
  LEFT JOIN cases_part p ON p.id = d.part_id
  LEFT JOIN cases_labtest l ON l.id = d.lab_test_id
  LEFT JOIN cases_ruling r ON r.id = d.ruling_id
  LEFT JOIN cases_finding f ON f.id = coalesce(d.finding_id, r.finding_id)
  LEFT JOIN cases_visit v ON v.id = coalesce(l.visit_id, f.visit_id)
  LEFT JOIN cases_case c ON c.id = d.case_id
  LEFT JOIN cases_order o ON o.id = coalesce(d.order_id, p.order_id, v.order_id)
  WHERE d.state = 'met' AND d.clock = 'service' AND {_IN.format("d.ended_at")}
) one WHERE {_STREET.format("street_id")} GROUP BY 1, 2, 3
UNION ALL
SELECT e.street_id, {_DAY.format("e.at")}, CASE e.kind WHEN 'order.part_returned' THEN 'acknowledge'
         WHEN 'case.returned' THEN 'triage' WHEN 'order.sent_back' THEN 'approval' ELSE 'check_after' END,
       0, 0, 0, count(*)::int, ARRAY[]::int[]
FROM cases_event e
WHERE e.kind IN ('order.part_returned', 'case.returned', 'order.sent_back', 'case.rework')
  AND {_IN.format("e.at")} AND {_STREET.format("e.street_id")} GROUP BY 1, 2, 3"""  # nosec B608 # fixed words of ours

_VISITS = f"""
SELECT street_id, day, count(*)::int AS visits, count(*) FILTER (WHERE departments > 1)::int AS joint,
       sum(departments)::int AS departments, sum(greatest(departments - 1, 0))::int AS saved
FROM (
  SELECT o.street_id, {_DAY.format("v.started_at")} AS day,
         (SELECT count(DISTINCT p.agency_id) FROM cases_reportin r JOIN cases_part p ON p.id = r.part_id
          WHERE r.visit_id = v.id) AS departments
  FROM cases_visit v JOIN cases_order o ON o.id = v.order_id
  WHERE {_IN.format("v.started_at")} AND o.kind <> 'handling' AND {_STREET.format("o.street_id")}
) one GROUP BY 1, 2"""  # nosec B608 # fixed words of ours

CASES = Fact("insights_caseday", ("street_id", "day", "category_id", "source", *_CASE_NUMBERS), 4, _CASES)
STAGES = Fact(
    "insights_stageday", ("street_id", "day", "kind", "ended", "late", "exempt", "returns", "seconds"), 3, _STAGES
)
VISITS = Fact("insights_visitday", ("street_id", "day", "visits", "joint", "departments", "saved"), 2, _VISITS)
FACTS = (CASES, STAGES, VISITS)


def start_of(day: date) -> datetime:
    """The local midnight that begins the day, aware."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def values(first: date, last: date, streets: Sequence[int] | None) -> dict[str, Any]:
    """The parameters of a ``Fact.select`` over whole days, both inclusive. ``streets`` None: all."""
    return {
        "since": start_of(first),
        "until": start_of(last + timedelta(days=1)),
        "streets": None if streets is None else list(streets),
        "moment": now(),
        "tz": settings.TIME_ZONE,
    }
