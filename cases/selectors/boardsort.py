"""The orders of the board, and pages by key in each of them: exact however many rows come and go meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from django.db.models import F, OrderBy, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from teams.statements import Slot

R = TypeVar("R")
NOTHING = Q(pk__in=[])
_EMPTY = "-"
BIGGEST = 2**63


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None or found.tzinfo is None:
        raise ValueError(text)
    return found


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= BIGGEST:
        raise ValueError(text)
    return int(text)


def _letter(text: str) -> str:
    if len(text) != 1 or not text.isalpha():
        raise ValueError(text)
    return text


@dataclass(frozen=True, slots=True)
class Key:
    """A column of an order. ``read`` makes its value from a cursor's text; a nullable one has its empty rows last."""

    field: str
    read: Callable[[str], Any]
    down: bool = False
    nullable: bool = False

    def beyond(self, value: Any, *, back: bool) -> Q:
        """Rows after the value in this order, or before it when going ``back``."""
        if value is None:
            return Q(**{f"{self.field}__isnull": False}) if back else NOTHING
        rule = Q(**{f"{self.field}__{'lt' if self.down != back else 'gt'}": value})
        return rule | Q(**{f"{self.field}__isnull": True}) if self.nullable and not back else rule

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.field}__isnull": True}) if value is None else Q(**{self.field: value})

    def order(self, *, back: bool) -> OrderBy:
        column = F(self.field)
        if self.nullable:
            return column.desc(nulls_first=True) if back else column.asc(nulls_last=True)
        return column.desc() if self.down != back else column.asc()


@dataclass(frozen=True, slots=True)
class Sort:
    label: str | Promise
    keys: Sequence[Key]


_DUE = Key("due_at", _moment, nullable=True)
SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        "due": Sort(_("nearest deadline"), (_DUE, Key("pk", _number))),
        "new": Sort(_("newest"), (Key("opened_at", _moment, down=True), Key("pk", _number, down=True))),
        "old": Sort(_("oldest"), (Key("opened_at", _moment), Key("pk", _number))),
        "severity": Sort(_("severity"), (Key("severity", _letter), _DUE, Key("pk", _number))),
        "repeats": Sort(_("repeats"), (Key("complaint_count", _number, down=True), _DUE, Key("pk", _number))),
    }
)
"""Every order ends with the key of the row, so that no two rows stand at one place."""
FIRST = "due"


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in order. ``after`` and ``before`` are the cursors of the pages beside it; None where there is none."""

    cases: list[R]
    after: str | None
    before: str | None = None

    @property
    def cursor(self) -> str | None:
        """Of the next page."""
        return self.after


def cursor_of(case: Any, sort: str = FIRST) -> str:
    """Where a row (a case, or what has the columns of its order) stands in the order, as text for an address."""
    values = (getattr(case, key.field) for key in SORTS[sort].keys)
    texts = (value.isoformat() if isinstance(value, datetime) else value for value in values)
    return "~".join([sort, *(_EMPTY if text is None else str(text) for text in texts)])


def values_of(cursor: str | None, sort: str) -> list[Any] | None:
    """The values a cursor of this order holds; None for no cursor, another order's or one that can't be read."""
    name, *texts = (cursor or "").split("~")
    keys = SORTS[sort].keys
    if name != sort or len(texts) != len(keys):
        return None
    try:
        return [
            None if key.nullable and text == _EMPTY else key.read(text) for key, text in zip(keys, texts, strict=True)
        ]
    except ValueError:
        return None


def page_of(
    rows: QuerySet[Case, R], *, sort: str = FIRST, after: str | None = None, before: str | None = None, size: int
) -> Page[R]:
    """A page of the rows: those after a cursor, those before one, or the first ones. One query.

    A cursor that can't be read starts from the beginning.
    """

    def find(values: Sequence[Any] | None, back: bool) -> list[R]:
        return list(ordered(rows, sort, values, back=back)[: size + 1])

    return page_found(find, sort=sort, after=after, before=before, size=size)


def page_found(
    find: Callable[[Sequence[Any] | None, bool], list[R]],
    *,
    sort: str = FIRST,
    after: str | None = None,
    before: str | None = None,
    size: int,
) -> Page[R]:
    """``page_of`` what ``find`` finds: ``ordered`` rows beyond these values (None: from the beginning), going back or
    on, one more than ``size``."""
    back = values_of(before, sort)
    values = back if back is not None else values_of(after, sort)
    found = find(values, back is not None)
    more, found = len(found) > size, found[:size]
    if back is not None:
        found.reverse()
    if not found:
        return Page([], None)
    return Page(
        found,
        after=cursor_of(found[-1], sort) if more or back is not None else None,
        before=cursor_of(found[0], sort) if (more if back is not None else values is not None) else None,
    )


def ordered(rows: QuerySet[Case, R], sort: str, values: Sequence[Any] | None, *, back: bool) -> QuerySet[Case, R]:
    """The rows in this order, from the beginning or beyond the values (slots, where they are given later)."""
    keys = SORTS[sort].keys
    if values is not None:
        rows = rows.filter(_beyond(keys, values, back=back))
    return rows.order_by(*(key.order(back=back) for key in keys))


def slots_of(sort: str, empty: Sequence[bool]) -> list[Slot | None]:
    """Slots ``key0``, ``key1`` … for the values of a cursor; None stays where one is ``empty``."""
    return [
        None
        if none
        else Slot(f"key{n}", cast("Any", Case._meta.pk if key.field == "pk" else Case._meta.get_field(key.field)))
        for n, (key, none) in enumerate(zip(SORTS[sort].keys, empty, strict=True))
    ]


def _beyond(keys: Sequence[Key], values: Sequence[Any], *, back: bool) -> Q:
    rule, same = NOTHING, Q()
    for key, value in zip(keys, values, strict=True):
        rule |= same & key.beyond(value, back=back)
        same &= key.same(value)
    return rule
