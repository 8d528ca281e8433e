"""The lowest stage: one fact about one subject, chained, with its outbox row, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.dispatch import Signal

from cases.clock.moment import now
from cases.models import Case, Event, Order
from cases.papers.chain import GENESIS, canonical, chain_hash, moment_text, word_text
from teams import prepared, rows
from teams.policies import Actor

event_recorded = Signal()
"""Sent inside the transaction with ``event``; receivers may only register an ``on_commit`` that hurries a sweep."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. ``body`` holds ids, codes and staff reasons, never a complainant's data or words."""

    subject: Case | Order
    kind: str
    body: Mapping[str, object] = field(default_factory=dict)
    used_seconds: int | None = None
    late: bool | None = None


def record(
    *,
    subject: Case | Order,
    kind: str,
    actor: Actor,
    body: Mapping[str, object] | None = None,
    used_seconds: int | None = None,
    late: bool | None = None,
    at: datetime | None = None,
) -> Event:
    """Append one event to the subject's chain and put it into the outbox. Must run inside a transaction."""
    return record_many(entries=[Entry(subject, kind, body or {}, used_seconds, late)], actor=actor, at=at)[0]


def record_many(
    *,
    entries: Iterable[Entry],
    actor: Actor,
    at: datetime | None = None,
    first: bool = False,
    beside: Sequence[Model] = (),
) -> list[Event]:
    """Append several events in the given order; one lock a kind of subject, one statement for all that is written.

    1. lock the chains of all subjects, in the order of their ids (cases first); 2. hash each event onto its chain;
    3. insert events and outbox rows, move the heads and insert the chains of subjects that had none. A subject's first
    event is written with the subject, so nobody else is making its chain (``first``: there is none to be looked for);
    the unique column is the net. ``beside``: rows of other tables that the same statement inserts.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() needs the transaction of the write that it records")
    facts = list(entries)
    if not facts:
        return []
    moment = at or now()
    chains = {} if first else _lock_chains([entry.subject for entry in facts])
    events: list[Event] = []
    for entry in facts:
        subject = entry.subject
        chain = chains.setdefault(_key(subject), _Chain())
        chain.seq += 1
        text = event_text(
            subject="case" if isinstance(subject, Case) else "order",
            subject_id=subject.pk,
            seq=chain.seq,
            kind=entry.kind,
            actor_id=actor.user_id,
            role=actor.main_role,
            at=moment,
            used_seconds=entry.used_seconds,
            late=entry.late,
            body=entry.body,
        )
        chain.head = chain_hash(chain.head, text)
        events.append(
            Event(
                case=subject if isinstance(subject, Case) else None,
                order=subject if isinstance(subject, Order) else None,
                street_id=subject.street_id,
                seq=chain.seq,
                kind=entry.kind,
                actor_id=actor.user_id,
                actor_role=actor.main_role,
                at=moment,
                used_seconds=entry.used_seconds,
                late=entry.late,
                body=text,
                hash=chain.head,
            )
        )
    _write(events, chains, beside)
    for event in events:
        event_recorded.send(sender=Event, event=event)
    return events


def event_text(
    *,
    subject: str,
    subject_id: int,
    seq: int,
    kind: str,
    actor_id: int | None,
    role: str,
    at: datetime,
    used_seconds: int | None,
    late: bool | None,
    body: Mapping[str, object],
) -> str:
    """The canonical text of an event, as it is hashed and stored. ``subject`` is ``case`` or ``order``.

    Every write and every made-up history makes many, so the eight facts that each has are put together here.
    """
    return (
        f'{{"actor":{_number(actor_id)},"at":"{moment_text(at)}","data":{canonical(body)},"id":{subject_id},'
        f'"kind":{word_text(kind)},"late":{_YES_NO[late]},"role":{word_text(role)},"seq":{seq},'
        f'"subject":{word_text(subject)},"used":{_number(used_seconds)}}}'
    )


_YES_NO = {None: "null", True: "true", False: "false"}


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


Key = tuple[str, int]


@dataclass(slots=True)
class _Chain:
    """Where a chain stands; ``pk`` None: it begins now."""

    seq: int = 0
    head: str = GENESIS
    pk: int | None = None


def _key(subject: Case | Order) -> Key:
    return ("case" if isinstance(subject, Case) else "order", subject.pk)


def _lock_chains(subjects: list[Case | Order]) -> dict[Key, _Chain]:
    found: dict[Key, _Chain] = {}
    for name, kind in (("case", Case), ("order", Order)):
        ids = sorted({subject.pk for subject in subjects if isinstance(subject, kind)})
        if not ids:
            continue
        heads = prepared.ask(_LOCK.format(name), [ids], "cases_chain")
        found |= {(name, of): _Chain(seq, head, pk) for of, seq, head, pk in heads}
    return found


_LOCK = """
SELECT {0}_id, seq, head, id FROM cases_chain WHERE {0}_id = ANY(%s) ORDER BY {0}_id FOR NO KEY UPDATE
"""

# Every write of the product ends here: composed by the ORM it is four statements and three times the processor.
_FACTS = """
WITH fact AS (
    INSERT INTO cases_event
        (case_id, order_id, street_id, seq, kind, actor_id, actor_role, at, used_seconds, late, body, hash)
    VALUES {facts} RETURNING id
), sent AS (
    INSERT INTO cases_outbox (event_id, attempts, last_error) SELECT id, 0, '' FROM fact
){heads}
SELECT id FROM fact ORDER BY id
"""
_FACT = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_BEGUN = ", begun AS (INSERT INTO cases_chain (case_id, order_id, seq, head) VALUES {})"
_MOVED = """, moved AS (
    UPDATE cases_chain SET seq = new.seq, head = new.head FROM (VALUES {}) AS new (id, seq, head)
    WHERE cases_chain.id = new.id
)"""


def _write(events: list[Event], chains: dict[Key, _Chain], beside: Sequence[Model]) -> None:
    """The ids follow the order of the events: one statement draws them one after the other."""
    values: list[Any] = []
    for one in events:
        values += [one.case_id, one.order_id, one.street_id, one.seq, one.kind, one.actor_id, one.actor_role, one.at]
        values += [one.used_seconds, one.late, one.body, one.hash]
    heads = ""
    begun = [(name, of, chain) for (name, of), chain in chains.items() if chain.pk is None]
    if begun:
        heads += _BEGUN.format(", ".join(["(%s, %s, %s, %s)"] * len(begun)))
        for name, of, chain in begun:
            values += [of if name == "case" else None, of if name == "order" else None, chain.seq, chain.head]
    moved = [chain for chain in chains.values() if chain.pk is not None]
    if moved:
        heads += _MOVED.format(", ".join(["(%s::bigint, %s::integer, %s)"] * len(moved)))
        for chain in moved:
            values += [chain.pk, chain.seq, chain.head]
    more, given = rows.worded(beside)
    heads += "".join(f", row{nth} AS ({part})" for nth, part in enumerate(more))
    sql = _FACTS.format(facts=", ".join([_FACT] * len(events)), heads=heads)
    ids = rows.say(sql, values + given, count=len(events) + len(beside), label="cases_event")
    for event, (pk,) in zip(events, ids, strict=True):
        event.pk = pk
    rows.stored([*events, *beside])
