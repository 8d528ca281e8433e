"""The ledger of check once: visits saved order by order and party by party, inspections against the cap, what was in
time, and the three baselines. By street and period; never by officer or squad, and no ranking of either (art. 74).

Counted as ``facts`` counts: a visit belongs to the day on which it began, saves the departments that reported in less
one, and handling tasks are none. A reason is in time when its order's first visit began by its last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from cases.models import Order, OrderKind, Target
from cases.planner.replay import Outcome
from cases.planner.whatif import BASELINES, Choice, Way, outcome
from cases.selectors.guard import KEYS, guard_rule
from cases.selectors.office import office_values
from cases.selectors.pastneeds import PastNeeds, past_needs
from dispatch.insights.facts import values
from dispatch.insights.report import Rate

PAGE = 60
SHEET = 5_000
"""Rows of a sheet, at most."""

_VISITS = """
WITH v AS (
  SELECT v.id, v.order_id, o.street_id, o.target_id, o.number, v.started_at,
         timezone(%(tz)s, v.started_at)::date AS day,
         (SELECT count(DISTINCT p.agency_id) FROM cases_reportin r JOIN cases_part p ON p.id = r.part_id
          WHERE r.visit_id = v.id) AS departments
  FROM cases_visit v JOIN cases_order o ON o.id = v.order_id
  WHERE v.started_at >= %(since)s AND v.started_at < %(until)s AND o.kind <> 'handling'
    AND o.street_id = ANY(%(streets)s)
), one AS (
  SELECT order_id, street_id, target_id, number, min(started_at) AS began, min(day) AS day, count(*)::int AS visits,
         max(departments)::int AS departments, sum(greatest(departments - 1, 0))::int AS saved
  FROM v GROUP BY 1, 2, 3, 4
), whole AS (
  SELECT one.*, coalesce(n.reasons, 0)::int AS reasons, coalesce(n.in_time, 0)::int AS in_time
  FROM one LEFT JOIN LATERAL (
    SELECT count(*) AS reasons, count(*) FILTER (WHERE n.due_day >= one.day) AS in_time
    FROM cases_orderneed l JOIN cases_need n ON n.id = l.need_id
    WHERE l.order_id = one.order_id AND l.released_at IS NULL AND n.state = 'served'
  ) n ON true
)"""
_SUMS = (
    "sum(visits)::int AS visits, count(*)::int AS orders, count(*) FILTER (WHERE departments > 1)::int AS joint,"
    " sum(saved)::int AS saved, sum(reasons)::int AS reasons, sum(in_time)::int AS in_time"
)
_ORDERS = f"{_VISITS} SELECT * FROM whole ORDER BY began DESC, order_id DESC LIMIT %(size)s OFFSET %(skip)s"  # nosec B608 # fixed words of ours
_PARTIES = (
    f"{_VISITS} SELECT target_id, {_SUMS} FROM whole GROUP BY 1"  # nosec B608 # fixed words of ours
    " ORDER BY count(*) DESC, target_id LIMIT %(size)s OFFSET %(skip)s"
)
_STREETS = f"{_VISITS} SELECT street_id, {_SUMS} FROM whole GROUP BY 1"  # nosec B608 # fixed words of ours


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order that was visited: on which day first, by how many departments, what that saved."""

    order_id: int
    number: str
    target: Target
    day: date
    visits: int
    departments: int
    saved: int
    reasons: int
    in_time: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some orders: their visits, those of several departments, visits saved, reasons served in time."""

    orders: int = 0
    visits: int = 0
    joint: int = 0
    saved: int = 0
    reasons: int = 0
    in_time: int = 0

    @property
    def timely(self) -> Rate:
        return Rate(self.in_time, self.reasons)

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party in one calendar year: ``used`` of its inspections count toward the cap ``most`` (None without one)."""

    target: Target
    sums: Sums
    used: int
    most: int | None

    @property
    def full(self) -> bool:
        return self.most is not None and self.used >= self.most


@dataclass(slots=True)
class Baselines:
    """The reasons of the period that were visited, as visits really made and under the three baselines."""

    really: int
    ways: Mapping[Way, Outcome] = field(default_factory=dict)


def order_lines(
    first: date, last: date, street_ids: Sequence[int], *, page: int = 1, size: int = PAGE
) -> tuple[list[OrderLine], bool]:
    """Orders visited in the period, newest first, and whether there are more. Two queries."""
    rows = _rows(_ORDERS, first, last, street_ids, size=size + 1, skip=(page - 1) * size)
    targets = Target.objects.in_bulk({row["target_id"] for row in rows})
    names = ("order_id", "number", "day", "visits", "departments", "saved", "reasons", "in_time")
    lines = [OrderLine(target=targets[row["target_id"]], **{name: row[name] for name in names}) for row in rows]
    return lines[:size], len(lines) > size


def party_lines(
    year: int, street_ids: Sequence[int], *, page: int = 1, size: int = PAGE
) -> tuple[list[PartyLine], bool]:
    """Parties inspected in the year, those with most inspections first, and whether there are more. Three queries, and
    one a street for its numbers."""
    rows = _rows(_PARTIES, date(year, 1, 1), date(year, 12, 31), street_ids, size=size + 1, skip=(page - 1) * size)
    targets = Target.objects.in_bulk({row["target_id"] for row in rows})
    held = {street: office_values(KEYS, street) for street in {target.street_id for target in targets.values()}}
    kinds: dict[int, list[str]] = {}
    done = Order.objects.filter(target__in=targets, on_scene_at__year=year).exclude(kind=OrderKind.HANDLING)
    for target_id, kind in done.values_list("target_id", "kind"):
        kinds.setdefault(target_id, []).append(kind)
    lines = []
    for row in rows:
        target = targets[row["target_id"]]
        rule = guard_rule(target, held[target.street_id])
        used = sum(kind in rule.counts for kind in kinds.get(target.pk, ()))
        lines.append(PartyLine(target, _sums(row), used, rule.yearly_cap))
    return lines[:size], len(lines) > size


def street_sums(first: date, last: date, street_ids: Sequence[int]) -> dict[int, Sums]:
    """Of the period, by street; streets without a visit are there with zeros. One query."""
    found = {row["street_id"]: _sums(row) for row in _rows(_STREETS, first, last, street_ids)}
    return {street: found.get(street, Sums()) for street in street_ids}


def baselines(street_id: int, first: date, last: date) -> Baselines:
    """The reasons whose first day lies in the period and that were visited: the visits really made for them, and what
    each baseline makes of the same ones. ``pastneeds.TooMuch`` for a period that holds too much."""
    past: PastNeeds = past_needs(street_id, first, last)
    choice = Choice()
    return Baselines(past.served_visits, {way: outcome(past.served, way, choice) for way in BASELINES})


def whole_of(rows: Iterable[Sums]) -> Sums:
    return sum(rows, Sums())


def _sums(row: Mapping[str, Any]) -> Sums:
    return Sums(**{name: row[name] or 0 for name in Sums.__slots__})


def _rows(sql: str, first: date, last: date, street_ids: Sequence[int], **more: int) -> list[dict[str, Any]]:
    if not street_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values(first, last, street_ids), **more})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
