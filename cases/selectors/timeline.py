"""The story of a case: its own journal and its orders', newest first, with the chains verified on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from cases.models import Case, Chain, Event, Order, OrderNeed
from cases.papers.chain import Break, Link, verify_chain
from cases.selectors.event_words import TALK, actor_words, detail, names_for, said
from teams.models import Agency, Squad
from teams.statements import Slot, Statement, among


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story. ``kind`` is its weight in the drawing (``key note late`` or empty), ``event`` the
    journal's kind, ``subject`` ``case`` or ``order``; ``used`` is the time that the step took; ``line_id`` and
    ``note_id`` name the words that were written."""

    at: datetime
    kind: str
    what: str
    note: str
    actor: str
    used: timedelta | None
    late: bool
    event: str
    subject: str
    subject_id: int
    number: str
    seq: int
    line_id: int | None = None
    note_id: int | None = None

    @property
    def talk(self) -> bool:
        """Whether it is somebody's words: a resident's, or the office's."""
        return self.event in TALK


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain that was looked at: ``broken`` says where it does not hold, None when it does."""

    subject: str
    subject_id: int
    events: int
    broken: Break | None


@dataclass(frozen=True, slots=True)
class Story:
    """Entries newest first, and what became of each chain."""

    entries: list[Entry]
    chains: list[Checked]

    @property
    def verified(self) -> bool:
        return all(chain.broken is None for chain in self.chains)


_LEFT = Statement(
    lambda: OrderNeed.objects.filter(need__case=Slot("case")).order_by("pk").values_list("order_id", "released_at")
)


class Told(NamedTuple):
    """An event as the story reads it."""

    pk: int
    case_id: int | None
    order_id: int | None
    seq: int
    kind: str
    actor_id: int | None
    actor_name: str | None
    actor_login: str | None
    actor_role: str
    at: datetime
    used_seconds: int | None
    late: bool | None
    body: str
    hash: str

    @property
    def actor(self) -> str | None:
        return self.actor_name or self.actor_login


_TOLD = (
    *("pk", "case_id", "order_id", "seq", "kind", "actor_id", "actor__name", "actor__username", "actor_role"),
    *("at", "used_seconds", "late", "body", "hash"),
)


def _told() -> QuerySet[Event]:
    return Event.objects.filter(Q(among("case_id", "cases")) | Q(among("order_id", "orders"))).order_by("seq")


_EVENTS: Statement[Any] = Statement(lambda: _told().values_list(*_TOLD), one_plan=True)
_HEADED: Statement[Any] = Statement(
    lambda: (
        _told()
        .annotate(
            number=Coalesce("case__reference", "order__number"),
            head=Coalesce("case__chain__head", "order__chain__head"),
            head_seq=Coalesce("case__chain__seq", "order__chain__seq"),
        )
        .values_list(*_TOLD, "number", "head_seq", "head")
    )
)
"""The events with the heads of their chains, read at one moment: read after each other, an event that comes between
would make a chain look broken."""
_HEADS = Statement(lambda: Chain.objects.filter(Q(among("case_id", "cases")) | Q(among("order_id", "orders"))))


Subject = tuple[int | None, int | None]
"""A case or an order, by id; the other is None."""
Head = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Heads:
    """Numbers and chains of subjects; ``chains`` None for one that has none."""

    numbers: dict[Subject, str]
    chains: dict[Subject, Head | None]


def case_timeline(
    *,
    case: Case,
    for_squad: bool = False,
    until: Mapping[int, datetime | None] | None = None,
    known: Iterable[Squad | Agency] = (),
    orders: Iterable[Order] = (),
) -> Story:
    """The case and the orders its needs are or were in; of an order it left, what happened until then.

    ``for_squad`` leaves out what concerns the office and its residents alone. ``until``, ``known`` and ``orders``: the
    orders, each with when the case left it, squads and agencies, and the orders with their chains, where the caller has
    read them already.
    """
    left = dict(_LEFT(case=case.pk)) if until is None else until
    events, heads, chains = _read(case_ids=[case.pk], order_ids=list(left), heads=_heads([case, *orders]))
    shown = [
        event for event in events if event.order_id is None or (end := left[event.order_id]) is None or event.at <= end
    ]
    return Story(_entries(shown, heads.numbers, for_squad=for_squad, known=known), chains)


def order_timeline(*, order: Order, for_squad: bool = False) -> Story:
    """The order's own journal."""
    events, heads, chains = _read(case_ids=[], order_ids=[order.pk])
    return Story(_entries(events, heads.numbers, for_squad=for_squad), chains)


def verify(case: Case) -> list[Checked]:
    """Check the chains of the case and of every order its needs are or were in."""
    order_ids = OrderNeed.objects.filter(need__case=case).values_list("order_id", flat=True)
    return _read(case_ids=[case.pk], order_ids=sorted(set(order_ids)))[2]


def _heads(subjects: Iterable[Case | Order]) -> _Heads:
    """What subjects that were read with their chains say of themselves."""
    heads = _Heads({}, {})
    for row in subjects:
        chain: Chain | None = row._state.fields_cache.get("chain")
        if chain is not None:
            key = (row.pk, None) if isinstance(row, Case) else (None, row.pk)
            heads.numbers[key] = row.reference if isinstance(row, Case) else row.number
            heads.chains[key] = chain.seq, chain.head
    return heads


def _read(
    *, case_ids: Sequence[int], order_ids: Sequence[int], heads: _Heads | None = None
) -> tuple[list[Told], _Heads, list[Checked]]:
    """Events, with ``heads`` where these were read before them and nothing was written since, else with new ones."""
    asked: list[Subject] = [*((pk, None) for pk in case_ids), *((None, pk) for pk in order_ids)]
    ids = {"cases": list(case_ids), "orders": list(order_ids)}
    events: list[Told] | None = None
    if heads is not None and all(one in heads.chains for one in asked):
        events = [Told(*row) for row in _EVENTS(**ids)]
        if any(event.seq > (heads.chains[event.case_id, event.order_id] or (0, ""))[0] for event in events):
            events = None
    if heads is None or events is None:
        events, heads = _with_heads(ids, asked)
    found: list[Checked] = []
    for subject in asked:
        own = [event for event in events if (event.case_id, event.order_id) == subject]
        chain = heads.chains.get(subject)
        seq, head = chain or (None, None)
        broken = verify_chain([Link(event.seq, "", event.body, event.hash) for event in own], head=head, seq=seq)
        if chain is None and own:
            broken = Break(own[-1].seq, "head")
        found.append(Checked("case" if subject[0] else "order", subject[0] or subject[1] or 0, len(own), broken))
    return events, heads, found


def _with_heads(ids: Mapping[str, list[int]], asked: Iterable[Subject]) -> tuple[list[Told], _Heads]:
    events: list[Told] = []
    heads = _Heads({}, {})
    for *row, number, seq, head in _HEADED(**ids):
        event = Told(*row)
        events.append(event)
        heads.numbers[event.case_id, event.order_id] = number
        heads.chains[event.case_id, event.order_id] = None if head is None else (seq, head)
    bare = [one for one in asked if one not in heads.chains]
    if bare:
        rows = _HEADS(cases=[one for one, _order in bare if one], orders=[one for _case, one in bare if one])
        heads.chains.update({(row.case_id, row.order_id): (row.seq, row.head) for row in rows})
    return events, heads


def _entries(
    events: Iterable[Told], numbers: Mapping[Subject, str], *, for_squad: bool, known: Iterable[Squad | Agency] = ()
) -> list[Entry]:
    read = [(event, json.loads(event.body)["data"]) for event in events]
    names = names_for(((event.kind, data) for event, data in read), known)
    entries = []
    for event, data in sorted(read, key=lambda pair: (pair[0].at, pair[0].pk), reverse=True):
        words = said(event.kind)
        if for_squad and words.office_only:
            continue
        subject_id = event.case_id or event.order_id
        assert subject_id is not None  # a check of the table
        theirs = event.kind == "case.withdrawn"  # the resident's act ends the office's clock: that is no lateness
        entries.append(
            Entry(
                at=event.at,
                kind=words.weight,
                what=str(words.what),
                note=detail(event.kind, data, names),
                actor=actor_words(event),
                used=timedelta(seconds=event.used_seconds) if event.used_seconds is not None and not theirs else None,
                late=bool(event.late) and not theirs,
                event=event.kind,
                subject="case" if event.case_id is not None else "order",
                subject_id=subject_id,
                number=numbers[event.case_id, event.order_id],
                seq=event.seq,
                line_id=data.get("line"),
                note_id=data.get("note") if event.kind == "case.noted" else None,
            )
        )
    return entries
