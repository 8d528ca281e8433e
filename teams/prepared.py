"""Statements that a connection has prepared: PostgreSQL parses and plans them once, not each time they are asked.

A page asks some thirty questions over wide tables by keys, and planning them costs the database more than answering.
psycopg2 prepares nothing by itself, so it is said in SQL (``PREPARE``, ``EXECUTE``). Behind a pooler by transaction a
session isn't one's own: there nothing is prepared (``DATABASE_POOLED``).
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import NotSupportedError
from django.db import connection as default
from django.db.backends.base.base import BaseDatabaseWrapper

Row = TypeVar("Row")
MOST = 300
"""Statements of a connection; the one that was not asked for the longest time goes."""
TIMES = 500
"""Executions after which one is planned anew: a plan for a small table must not stay while one transaction fills it."""


@dataclass(slots=True)
class _Kept:
    name: str
    asked: int = 0


_kept: WeakKeyDictionary[Any, OrderedDict[str, _Kept]] = WeakKeyDictionary()
_numbers = itertools.count(1)


def possible() -> bool:
    """Whether connections keep what they have prepared."""
    return not settings.DATABASE_POOLED


def ask(sql: str, values: Sequence[Any], label: str) -> list[tuple[Any, ...]]:
    """The rows that SQL with a ``%s`` for each value answers, none where it only writes. For texts of which there are
    few: each is kept prepared."""

    def rows(worded: str) -> list[tuple[Any, ...]]:
        with default.cursor() as cursor:
            cursor.execute(worded, values)
            return cursor.fetchall() if cursor.description else []

    return asked(default, _dollars(sql), len(values), label, rows) if possible() else rows(sql)


def asked(
    connection: BaseDatabaseWrapper, text: str, count: int, label: str, ask: Callable[[str], list[Row]]
) -> list[Row]:
    """What ``ask`` finds by the SQL that calls the prepared ``text``."""
    try:
        return ask(call(connection, text, count, label))
    except NotSupportedError:  # a column has another type since: it must be prepared anew
        forget(connection)
        if connection.in_atomic_block:
            raise
        return ask(call(connection, text, count, label))


@lru_cache(maxsize=256)
def _dollars(sql: str) -> str:
    """The text as PostgreSQL counts its parameters."""
    first, *more = sql.split("%s")
    return first + "".join(f"${nth}{part}" for nth, part in enumerate(more, 1))


def call(connection: BaseDatabaseWrapper, text: str, count: int, label: str) -> str:
    """SQL that asks what ``text`` says, with a ``%s`` for each of its ``count`` parameters (``$1``, ``$2``, …).

    The name begins with ``label``: a monitor of the server sees nothing else of the question.
    """
    connection.ensure_connection()
    raw = connection.connection
    ours = _kept.setdefault(raw, OrderedDict())
    one = ours.get(text)
    if one is not None and one.asked < TIMES:
        one.asked += 1
        ours.move_to_end(text)
        return _execute(one.name, count)
    leaving = [ours.pop(text).name] if one is not None else []
    while len(ours) >= MOST:
        leaving.append(ours.popitem(last=False)[1].name)
    name = f"{label}_{next(_numbers)}"
    with raw.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute("".join(f"DEALLOCATE {gone};" for gone in leaving) + f"PREPARE {name} AS {text}")
    ours[text] = _Kept(name)
    return _execute(name, count)


def forget(connection: BaseDatabaseWrapper) -> None:
    """Prepare them anew: a table is no longer what it was."""
    _kept.pop(connection.connection, None)


def _execute(name: str, count: int) -> str:
    return f"EXECUTE {name} ({', '.join(['%s'] * count)})" if count else f"EXECUTE {name}"
