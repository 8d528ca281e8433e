"""Running several writes at the same moment, each on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

from django.db import connection, connections, models

from cases.refusals import Refused
from cases.services import casefile
from teams.statements import Statement


@dataclass
class Outcome:
    """What one of them got: a value, a refusal, or a fault."""

    value: Any = None
    refused: Refused | None = None
    fault: BaseException | None = None

    @property
    def won(self) -> bool:
        return self.refused is None and self.fault is None


def together(*writes: Callable[[], Any]) -> list[Outcome]:
    """Start all writes at one barrier; outcomes in the order given. A fault is kept, not raised."""
    barrier = Barrier(len(writes))
    outcomes = [Outcome() for _ in writes]

    def run(write: Callable[[], Any], outcome: Outcome) -> None:
        try:
            barrier.wait(timeout=10)
            outcome.value = write()
        except Refused as refused:
            outcome.refused = refused
        except BaseException as fault:  # reported to the test, which asserts that there is none
            outcome.fault = fault
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in zip(writes, outcomes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


class Rendezvous:
    """Wraps a function so that two callers both pass it before either goes on: the race made certain."""

    def __init__(self, inner: Callable[..., Any], parties: int = 2) -> None:
        self._inner = inner
        self._barrier = Barrier(parties)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self._inner(*args, **kwargs)
        self._barrier.wait(timeout=10)
        return result


@contextmanager
def without_constraint(model: type[models.Model], name: str) -> Iterator[None]:
    """The model's constraint dropped within the block, for showing what it stands against."""
    constraint = next(c for c in model._meta.constraints if c.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


@contextmanager
def without_row_locks() -> Iterator[None]:
    """``select_for_update`` reads without locking within the block, for showing what the locks stand against."""
    with (
        patch.object(models.QuerySet, "select_for_update", lambda rows, **_how: rows.all()),
        patch.object(casefile, "_LOCKED", Statement(casefile._LOCKED._ask)),  # worded anew, within the block
    ):
        yield


@contextmanager
def without_unique(model: type[models.Model], field: str) -> Iterator[None]:
    """The unique index of one column dropped within the block; what the race wrote must be gone before its end."""
    found_field = model._meta.get_field(field)
    assert isinstance(found_field, models.Field)
    table, column = model._meta.db_table, found_field.column
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
        name = next(n for n, c in found.items() if c["unique"] and c["columns"] == [column] and not c["primary_key"])
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" UNIQUE ("{column}")')
