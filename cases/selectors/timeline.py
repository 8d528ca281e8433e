"""The story of a case: its own journal and its orders', newest first, with the chains verified on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
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
_EVENTS = Statement(
    lambda: (
        Event.objects.filter(Q(among("case_id", "cases")) | Q(among("order_id", "orders")))
        .annotate(
            number=Coalesce("case__reference", "order__number"),
            head=Coalesce("case__chain__head", "order__chain__head"),
            head_seq=Coalesce("case__chain__seq", "order__chain__seq"),
        )
        .select_related("actor")
        .order_by("seq")
    )
)
"""The events with the heads of their chains, read at one moment: read after each other, an event that comes between
would make a chain look broken."""
_HEADS = Statement(lambda: Chain.objects.filter(Q(among("case_id", "cases")) | Q(among("order_id", "orders"))))


def case_timeline(
    *,
    case: Case,
    for_squad: bool = False,
    until: Mapping[int, datetime | None] | None = None,
    known: Iterable[Squad | Agency] = (),
) -> Story:
    """The case and the orders its needs are or were in; of an order it left, what happened until then.

    ``for_squad`` leaves out what concerns the office and its residents alone. ``until`` and ``known``: the orders, each
    with when the case left it, and squads and agencies, where the caller has read them already.
    """
    left = dict(_LEFT(case=case.pk)) if until is None else until
    events, chains = _read(case_ids=[case.pk], order_ids=list(left))
    shown = [
        event for event in events if event.order_id is None or (end := left[event.order_id]) is None or event.at <= end
    ]
    return Story(_entries(shown, for_squad=for_squad, known=known), chains)


def order_timeline(*, order: Order, for_squad: bool = False) -> Story:
    """The order's own journal."""
    events, chains = _read(case_ids=[], order_ids=[order.pk])
    return Story(_entries(events, for_squad=for_squad), chains)


def verify(case: Case) -> list[Checked]:
    """Check the chains of the case and of every order its needs are or were in."""
    order_ids = OrderNeed.objects.filter(need__case=case).values_list("order_id", flat=True)
    return _read(case_ids=[case.pk], order_ids=sorted(set(order_ids)))[1]


def _read(*, case_ids: Sequence[int], order_ids: Sequence[int]) -> tuple[list[Event], list[Checked]]:
    events: list[Any] = _EVENTS(cases=list(case_ids), orders=list(order_ids))
    heads: dict[tuple[int | None, int | None], tuple[int, str] | None] = {}
    for event in events:
        heads[event.case_id, event.order_id] = None if event.head is None else (event.head_seq, event.head)
    bare = {
        "cases": [pk for pk in case_ids if (pk, None) not in heads],
        "orders": [pk for pk in order_ids if (None, pk) not in heads],
    }
    if any(bare.values()):
        heads |= {(row.case_id, row.order_id): (row.seq, row.head) for row in _HEADS(**bare)}
    found: list[Checked] = []
    for subject, ids in (("case", case_ids), ("order", order_ids)):
        for pk in ids:
            own = [event for event in events if getattr(event, f"{subject}_id") == pk]
            chain = heads.get((pk, None) if subject == "case" else (None, pk))
            broken = verify_chain(
                [Link(event.seq, "", event.body, event.hash) for event in own],
                head=chain[1] if chain else None,
                seq=chain[0] if chain else None,
            )
            if chain is None and own:
                broken = Break(own[-1].seq, "head")
            found.append(Checked(subject, pk, len(own), broken))
    return events, found


def _entries(events: Iterable[Event], *, for_squad: bool, known: Iterable[Squad | Agency] = ()) -> list[Entry]:
    read = [(event, json.loads(event.body)["data"]) for event in events]
    names = names_for(((event.kind, data) for event, data in read), known)
    entries = []
    for event, data in sorted(read, key=lambda pair: (pair[0].at, pair[0].pk), reverse=True):
        words = said(event.kind)
        if for_squad and words.office_only:
            continue
        subject_id = event.case_id or event.order_id
        assert subject_id is not None  # a check of the table
        named: Any = event
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
                number=named.number,
                seq=event.seq,
                line_id=data.get("line"),
                note_id=data.get("note") if event.kind == "case.noted" else None,
            )
        )
    return entries
