"""One search box over cases, parties and orders, best first; each group goes on by keyset (ADR 9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func, Q, QuerySet, Value

from cases.models import Case, CaseComplaint, Order, Target
from cases.papers import apply_masks, mask_text
from cases.planner.lexemes import plain, question
from cases.policies import may
from cases.selectors.register import targets_visible
from teams.policies import Actor

SIZE = 20
LEAST = 2
"""Fewer signs find nothing."""
GROUPS = ("cases", "parties", "orders")
YOUNG = 3000
"""Ids that are looked through one by one before the index of the words is asked."""
_AROUND = 36

Row = TypeVar("Row")


class Lexemes(SearchQuery):
    """A question as it stands, not cut again by the database."""

    template = "(%(expressions)s)::tsquery"

    def __init__(self, tsquery: str) -> None:
        super().__init__(Value(tsquery), search_type="raw")


@dataclass(frozen=True, slots=True)
class Hit:
    """A found case. ``told``: the complainant's words around the place, masked, where only they hold what was asked."""

    case: Case
    told: str = ""


@dataclass(frozen=True, slots=True)
class Group(Generic[Row]):
    """``more`` is the keyset of the next page, empty at the end."""

    rows: list[Row] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """``terms`` are to be marked in what was found, in the small letters and narrow signs of ``lexemes.plain``."""

    cases: Group[Hit] = field(default_factory=Group)
    parties: Group[Target] = field(default_factory=Group)
    orders: Group[Order] = field(default_factory=Group)
    terms: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.cases.rows) + len(self.parties.rows) + len(self.orders.rows)

    @property
    def more(self) -> bool:
        return bool(self.cases.more or self.parties.more or self.orders.more)


def find(actor: Actor, text: str, *, size: int = SIZE, group: str = "", after: str = "") -> Found:
    """What the actor may see and every word of the text is in. ``group`` with ``after`` goes on in one of ``GROUPS``.

    Cases by their numbers, title, brief, address, party and category; where the actor works on complaints, by the
    complainants' words too. Parties by name, other names, credit code, address and trade; orders by number.
    Ten short queries at most.
    """
    words = plain(text).strip()
    asked = question(words)
    if len(words) < LEAST or not asked.terms:
        return Found()
    query = Lexemes(asked.tsquery)
    wanted = (group,) if group in GROUPS else GROUPS
    return Found(
        cases=_cases(actor, query, words, asked.terms, after, size) if "cases" in wanted else Group(),
        parties=_parties(actor, query, words, after, size) if "parties" in wanted else Group(),
        orders=_orders(actor, query, after, size) if "orders" in wanted else Group(),
        terms=asked.terms,
    )


def cases_of(actor: Actor, ids: Iterable[int]) -> Group[Hit]:
    """Cases that were found another way (by a complainant's phone), newest first."""
    rows = Case.objects.visible_to(actor).filter(pk__in=list(ids)).select_related("target", "category")
    return Group([Hit(case) for case in rows.order_by("-pk")])


def _cases(actor: Actor, query: Lexemes, words: str, terms: tuple[str, ...], after: str, size: int) -> Group[Hit]:
    """Three tiers, newest first in each: the very reference, what everybody may read, the complainants' own words."""
    tier, last = _keyset(after)
    visible = Case.objects.visible_to(actor).select_related("target", "category")
    desk = [street for street in actor.streets() if may(actor, "complaint.line", street_id=street)]
    tiers: list[QuerySet[Case]] = [
        visible.filter(reference=words),
        visible.filter(words__shown=query).exclude(reference=words),
        visible.filter(words__everything=query, street_id__in=desk).exclude(words__shown=query),
    ]
    found: list[tuple[int, Case]] = []
    newest = Case.objects.order_by("-pk").values_list("pk", flat=True).first()
    top = (newest or 0) + 1
    for number, rows in enumerate(tiers):
        if number < tier or len(found) > size or (number == 0 and "-" not in words) or (number == 2 and not desk):
            continue
        if number == 0:
            found += [(0, case) for case in rows]
            continue
        before = last if number == tier and last else top
        found += [(number, case) for case in _newest(rows, before, size + 1 - len(found))]
    shown = found[:size]
    told = _told([case.pk for number, case in shown if number == 2], terms)
    return Group([Hit(case, told.get(case.pk, "")) for _number, case in shown], _next(found, size))


def _newest(rows: QuerySet[Case], before: int, size: int) -> list[Case]:
    """The newest of the rows below an id, in two steps that both stay short, however often the words are found.

    1. Among the youngest ``YOUNG`` ids, along them: enough for a frequent word. 2. Below these by the index of the
    words, then sorted; ``pk + 0`` keeps the planner from walking along the ids, past all that don't fit.
    """
    found = list(rows.filter(pk__lt=before, pk__gte=before - YOUNG).order_by("-pk")[:size])
    if len(found) < size:
        found += rows.filter(pk__lt=before - YOUNG).order_by((F("pk") + 0).desc())[: size - len(found)]
    return found


def _told(case_ids: list[int], terms: tuple[str, ...]) -> dict[int, str]:
    """For each case the words around the first term in a complaint that has it."""
    if not case_ids:
        return {}
    found: dict[int, str] = {}
    looked_for = {*terms, *(term[:2] for term in terms)}
    links = CaseComplaint.objects.filter(case__in=case_ids).order_by("pk").values_list("case_id", "complaint__text")
    for case_id, text in links:
        masked = apply_masks(text, mask_text(text))
        small = plain(masked)
        at = min((place for term in looked_for if (place := small.find(term)) >= 0), default=-1)
        if at >= 0 and case_id not in found:
            start = max(0, at - _AROUND // 2)
            piece = " ".join(masked[start : at + _AROUND].split())
            found[case_id] = ("…" if start else "") + piece + ("…" if at + _AROUND < len(masked) else "")
    return found


def _parties(actor: Actor, query: Lexemes, words: str, after: str, size: int) -> Group[Target]:
    """Those with the text in their name first, the newest first in each tier."""
    tier, last = _keyset(after)
    found: list[tuple[int, Target]] = []
    rows = _words_of(targets_visible(actor), "search_party", "name", "aliases", "uscc", "address", "trade")
    rows = rows.filter(lexemes=query)
    for number, some in enumerate((rows.filter(name__icontains=words), rows.exclude(name__icontains=words))):
        if number < tier or len(found) > size:
            continue
        if number == tier and last:
            some = some.filter(pk__lt=last)
        found += [(number, target) for target in some.order_by((F("pk") + 0).desc())[: size + 1 - len(found)]]
    return Group([target for _number, target in found[:size]], _next(found, size))


def _orders(actor: Actor, query: Lexemes, after: str, size: int) -> Group[Order]:
    _tier, last = _keyset(after)
    rows = _words_of(Order.objects.visible_to(actor).select_related("target"), "search_order", "number")
    rows = rows.filter(Q(pk__lt=last) if last else Q(), lexemes=query)
    found = [(0, order) for order in rows.order_by((F("pk") + 0).desc())[: size + 1]]
    return Group([order for _number, order in found[:size]], _next(found, size))


def _words_of(rows: QuerySet[Any], function: str, *columns: str) -> QuerySet[Any]:
    """The rows with their lexemes as the index of that function holds them; never selected."""
    words = Func(*(F(column) for column in columns), function=function, output_field=SearchVectorField())
    known: QuerySet[Any] = rows.alias(lexemes=words)
    return known


def _keyset(after: str) -> tuple[int, int]:
    """Tier and last id of a keyset; a broken one begins anew."""
    tier, _dot, last = after.partition(".")
    if tier.isdecimal() and last.isdecimal() and len(after) < 24:
        return int(tier), int(last)
    return 0, 0


def _next(found: list[tuple[int, Any]], size: int) -> str:
    if len(found) <= size:
        return ""
    tier, row = found[size - 1]
    return f"{tier}.{row.pk}"
