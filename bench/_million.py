"""As many running deadlines as a big city has, for as long as a sweep over them is measured; run as ``_beside`` is."""

from __future__ import annotations

from django.db import connection, transaction

from cases.models import Deadline, DeadlineKind, DeadlineState

MARK = "bench: one of a million"
SUBJECTS = ("case", "order", "part", "lab_test", "finding", "ruling")

# Each has a moment of its own, a month ahead at least. What runs already for a subject and kind stays the only one.
_ADD = """
INSERT INTO cases_deadline (kind, clock, state, urgent, starts_at, warn_at, due_at, next_at, level, late, late_exempt,
    sweep_errors, last_error, {name}_id)
SELECT kind, 'service', 'running', false, now(), warn_at, warn_at + interval '9 days', warn_at, 0, false, false,
    0, %(mark)s, id
FROM (SELECT each.kind, subject.id, now() + interval '30 days' + random() * interval '300 days' AS warn_at
    FROM {table} AS subject, unnest(%(kinds)s) AS each (kind) {only} LIMIT %(count)s) AS made
ON CONFLICT DO NOTHING
"""
_FINDINGS = """
INSERT INTO cases_finding (clause_group, text, state, found_at, agency_id, found_by_id, item_id, need_id, part_id,
    visit_id)
SELECT clause_group, %(mark)s, state, found_at, agency_id, found_by_id, item_id, need_id, part_id, visit_id
FROM cases_finding, generate_series(1, 1 + %(count)s / nullif((SELECT count(*) FROM cases_finding), 0))
LIMIT %(count)s
"""


def more(wanted: int) -> int:
    """Let so many deadlines run; how many do now. A sweep takes those added for what they are: they run, none is due.

    1. the clocks that cases, orders, parts … have here, each on all there are, as many as are wanted; 2. a small
    history has too few of them: then every clock on further findings of its visits, which need nothing beside them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for name in SUBJECTS:
            rows = Deadline.objects.filter(**{f"{name}__isnull": False})
            _add(name, list(rows.values_list("kind", flat=True).distinct()), wanted)
        if (missing := wanted - live()) > 0:
            kinds = [str(kind) for kind in DeadlineKind.values]
            cursor.execute(_FINDINGS, {"mark": MARK, "count": missing // len(kinds) + 1})
            _add("finding", kinds, wanted, only="WHERE subject.text = %(mark)s")
    return live()


def _add(name: str, kinds: list[str], wanted: int, only: str = "") -> None:
    count = wanted - live()
    subject = Deadline._meta.get_field(name).related_model
    if count > 0 and kinds and not isinstance(subject, str | None):
        with connection.cursor() as cursor:
            sql = _ADD.format(name=name, table=subject._meta.db_table, only=only)
            cursor.execute(sql, {"mark": MARK, "kinds": kinds, "count": count})


def live() -> int:
    return Deadline.objects.filter(state=DeadlineState.RUNNING).count()


def fewer() -> int:
    """Take them away again, and those that a run which was killed left behind; how many deadlines there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DELETE FROM cases_deadline WHERE last_error = %s", [MARK])
        gone = int(cursor.rowcount)
        cursor.execute("DELETE FROM cases_finding WHERE text = %s", [MARK])
    return gone


def tidy(gone: int = 0) -> bool:
    """Fresh statistics; where most of the table has ``gone``, its room is given back. Outside of transactions."""
    most = gone > Deadline.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in ("cases_deadline", "cases_finding"):
            cursor.execute(f"VACUUM ({'FULL, ' if most else ''}ANALYZE) {table}")
    return most
