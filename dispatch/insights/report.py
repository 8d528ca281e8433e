"""The report of a period: every figure of the page and of the workbook, from days added up.

Never by officer, never by squad, never by fines, and no order but that of codes: art. 74, 国办发〔2024〕54号. A share
of fewer than ``LEAST`` is not given as a percentage, its two numbers are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from cases.clock.moment import now
from cases.models import Case, Category, DeadlineKind, Source
from cases.selectors.board import OPEN_STAGES
from dispatch.insights.facts import CASES, STAGES, VISITS, Fact
from dispatch.insights.periods import Period, compared
from dispatch.insights.rollup import source
from teams.models import Role, Street
from teams.policies import Actor
from teams.scope import own_streets

LEAST = 5
"""Below it a share of so few says more of chance than of the work."""
AGES = (1, 3, 7, 15)
"""Days: open for at most so many; the last group is older."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``part`` of ``whole``."""

    part: int = 0
    whole: int = 0

    @property
    def share(self) -> float | None:
        """Per cent, one decimal; None under ``LEAST``."""
        return round(100 * self.part / self.whole, 1) if self.whole >= LEAST else None


@dataclass(slots=True)
class Sums:
    """Numbers of some cases and visits; see ``facts`` for what each counts. The names are the columns of a report."""

    opened: int = 0
    closed: int = 0
    contacts: int = 0
    contacts_in_time: int = 0
    ratings: int = 0
    solved: int = 0
    satisfied: int = 0
    ended: int = 0
    ended_in_time: int = 0
    visits: int = 0
    joint: int = 0
    departments: int = 0
    saved: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            if hasattr(self, name):
                setattr(self, name, getattr(self, name) + int(value or 0))

    @property
    def response(self) -> Rate:
        """Response rate (响应率): first contacts made in time, of those that are decided."""
        return Rate(self.contacts_in_time, self.contacts)

    @property
    def resolution(self) -> Rate:
        """Resolution rate (解决率): residents who say it was solved, of those who answered."""
        return Rate(self.solved, self.ratings)

    @property
    def satisfaction(self) -> Rate:
        """Satisfaction rate (满意率): residents who give 4 or 5 of 5, of those who answered."""
        return Rate(self.satisfied, self.ratings)

    @property
    def in_time(self) -> Rate:
        """Cases whose whole clock ended in time."""
        return Rate(self.ended_in_time, self.ended)


NUMBERS = tuple(one.name for one in fields(Sums))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is about, and its numbers."""

    key: Any
    name: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class StageRow:
    """How long one kind of clock took, in seconds of wall time, when it ended in the period."""

    kind: str
    name: str
    ended: int
    median: float | None
    p90: float | None
    late: int
    exempt: int
    returns: int

    @property
    def in_time(self) -> Rate:
        """In time, exempted ones left out."""
        counted = self.ended - self.exempt
        return Rate(counted - self.late, counted)


@dataclass(frozen=True, slots=True)
class AgeRow:
    """Cases open now, by age: up to ``days`` (None: older than the last)."""

    days: int | None
    open: int
    late: int


@dataclass(slots=True)
class Report:
    """Everything the page shows. ``series`` in order of time, ``streets`` and ``categories`` by code."""

    period: Period
    earlier: Period
    total: Sums
    before: Sums
    series: list[Row] = field(default_factory=list)
    streets: list[Row] = field(default_factory=list)
    categories: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)
    stages: list[StageRow] = field(default_factory=list)
    ages: list[AgeRow] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Nothing fell into the period. What is open now (``ages``) belongs to no period."""
        return not any(getattr(self.total, name) for name in NUMBERS)


def streets_for(actor: Actor) -> list[Street]:
    """Streets whose figures the actor may see, by code: the office's own, a supervisor's district, an auditor's all."""
    everywhere = actor.is_system or actor.has(Role.AUDITOR)
    return list((Street.objects.all() if everywhere else own_streets(actor)).order_by("code"))


def report(
    *,
    actor: Actor,
    period: Period,
    street_id: int | None = None,
    category_id: int | None = None,
    case_source: str = "",
) -> Report:
    """The figures of the period for the streets the actor may see, or one of them. Ten queries at most.

    ``category_id`` and ``case_source`` narrow what is counted of cases; visits and stages belong to orders that may
    serve several, so they stay whole (the page says so). A street the actor may not see leaves nothing.
    """
    streets = [row for row in streets_for(actor) if street_id is None or row.pk == street_id]
    ids = [row.pk for row in streets]
    earlier = compared(period, timezone.localdate(now()))
    found = Report(period, earlier, Sums(), Sums())
    narrow = {"category": category_id, "source": case_source or None}
    by_street = {row.pk: Sums() for row in streets}
    by_step = {step: Sums() for step in steps(period)}
    by_category: dict[int | None, Sums] = {}
    by_source: dict[str, Sums] = {}
    for row in _case_rows(period, ids, narrow):
        found.total.add(row)
        by_street[row["street_id"]].add(row)
        by_step[row["step"]].add(row)
        by_category.setdefault(row["category_id"], Sums()).add(row)
        by_source.setdefault(row["source"], Sums()).add(row)
    for row in _visit_rows(period, ids):
        found.total.add(row)
        by_street[row["street_id"]].add(row)
        by_step[row["step"]].add(row)
    for row in (*_case_rows(earlier, ids, narrow), *_visit_rows(earlier, ids)):
        found.before.add(row)
    found.series = [Row(step, "", sums) for step, sums in by_step.items()]
    found.streets = [Row(row.pk, str(row), by_street[row.pk]) for row in streets]
    found.categories = _categories(by_category)
    found.sources = [Row(key, str(label), by_source[key]) for key, label in Source.choices if key in by_source]
    found.stages = stages(period, ids)
    found.ages = ages(actor, ids, narrow)
    return found


def totals(first: date, last: date, street_ids: Sequence[int]) -> dict[int, Sums]:
    """Sums a street over the days, both inclusive. Two queries, and one for what is stored."""
    found = {pk: Sums() for pk in street_ids}
    span = Period("custom", first, last)
    for row in (*_case_rows(span, street_ids, {}), *_visit_rows(span, street_ids)):
        found[row["street_id"]].add(row)
    return found


def by_day(first: date, last: date, street_ids: Sequence[int]) -> dict[date, Sums]:
    """Sums of the cases of all the streets, day by day; days without anything are not there."""
    found: dict[date, Sums] = {}
    for row in _case_rows(Period("custom", first, last), street_ids, {}, unit="day"):
        found.setdefault(row["step"], Sums()).add(row)
    return found


def steps(period: Period) -> list[date]:
    """The first day of each step of the series, in order; the first step begins with the period."""
    found = [period.first]
    day = period.first + timedelta(days=1)
    while day <= period.last:
        if {"day": True, "week": day.weekday() == 0, "month": day.day == 1}[period.unit]:
            found.append(day)
        day += timedelta(days=1)
    return found


def _step(unit: str) -> str:
    return "greatest(date_trunc(%(unit)s, day)::date, %(first)s)" if unit != "day" else "day"


def _query(fact: Fact, period: Period, ids: Sequence[int], outer: str, more: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not ids:
        return []
    inner, given = source(fact, period.first, period.last, ids)
    with connection.cursor() as cursor:
        cursor.execute(outer.replace("{inner}", inner), {**given, "unit": period.unit, "first": period.first, **more})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _case_rows(period: Period, ids: Sequence[int], narrow: Mapping[str, Any], unit: str = "") -> list[dict[str, Any]]:
    numbers = ", ".join(f"sum({name})::int AS {name}" for name in CASES.columns[CASES.keys :])
    outer = (
        f"SELECT street_id, {_step(unit or period.unit)} AS step, category_id, source, {numbers} FROM ({{inner}}) one"  # nosec B608 # fixed words of ours
        " WHERE (%(category)s::bigint IS NULL OR category_id = %(category)s)"
        " AND (%(source)s::text IS NULL OR source = %(source)s) GROUP BY 1, 2, 3, 4"
    )
    given = {"category": narrow.get("category"), "source": narrow.get("source")}
    return _query(CASES, period, ids, outer, given)


def _visit_rows(period: Period, ids: Sequence[int]) -> list[dict[str, Any]]:
    numbers = ", ".join(f"sum({name})::int AS {name}" for name in VISITS.columns[VISITS.keys :])
    outer = f"SELECT street_id, {_step(period.unit)} AS step, {numbers} FROM ({{inner}}) one GROUP BY 1, 2"  # nosec B608 # fixed words of ours
    return _query(VISITS, period, ids, outer, {})


def stages(period: Period, street_ids: Sequence[int]) -> list[StageRow]:
    """Median and 90th percentile of each stage's time, exact, in the order of the work; stages without any left out."""
    outer = (
        "WITH one AS MATERIALIZED ({inner}) SELECT a.kind, a.ended, a.late, a.exempt, a.returns, b.median, b.p90 FROM"
        " (SELECT kind, sum(ended)::int AS ended, sum(late)::int AS late, sum(exempt)::int AS exempt,"
        " sum(returns)::int AS returns FROM one GROUP BY 1) a LEFT JOIN (SELECT kind,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY s) AS median,"
        " percentile_cont(0.9) WITHIN GROUP (ORDER BY s) AS p90"
        " FROM one, unnest(seconds) AS s GROUP BY 1) b USING (kind)"
    )
    rows = {row["kind"]: row for row in _query(STAGES, period, street_ids, outer, {})}
    return [StageRow(name=str(label), **rows[kind]) for kind, label in DeadlineKind.choices if kind in rows]


def ages(actor: Actor, street_ids: Iterable[int], narrow: Mapping[str, Any]) -> list[AgeRow]:
    """Cases open now, by age in whole days, and how many of them are late. One query."""
    moment = now()
    bounds = [moment - timedelta(days=days) for days in AGES]
    counts: dict[str, Any] = {}
    for index in range(len(AGES) + 1):
        rule = Q()
        if index < len(AGES):
            rule &= Q(opened_at__gte=bounds[index])
        if index > 0:
            rule &= Q(opened_at__lt=bounds[index - 1])
        counts[f"open{index}"] = Count("pk", filter=rule)
        counts[f"late{index}"] = Count("pk", filter=rule & Q(due_at__lt=moment))
    cases = Case.objects.visible_to(actor).filter(street_id__in=list(street_ids), stage__in=OPEN_STAGES)
    if narrow.get("category"):
        cases = cases.filter(category_id=narrow["category"])
    if narrow.get("source"):
        cases = cases.filter(source=narrow["source"])
    row = cases.aggregate(**counts)
    limits: list[int | None] = [*AGES, None]
    return [AgeRow(days, row[f"open{i}"], row[f"late{i}"]) for i, days in enumerate(limits)]


def _categories(found: Mapping[int | None, Sums]) -> list[Row]:
    known = {row.pk: row for row in Category.objects.filter(pk__in=[key for key in found if key is not None])}
    ordered = sorted((row for row in known.values()), key=lambda row: row.code)
    rows = [Row(row.pk, f"{row.code} {row}", found[row.pk]) for row in ordered]
    return [*rows, Row(None, "", found[None])] if None in found else rows
