"""One search box over cases, parties and orders, best first; each group goes on by keyset (ADR 9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import connection

from cases.models import Case, CaseComplaint, Order, Target
from cases.papers import apply_masks, mask_text
from cases.planner.lexemes import Question, plain, question
from cases.planner.spans import steps
from cases.policies import may
from cases.selectors.searchwords import Questions, questions
from teams.numbers import is_number
from teams.policies import Actor
from teams.statements import Statement

SIZE = 20
LEAST = 2
"""Fewer signs find nothing."""
GROUPS = ("cases", "parties", "orders")
_AROUND = 36
_BIGGEST = 2**63 - 1
_REFERENCE = re.compile(r"([0-9]{3,6}(?:-[0-9]*)?)")
_ORDER = re.compile(r"(?:jc-?)?([0-9]{3,6}(?:-[0-9]*)?)")
"""How a reference (``yymmdd-NNNN``) and an order's number (``JC-yymmdd-NNNN``) begin."""

Row = TypeVar("Row", bound=Any)


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
    In each group what fits best first (its tiers), and in each tier the newest first, however many there are.
    """
    words = plain(text).strip()
    asked = question(words)
    if len(words) < LEAST or not asked.terms:
        return Found()
    ask = questions(actor, size + 1)
    wanted = (group,) if group in GROUPS else GROUPS
    return Found(
        cases=_cases(ask, actor, asked, words, after, size) if "cases" in wanted else Group(),
        parties=_parties(ask, asked, words, after, size) if "parties" in wanted else Group(),
        orders=_orders(ask, asked, words, after, size) if "orders" in wanted else Group(),
        terms=asked.terms,
    )


def cases_of(actor: Actor, ids: Iterable[int]) -> Group[Hit]:
    """Cases that were found another way (by a complainant's phone), newest first."""
    rows = Case.objects.visible_to(actor).filter(pk__in=list(ids)).select_related("target", "category")
    return Group([Hit(case) for case in rows.order_by("-pk")])


def _cases(ask: Questions, actor: Actor, asked: Question, words: str, after: str, size: int) -> Group[Hit]:
    """Three tiers: references that begin with the text, what everybody may read, the complainants' own words."""
    tier, last = _keyset(after)
    low, high = _beginning(_REFERENCE.fullmatch(words))
    found: list[tuple[int, Case]] = []
    if tier == 0 and low:
        place = (
            Case.objects.visible_to(actor).filter(pk=last).values_list("reference", flat=True).first() if last else ""
        )
        found += [(0, case) for case in ask.cases_numbered(low=low, high=high, before=place or high)]
    if tier <= 1 and len(found) <= size:
        below = last if tier == 1 and last else _newest() + 1
        rows = _along(ask.shown, ask.shown_young, asked, size, below=below, low=low, high=high)
        found += [(1, case) for case in rows]
    desk = [street for street in actor.streets() if may(actor, "complaint.line", street_id=street)]
    if desk and len(found) <= size:
        below = last if tier == 2 and last else _newest() + 1
        found += [(2, case) for case in _along(ask.told, ask.told_young, asked, size, below=below, streets=desk)]
    page = _group(found, size)
    told = _told([case.pk for number, case in found[:size] if number == 2], asked.terms)
    return Group([Hit(case, told.get(case.pk, "")) for case in page.rows], page.more)


def _along(
    by_index: Statement[Case], young: Statement[Case], asked: Question, size: int, *, below: int, **slots: Any
) -> list[Case]:
    """The newest below an id. The index goes by the age of cases too, but gathers all matches of a beginning at once:
    such a word is looked for among the youngest first."""
    slots |= {"query": asked.tsquery, "below": below}
    if asked.open and len(found := young(**slots)) > size:
        return found
    return by_index(steps=steps(below, at_once=asked.open), **slots)


def _newest() -> int:
    """The id of the newest case; found along the ids, it costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM cases_case")
        return int(cursor.fetchone()[0] or 0)


def _beginning(number: re.Match[str] | None, kind: str = "") -> tuple[str, str]:
    """From and to which number all begin as the text does; nothing where it is no beginning of one."""
    return (kind + number[1], kind + number[1] + "z") if number else ("", "")


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


def _parties(ask: Questions, asked: Question, words: str, after: str, size: int) -> Group[Target]:
    """Those with the text in their name first."""
    tier, last = _keyset(after)
    below = last or _BIGGEST
    named, others = (below, _BIGGEST) if tier == 0 else (0, below)
    rows = ask.parties(query=asked.tsquery, words=words, named=named, others=others)
    return _group([(0 if party.named else 1, party) for party in rows], size)


def _orders(ask: Questions, asked: Question, words: str, after: str, size: int) -> Group[Order]:
    """Those whose number begins with the text first. No number holds a sign of Chinese."""
    tier, last = _keyset(after)
    if not all(term.isascii() for term in asked.terms):
        return Group()
    low, high = _beginning(_ORDER.fullmatch(words), "JC-")
    found: list[tuple[int, Order]] = []
    if tier == 0 and low:
        place = Order.objects.filter(pk=last).values_list("number", flat=True).first() if last else ""
        found += [(0, order) for order in ask.orders_numbered(low=low, high=high, before=place or high)]
    if len(found) <= size:
        below = last if tier == 1 and last else _BIGGEST
        found += [(1, order) for order in ask.orders_worded(query=asked.tsquery, below=below, low=low, high=high)]
    return _group(found, size)


def _keyset(after: str) -> tuple[int, int]:
    """Tier and last id of a keyset; a broken one begins anew."""
    tier, _dot, last = after.partition(".")
    if tier in ("0", "1", "2") and is_number(last):
        return int(tier), int(last)
    return 0, 0


def _group(found: list[tuple[int, Row]], size: int) -> Group[Row]:
    """A page of (tier, row); one row more says that there is another."""
    more = ""
    if len(found) > size:
        tier, last = found[size - 1]
        more = f"{tier}.{last.pk}"
    return Group([row for _tier, row in found[:size]], more)
