"""Rows of several tables, written by one statement: a write that makes six rows pays for one question, not for six.

The rows name each other by ids, so whoever makes them draws the ids first. Foreign keys are looked at when the
transaction commits; what a trigger of a table reads is what the whole statement has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

from django.db import connection
from django.db.models import Field, JSONField, Model

from teams import prepared

FEW = 6
_PLAIN = frozenset({str, int, bool, float, type(None)})


def write(rows: Sequence[Model], *, unless_there: bool = False) -> None:
    """Insert them. A row without an id gets one from the database, and isn't told which.

    ``unless_there``: one that a unique index forbids is left out.
    """
    parts, values = worded(rows)
    *before, last = [f"{part} ON CONFLICT DO NOTHING" for part in parts] if unless_there else parts
    ahead = "WITH " + ", ".join(f"row{nth} AS ({part})" for nth, part in enumerate(before)) + " " if before else ""
    say(ahead + last, values, count=len(rows), label=rows[-1]._meta.db_table)
    stored(rows)


def change(row: Model, names: Sequence[str]) -> None:
    """Write these fields of a row that stands already: ``save(update_fields=names)``, prepared and without signals."""
    sql, columns = _change(type(row), tuple(names))
    values = [_value(row, column, made) for column, made in columns]
    prepared.ask(sql, [*values, row.pk], row._meta.db_table)


def say(sql: str, values: Sequence[Any], *, count: int, label: str) -> list[tuple[Any, ...]]:
    """Ask what inserts so many rows: prepared while they are few, for then the texts are few as well."""
    if count <= FEW:
        return prepared.ask(sql, values, label)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def worded(rows: Sequence[Model]) -> tuple[list[str], list[Any]]:
    """An INSERT for each run of rows of one table, and the values of them all: for a statement that does more."""
    parts: list[str] = []
    values: list[Any] = []
    for (model, known), run in groupby(rows, key=lambda row: (type(row), row.pk is not None)):
        head, line, columns = _columns(model, known)
        count = 0
        for row in run:
            values += [_value(row, column, made) for column, made in columns]
            count += 1
        parts.append(head + ", ".join([line] * count))
    return parts, values


def stored(rows: Sequence[Model]) -> None:
    """Tell the rows that they stand in the database."""
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=64)
def _columns(model: type[Model], known: bool) -> tuple[str, str, tuple[tuple[Field[Any, Any], bool], ...]]:
    """Head of the INSERT, placeholders of a row, the columns and whether each makes its own value."""
    fields = [one for one in model._meta.concrete_fields if not one.generated and (known or not one.primary_key)]
    names = ", ".join(connection.ops.quote_name(str(one.column)) for one in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    made = [bool(getattr(one, "auto_now", False) or getattr(one, "auto_now_add", False)) for one in fields]
    head = f"INSERT INTO {table} ({names}) VALUES "  # nosec B608 # names of our own tables and columns # noqa: S608
    return head, f"({', '.join(['%s'] * len(fields))})", tuple(zip(fields, made, strict=True))


@lru_cache(maxsize=256)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, tuple[tuple[Field[Any, Any], bool], ...]]:
    fields = [cast("Field[Any, Any]", model._meta.get_field(name)) for name in names]
    lines = ", ".join(f"{connection.ops.quote_name(str(one.column))} = %s" for one in fields)
    table, key = (connection.ops.quote_name(name) for name in (model._meta.db_table, str(model._meta.pk.column)))
    made = [bool(getattr(one, "auto_now", False)) for one in fields]
    sql = f"UPDATE {table} SET {lines} WHERE {key} = %s"  # nosec B608 # names of our own tables and columns # noqa: S608
    return sql, tuple(zip(fields, made, strict=True))


def _value(row: Model, column: Field[Any, Any], made: bool) -> Any:
    value = column.pre_save(row, True) if made else getattr(row, column.attname)
    kind = type(value)
    if (kind in _PLAIN and not isinstance(column, JSONField)) or (kind is datetime and value.tzinfo is not None):
        return value
    return column.get_db_prep_save(value, connection)
