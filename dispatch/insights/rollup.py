"""Keeping the days added up: written anew day by day, in one transaction, safe twice and by two beats at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from cases.clock.moment import now
from cases.models import Case
from dispatch.insights.facts import FACTS, Fact, values
from dispatch.insights.models import Rollup

DAY = timedelta(days=1)
CHUNK = timedelta(days=31)
FRESH = timedelta(days=14)
"""How far back every sweep looks again: contacts still owed, ratings of yesterday, cases given another category."""
WHOLE = timedelta(days=400)
"""How far back once a day: a lateness exempted on appeal, months later."""
_LOCK = 730_201


def refresh(*, first: date, last: date) -> None:
    """Write the days anew, both inclusive, and stretch what the tables are known to hold; a gap is filled too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        known = Rollup.objects.first()
        if known is not None:
            first, last = min(first, known.until), max(last, known.since - DAY)
        for fact in FACTS:
            cursor.execute(f"DELETE FROM {fact.table} WHERE day BETWEEN %s AND %s", [first, last])  # nosec B608 # fixed words of ours
            columns = ", ".join(fact.columns)
            cursor.execute(f"INSERT INTO {fact.table} ({columns}) {fact.select}", values(first, last, None))
        since = first if known is None else min(first, known.since)
        until = last + DAY if known is None else max(last + DAY, known.until)
        Rollup.objects.update_or_create(
            pk=known.pk if known else 1, defaults={"since": since, "until": until, "refreshed_at": now()}
        )


def sweep(*, seconds: float = 60) -> int:
    """Bring the tables up to yesterday; returns how many days were written. Goes on next time when time is up."""
    end = time.monotonic() + seconds
    yesterday = timezone.localdate(now()) - DAY
    opened = Case.objects.aggregate(first=Min("opened_at"))["first"]
    if opened is None:
        return 0
    earliest = timezone.localdate(opened)
    known = Rollup.objects.first()
    whole = known is not None and known.whole_on != yesterday
    first = earliest if known is None else min(known.until, yesterday - (WHOLE if whole else FRESH))
    first, written = max(first, earliest), 0
    while first <= yesterday:
        last = min(first + CHUNK - DAY, yesterday)
        refresh(first=first, last=last)
        written += (last - first).days + 1
        first = last + DAY
        if time.monotonic() > end:
            return written
    Rollup.objects.update(whole_on=yesterday)
    return written


def source(fact: Fact, first: date, last: date, streets: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """A select of the fact's columns over the days, stored ones from the table, the others counted live."""
    known = Rollup.objects.first()
    low, high = (known.since, known.until - DAY) if known else (date.max, date.min)
    stored = (max(first, low), min(last, high))
    if stored[0] > stored[1]:
        return _live(fact, first, last, streets, "a")
    columns = ", ".join(fact.columns)
    parts = [f"SELECT {columns} FROM {fact.table} WHERE day BETWEEN %(low)s AND %(high)s AND street_id = ANY(%(mine)s)"]  # nosec B608 # fixed words of ours
    given: dict[str, Any] = {"low": stored[0], "high": stored[1], "mine": list(streets)}
    for mark, (begin, end) in {"a": (first, stored[0] - DAY), "b": (stored[1] + DAY, last)}.items():
        if begin <= end:
            sql, more = _live(fact, begin, end, streets, mark)
            parts.append(f"({sql})")
            given |= more
    return " UNION ALL ".join(parts), given


def _live(fact: Fact, first: date, last: date, streets: Sequence[int], mark: str) -> tuple[str, dict[str, Any]]:
    sql, given = fact.select, {}
    for name, value in values(first, last, streets).items():
        sql = sql.replace(f"%({name})s", f"%({mark}_{name})s")
        given[f"{mark}_{name}"] = value
    return sql, given
