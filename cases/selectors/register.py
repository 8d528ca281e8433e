"""The register of parties: search, filters, pages. Two-character words are found by an index of pairs (see Pairs)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import Count, DateTimeField, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Finding,
    FindingState,
    Likeness,
    Need,
    NeedState,
    Order,
    OrderKind,
    Pairs,
    RulingOutcome,
    Target,
)
from teams.models import Grid, Role, Street
from teams.numbers import is_number
from teams.policies import Actor
from teams.scope import of_own_streets, own_streets
from teams.statements import Slot, Statement

PAGE = 50
MANY = 100
"""What is known of a party is counted to here, and a badge says 99+."""
LOOK_BACK = timedelta(days=365)
OPEN_NEEDS = (NeedState.OPEN, NeedState.ORDERED)
FAR = date(9999, 12, 31)
FLAGS = ("needs", "no_disturb", "doubles", "inactive")
SORTS: Mapping[str, str] = MappingProxyType({"new": "pk", "name": "name", "address": "address", "due": "due"})
"""Sort → the column that orders it; ``new`` goes down, the others up."""


def targets_visible(actor: Actor) -> QuerySet[Target]:
    """Parties of the actor's streets or district; an auditor sees all. Merged ones are left out."""
    rows = Target.objects.filter(merged_into__isnull=True).select_related("street", "grid")
    if actor.is_system or actor.has(Role.AUDITOR):
        return rows
    return rows.filter(of_own_streets(actor))


def streets_visible(actor: Actor) -> QuerySet[Street]:
    """Streets whose register the actor reads."""
    if actor.is_system or actor.has(Role.AUDITOR):
        return Street.objects.all()
    return own_streets(actor)


def words_filter(rows: QuerySet[Target], text: str) -> QuerySet[Target]:
    """Entries that hold every word of the text in name, other names, address, code or trade; ``#12`` is number 12.

    A word of two characters or more goes by the index of pairs and is then compared whole.
    """
    for word in unicodedata.normalize("NFKC", text).lower().split()[:6]:
        if word[0] == "#" and is_number(word[1:]) and len(word) < 10:
            rows = rows.filter(pk=int(word[1:]))
            continue
        pairs = list(dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1)))
        if pairs:
            rows = rows.alias(pairs=Pairs(F("words")))
            rows = rows.filter(pairs__contains=pairs)  # type: ignore[misc]  # the stubs take a Func for a text
        rows = rows.filter(words__contains=word)
    return rows


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked for; ids and values that are not offered select nothing."""

    text: str = ""
    street: int | None = None
    grid: int | None = None
    kind: str = ""
    trade: str = ""
    flags: frozenset[str] = frozenset()
    sort: str = "new"


def targets_asked(actor: Actor, asked: Asked) -> QuerySet[Target]:
    """The parties that are asked for, not ordered yet."""
    rows = words_filter(targets_visible(actor), asked.text)
    plain = {"street": asked.street, "grid": asked.grid, "kind": asked.kind, "trade": asked.trade}
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    rows = rows.filter(active="inactive" not in asked.flags)
    if "needs" in asked.flags or asked.sort == "due":
        rows = rows.filter(Exists(Need.objects.filter(target=OuterRef("pk"), state__in=OPEN_NEEDS)))
    if "no_disturb" in asked.flags:
        rows = rows.filter(no_disturb_now(), no_disturb=True)
    if "doubles" in asked.flags:
        open_pairs = Likeness.objects.filter(different_at__isnull=True)
        rows = rows.filter(
            Exists(open_pairs.filter(first=OuterRef("pk"))) | Exists(open_pairs.filter(second=OuterRef("pk")))
        )
    return rows


def no_disturb_now() -> Q:
    """On the no-disturb list today."""
    return Q(no_disturb_until__isnull=True) | Q(no_disturb_until__gte=timezone.localdate(now()))


@dataclass(slots=True)
class Row:
    """An entry as the list shows it. ``due``: the last day of the nearest open need; ``visits`` within a year."""

    target: Target
    needs: int = 0
    due: date | None = None
    visits: int = 0
    last_visit: Any = None
    double: bool = False


def register_page(actor: Actor, asked: Asked, *, cursor: str = "", size: int = PAGE) -> tuple[list[Row], str]:
    """A page of rows and the cursor of the next one (empty at the end). Five queries."""
    rows = _sorted(targets_asked(actor, asked), asked.sort, cursor)
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    return rows_of(found), _cursor(found[-1], asked.sort) if more else ""


def rows_of(targets: Iterable[Target]) -> list[Row]:
    """Entries with what is known of them at a glance. Four queries, whatever their number."""
    found = {target.pk: Row(target) for target in targets}
    needs = Need.objects.filter(target__in=found, state__in=OPEN_NEEDS).order_by().values("target")
    for line in needs.annotate(n=Count("pk"), due=Min("due_day")):
        found[line["target"]].needs, found[line["target"]].due = line["n"], line["due"]
    visited = Order.objects.filter(target__in=found, on_scene_at__isnull=False).exclude(kind=OrderKind.HANDLING)
    within = Q(on_scene_at__gte=now() - LOOK_BACK)
    for seen in visited.order_by().values("target").annotate(n=Count("pk", filter=within), last=Max("on_scene_at")):
        found[seen["target"]].visits, found[seen["target"]].last_visit = seen["n"], seen["last"]
    pairs = Likeness.objects.filter(different_at__isnull=True)
    for first, second in pairs.filter(Q(first__in=found) | Q(second__in=found)).values_list("first", "second"):
        for pk in (first, second):
            if pk in found:
                found[pk].double = True
    return list(found.values())


def rows_all(actor: Actor, asked: Asked, *, batch: int = 1000) -> Iterator[Row]:
    """Every row that is asked for, page after page, for a file."""
    cursor = ""
    while True:
        rows, cursor = register_page(actor, asked, cursor=cursor, size=batch)
        yield from rows
        if not cursor:
            return


def _sorted(rows: QuerySet[Target], sort: str, cursor: str) -> QuerySet[Target]:
    if sort not in SORTS or sort == "new":
        return (rows.filter(pk__lt=int(cursor)) if is_number(cursor) else rows).order_by("-pk")
    if sort == "due":
        nearest = (
            Need.objects.filter(target=OuterRef("pk"), state__in=OPEN_NEEDS)
            .order_by()
            .values("target")
            .annotate(first=Min("due_day"))
            .values("first")
        )
        rows = rows.annotate(due=Coalesce(Subquery(nearest), Value(FAR)))
    column = SORTS[sort]
    key, _sep, value = cursor.partition("~")
    if is_number(key):
        past: Any = value
        if sort == "due":
            try:
                past = date.fromisoformat(value)
            except ValueError:
                return rows.order_by(column, "pk")
        rows = rows.filter(**{f"{column}__gte": past}).filter(
            Q(**{f"{column}__gt": past}) | Q(**{column: past, "pk__gt": int(key)})
        )
    return rows.order_by(column, "pk")


def _cursor(target: Target, sort: str) -> str:
    if sort not in SORTS or sort == "new":
        return str(target.pk)
    value = getattr(target, SORTS[sort])
    return f"{target.pk}~{value.isoformat() if isinstance(value, date) else value}"


def targets_page(
    actor: Actor, *, text: str = "", kind: str = "", after: int | None = None, size: int = PAGE
) -> tuple[list[Target], int | None]:
    """Parties that hold the text, newest first; for pickers. Inactive ones are left out."""
    rows = targets_asked(actor, Asked(text=text, kind=kind))
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def trades(actor: Actor) -> list[str]:
    """Trades that the register knows, the commonest first."""
    rows = targets_visible(actor).select_related(None).exclude(trade="").order_by()
    return [row["trade"] for row in rows.values("trade").annotate(n=Count("pk")).order_by("-n", "trade")[:200]]


def grids_visible(actor: Actor, street: int | None) -> QuerySet[Grid]:
    """Grids to filter by: of the chosen street, or of the only one."""
    streets = [street] if street else list(streets_visible(actor).values_list("pk", flat=True)[:2])
    if len(streets) != 1:
        return Grid.objects.none()
    return Grid.objects.filter(community__street__in=streets_visible(actor).filter(pk__in=streets))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a party at a glance; ``visits`` within a year, ``findings`` that were ruled within two. Each is
    counted to ``MANY``."""

    target: Target
    visits: int
    findings: int
    needs: int


def known_of(target: Target) -> Known:
    """Three counts of a party the caller may see."""
    visits = len(_CARRIED_OUT(target=target.pk, since=now() - LOOK_BACK))
    findings = len(_WRONG(target=target.pk, since=now() - 2 * LOOK_BACK))
    return Known(target, visits, findings, len(_WAITING(target=target.pk)))


_SINCE = Slot("since", DateTimeField())
_CARRIED_OUT = Statement(
    lambda: (
        Order.objects.filter(target=Slot("target"), on_scene_at__gte=_SINCE)
        .order_by()
        .values_list("pk", flat=True)[:MANY]
    )
)
_WRONG = Statement(
    lambda: (
        Finding.objects.filter(visit__order__target=Slot("target"), state=FindingState.RULED, found_at__gte=_SINCE)
        .exclude(ruling__outcome=RulingOutcome.NOTHING_WRONG)
        .order_by()
        .values_list("pk", flat=True)[:MANY]
    )
)
_WAITING = Statement(
    lambda: (
        Need.objects.filter(target=Slot("target"), state__in=OPEN_NEEDS).order_by().values_list("pk", flat=True)[:MANY]
    )
)
