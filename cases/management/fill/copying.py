"""Rows of many tables, gathered as COPY text and written together. Ids come from the tables' own sequences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from functools import lru_cache
from io import BytesIO
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

from cases import models as core

FIRST_BLOCK, BLOCK = 200, 20_000
"""Ids taken from a sequence at once, few first. What is left of the last block stays unused, as after a rolled back
write."""

_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NOTHING = r"\N"


class Numbers:
    """Numbers of a sequence, one after the other; whoever else draws from it gets others."""

    def __init__(self, sequence: str) -> None:
        self._sequence, self._size = sequence, FIRST_BLOCK
        self._left: Iterator[int] = iter(())

    def take(self) -> int:
        for number in self._left:
            return number
        self._left = iter(self._block())
        return next(self._left)

    def _block(self) -> range:
        """A block without holes: where somebody else drew meanwhile, the next one. So two numbers tell of all."""
        self._size = min(2 * self._size, BLOCK)
        with connection.cursor() as cursor:
            while True:
                cursor.execute(
                    "SELECT min(n), max(n)"
                    " FROM (SELECT nextval(%s::regclass) AS n FROM generate_series(1, %s)) AS block",
                    [self._sequence, self._size],
                )
                first, last = cursor.fetchone()
                if last - first == self._size - 1:
                    return range(first, last + 1)


class Rows:
    """The new rows of one table. What ``add`` is not given has the default of its field."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        self.table = model._meta.db_table
        columns = ", ".join(f'"{field.column}"' for field in fields)
        self.copy = f'COPY "{self.table}" ({columns}) FROM STDIN'
        self._blank = {field.column: _default(field) for field in fields}
        self._ids = Numbers(f"{self.table}_{model._meta.pk.column}_seq")
        self._forms: dict[tuple[str, ...], tuple[str, Callable[[dict[str, object]], tuple[object, ...]]]] = {}
        self._lines: list[str] = []

    def take(self) -> int:
        """The id of a row that is added later, when all is known of it."""
        return self._ids.take()

    def add(self, *, pk: int | None = None, **given: object) -> int:
        """A row by the names of its columns (``case_id``); its id. KeyError for a column that there is not."""
        number = given["id"] = pk or self._ids.take()
        self.put(given)
        return number

    def put(self, given: dict[str, object]) -> None:
        """A row that has no id of its own, or has it already."""
        names = tuple(given)
        form, values = self._forms.get(names) or self._form(names)
        self._lines.append(form % tuple([_TEXT[value.__class__](value) for value in values(given)]))

    def _form(self, names: tuple[str, ...]) -> tuple[str, Callable[[dict[str, object]], tuple[object, ...]]]:
        """A line with gaps for these columns, and what picks their values in its order. Few sets of columns occur."""
        if unknown := set(names) - self._blank.keys():
            raise KeyError(*unknown)
        form = "\t".join("%s" if name in names else blank.replace("%", "%%") for name, blank in self._blank.items())
        found = form, itemgetter(*[name for name in self._blank if name in names])
        self._forms[names] = found
        return found

    def drain(self) -> str:
        lines, self._lines = self._lines, []
        return "\n".join(lines) + "\n" if lines else ""


def text(value: object) -> str:
    """A value as COPY reads it."""
    match value:
        case None:
            return _NOTHING
        case str():
            return _escaped(value)
        case bool():
            return "t" if value else "f"
        case int() | float():
            return repr(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return rf"\\x{value.hex()}"
        case list() | dict():
            return _escaped(json.dumps(value, ensure_ascii=False))
        case _:
            raise TypeError(type(value).__name__)


def _escaped(value: str) -> str:
    if "\\" in value or "\n" in value or "\t" in value or "\r" in value:
        return value.translate(_ESCAPED)
    return value


class _Texts(dict[type, Callable[[Any], str]]):
    """What nearly every value is, without asking one kind after the other."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        return text


_TEXT = _Texts(
    {
        str: _escaped,
        int: repr,
        float: repr,
        type(None): lambda _value: _NOTHING,
        bool: lambda value: "t" if value else "f",
        datetime: lru_cache(maxsize=4096)(datetime.isoformat),  # a moment stands in several rows
    }
)


def _default(field: models.Field[Any, Any]) -> str:
    if isinstance(field, ArrayField):
        return "{}"
    if field.null and not field.has_default():
        return _NOTHING
    if isinstance(field, models.DateTimeField | models.ForeignKey) or field.primary_key:
        return "missing"  # neither a moment nor an id: COPY refuses the row that was not given one
    return text(field.get_default())


class Book:
    """The rows of one stretch of history, table by table, in the order in which they are written.

    Links stand before cases: the trigger of the cases then finds all that was said, and cuts the words once; unless
    the book brings the ``words`` itself.
    """

    def __init__(self, *, words: bool = False) -> None:
        self.target = Rows(core.Target)
        self.identity = Rows(core.Identity)
        self.complaint = Rows(core.Complaint)
        self.hotline = Rows(core.HotlineOrder)
        self.line = Rows(core.ResidentLine)
        self.link = Rows(core.CaseComplaint)
        self.case = Rows(core.Case)
        self.note = Rows(core.CaseNote)
        self.need = Rows(core.Need)
        self.need_agency = Rows(core.NeedAgency)
        self.order = Rows(core.Order)
        self.order_need = Rows(core.OrderNeed)
        self.part = Rows(core.Part)
        self.part_item = Rows(core.PartItem)
        self.visit = Rows(core.Visit)
        self.report = Rows(core.ReportIn)
        self.officer = Rows(core.VisitOfficer)
        self.answer = Rows(core.Answer)
        self.finding = Rows(core.Finding)
        self.ruling = Rows(core.Ruling)
        self.followup = Rows(core.Followup)
        self.check = Rows(core.CheckAfter)
        self.feedback = Rows(core.Feedback)
        self.deadline = Rows(core.Deadline)
        self.event = Rows(core.Event)
        self.chain = Rows(core.Chain)
        self.words = Rows(core.CaseWords) if words else None
        self.references = Numbers("cases_case_reference")
        self.numbers = Numbers("cases_order_number")

    def drain(self) -> list[tuple[str, bytes]]:
        """COPY statements with their rows; the book is empty afterwards and may be written on."""
        found = [rows for rows in vars(self).values() if isinstance(rows, Rows)]
        return [(rows.copy, lines.encode()) for rows in found if (lines := rows.drain())]


def tables() -> list[str]:
    """The names of the tables that a book has rows of."""
    return [rows.table for rows in vars(Book()).values() if isinstance(rows, Rows)]


def write(rows: Iterable[tuple[str, bytes]]) -> None:
    """All of it or nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL synchronous_commit = off")  # a fill that a crash cuts short is begun anew anyway
        for statement, lines in rows:
            cursor.copy_expert(statement, BytesIO(lines), 1 << 20)
