"""Questions whose SQL is worked out once a process: a page that asks thirty of them spends more on the wording than the
database on the answers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import Any, Generic, TypeVar, TypeVarTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, Expression, F, Field, Func, IntegerField, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg2.extensions import AsIs

from teams import prepared
from teams.policies import Actor

Row = TypeVar("Row")
Made = TypeVar("Made")
More = TypeVarTuple("More")


class Slot(Expression):
    """Stands in a question for a value that is given when it is asked."""

    def __init__(self, name: str, output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=output_field or IntegerField())
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


def among(path: str, name: str) -> Func:
    """Rows whose column is one of the values of a slot that takes a list."""
    return Func(F(path), Slot(name), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class _Worded:
    """``sql`` for the driver; ``text`` the same for PostgreSQL, with ``$1`` in place of the first slot."""

    queryset: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    slots: tuple[str, ...]
    text: str


class Statement(Generic[Row]):
    """A queryset with slots, asked by their names: ``NOTES(case=7)``. Its rows are the queryset's own.

    ``ask`` is called once. What else it depends on (a language, today, who asks) must not be in it: it would stay. Each
    connection prepares it when it first asks (``teams.prepared``).

    A number that no column can hold (an address may have thirty digits) finds nothing, as with Django's own lookups.

    ``one_plan``: its lists are of keys that an index finds, so a short one need not be planned anew. ``around``: SQL
    about the question, which stands where its ``{}`` is; its columns are those of the queryset.
    """

    def __init__(self, ask: Callable[[], QuerySet[Any, Row]], *, one_plan: bool = False, around: str = "{}") -> None:
        self._ask = ask
        self._one_plan = one_plan
        self._around = around
        self._ready: _Worded | None = None
        self._empty = False

    def __call__(self, **values: Any) -> list[Row]:
        if self._empty:
            return []
        try:
            worded = self._ready or self._work_out()
        except EmptyResultSet:  # whatever is given, no row fits: an actor without a street
            self._empty = True
            return []
        if not all(_fits(values[name]) for name in worded.slots):
            return []
        if not prepared.possible():
            given = tuple(values[one.name] if isinstance(one, Slot) else one for one in worded.params)
            return list(_again(worded, worded.sql, given))
        given = tuple(values[name] for name in worded.slots)
        if self._one_plan:
            given = tuple(_filled_up(value) for value in given)
        table = worded.queryset.model._meta.db_table
        connection = connections[worded.queryset.db]
        return prepared.asked(connection, worded.text, len(given), table, lambda sql: list(_again(worded, sql, given)))

    def _work_out(self) -> _Worded:
        queryset = self._ask()
        compiler = queryset.query.get_compiler(queryset.db)
        asked, params = compiler.as_sql()
        sql = self._around.replace("{}", asked)
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        compiler.get_converters = lambda _columns: converters
        slots = tuple(one.name for one in params if isinstance(one, Slot))
        numbers = itertools.count(1)
        written = tuple(AsIs(f"${next(numbers)}") if isinstance(one, Slot) else one for one in params)
        with connections[queryset.db].cursor() as cursor:
            text = cursor.mogrify(sql, written).decode() if written else sql
        self._ready = _Worded(queryset, compiler, sql, tuple(params), slots, text)
        return self._ready


class Written:
    """A question that is written out in SQL, asked by its names: ``ROLES(user=7)``. Its rows are tuples.

    Prepared as a ``Statement`` is, under the name of ``table``. ``words``: names whose values are always the same.
    """

    def __init__(self, table: str, sql: str, words: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._table = table
        self._sql = sql
        self._words = dict(words)
        self._slots = tuple(name for name in dict.fromkeys(_NAMES.findall(sql)) if name not in words)
        self._text = ""

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        connection = connections[DEFAULT_DB_ALIAS]

        def rows(sql: str, given: Any) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(sql, given)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found

        if not prepared.possible():
            return rows(self._sql, self._words | values)
        if not self._text:
            numbered = {name: AsIs(f"${number}") for number, name in enumerate(self._slots, 1)}
            with connection.cursor() as cursor:
                self._text = cursor.mogrify(self._sql, self._words | numbered).decode()
        given = tuple(values[name] for name in self._slots)
        return prepared.asked(connection, self._text, len(given), self._table, lambda sql: rows(sql, given))


_NAMES = re.compile(r"%\((\w+)\)s")


def _fits(value: Any) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


GUESSED = 10
"""Values that PostgreSQL takes a list of unknown length to have."""


def _filled_up(value: Any) -> Any:
    """A short list of keys, its last one (or 0, which is nobody's) repeated: what is found is the same. Planned for one
    value it looks so much cheaper than the plan for any list that the kept plan is never taken."""
    if isinstance(value, list) and len(value) < GUESSED:
        return [*value, *((value[-1:] or [0]) * (GUESSED - len(value)))]
    return value


def _again(worded: _Worded, sql: str, given: tuple[Any, ...]) -> QuerySet[Any, Any]:
    """The queryset once more, over a compiler that knows what to say already."""
    queryset = worded.queryset
    compiler: Any = _twin(worded.compiler)
    compiler.connection = connections[queryset.db]  # each thread has its own
    compiler.as_sql = lambda *_a, **_k: (sql, given)
    query: Any = _twin(queryset.query)
    query.get_compiler = lambda *_a, **_k: compiler
    old: Any = queryset
    rows: Any = old.__class__(model=old.model, query=query, using=old._db)
    rows._iterable_class = old._iterable_class
    rows._fields = old._fields
    rows._prefetch_related_lookups = old._prefetch_related_lookups
    found: QuerySet[Any, Any] = rows
    return found


_forget: list[Callable[[], None]] = []


def for_readers(make: Callable[[Actor, *More], Made]) -> Callable[[Actor, *More], Made]:
    """What asks for rows of who asks, made once for all who may look at the same: colleagues of one office.

    What else it is made of (a queue, an order) has a hash.
    """
    made: Any = lru_cache(maxsize=128)(make)
    _forget.append(made.cache_clear)

    @wraps(make)
    def of(actor: Actor, *more: *More) -> Made:
        found: Made = made(actor.as_reader(), *more)
        return found

    return of


def forget() -> None:
    """Make them anew when they are asked: after a rule of who sees what has changed in memory."""
    for one in _forget:
        one()


T = TypeVar("T")


def _twin(thing: T) -> T:
    twin = thing.__class__.__new__(thing.__class__)
    twin.__dict__.update(thing.__dict__)
    return twin
