"""The story of a case: its own journal and its orders', newest first, with the chains verified on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from cases.models import Case, Chain, Event, Order, OrderNeed
from cases.papers.chain import Break, Link, verify_chain
from cases.selectors.event_words import TALK, actor_words, detail, names_for, said


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


def case_timeline(*, case: Case, for_squad: bool = False) -> Story:
    """The case and the orders its needs are or were in; of an order it left, what happened until then.

    ``for_squad`` leaves out what concerns the office and its residents alone.
    """
    until: dict[int, datetime | None] = {}
    links = OrderNeed.objects.filter(need__case=case).values_list("order_id", "released_at")
    for order_id, released_at in links.order_by("pk"):
        until[order_id] = released_at
    events, chains = _read(case_ids=[case.pk], order_ids=list(until))
    shown = [
        event for event in events if event.order_id is None or (end := until[event.order_id]) is None or event.at <= end
    ]
    return Story(_entries(shown, for_squad=for_squad), chains)


def order_timeline(*, order: Order, for_squad: bool = False) -> Story:
    """The order's own journal."""
    events, chains = _read(case_ids=[], order_ids=[order.pk])
    return Story(_entries(events, for_squad=for_squad), chains)


def verify(case: Case) -> list[Checked]:
    """Check the chains of the case and of every order its needs are or were in."""
    order_ids = OrderNeed.objects.filter(need__case=case).values_list("order_id", flat=True)
    return _read(case_ids=[case.pk], order_ids=sorted(set(order_ids)))[1]


def _read(*, case_ids: Sequence[int], order_ids: Sequence[int]) -> tuple[list[Event], list[Checked]]:
    which = Q(case_id__in=case_ids) | Q(order_id__in=order_ids)
    events = list(Event.objects.filter(which).select_related("actor", "order", "case").order_by("seq"))
    heads = {(row.case_id, row.order_id): row for row in Chain.objects.filter(which)}
    found: list[Checked] = []
    for subject, ids in (("case", case_ids), ("order", order_ids)):
        for pk in ids:
            own = [event for event in events if getattr(event, f"{subject}_id") == pk]
            chain = heads.get((pk, None) if subject == "case" else (None, pk))
            broken = verify_chain(
                [Link(event.seq, "", event.body, event.hash) for event in own],
                head=chain.head if chain else None,
                seq=chain.seq if chain else None,
            )
            if chain is None and own:
                broken = Break(own[-1].seq, "head")
            found.append(Checked(subject, pk, len(own), broken))
    return events, found


def _entries(events: Iterable[Event], *, for_squad: bool) -> list[Entry]:
    read = [(event, json.loads(event.body)["data"]) for event in events]
    names = names_for((event.kind, data) for event, data in read)
    entries = []
    for event, data in sorted(read, key=lambda pair: (pair[0].at, pair[0].pk), reverse=True):
        words = said(event.kind)
        if for_squad and words.office_only:
            continue
        subject: Case | Order | None = event.case or event.order
        assert subject is not None  # a check of the table
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
                subject_id=subject.pk,
                number=str(subject),
                seq=event.seq,
                line_id=data.get("line"),
                note_id=data.get("note") if event.kind == "case.noted" else None,
            )
        )
    return entries
