"""The lowest stage: one fact about one subject, chained, with its outbox row, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal

from cases.clock.moment import now
from cases.models import Case, Chain, Event, Order, Outbox
from cases.papers.chain import GENESIS, canonical, chain_hash, moment_text, word_text
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


def record_many(*, entries: Iterable[Entry], actor: Actor, at: datetime | None = None) -> list[Event]:
    """Append several events in the given order; one lock, one insert and one update a kind of row.

    1. lock the chains of all subjects, in the order of their ids (cases first); 2. hash each event onto its chain;
    3. insert events and outbox rows; 4. move the heads and insert the chains of subjects that had none (a subject's
    first event is written with the subject, so nobody else is making its chain; the unique column is the net).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() needs the transaction of the write that it records")
    rows = list(entries)
    moment = at or now()
    chains = _lock_chains([entry.subject for entry in rows])
    events: list[Event] = []
    for entry in rows:
        subject = entry.subject
        chain = chains[_key(subject)]
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
    Event.objects.bulk_create(events)
    Outbox.objects.bulk_create([Outbox(event=event) for event in events])
    moved = [chain for chain in chains.values() if chain.pk is not None]
    Chain.objects.bulk_create([chain for chain in chains.values() if chain.pk is None])
    if len(moved) == 1:  # the usual write: a plain UPDATE is built in a quarter of the time of a CASE over one row
        moved[0].save(update_fields=["seq", "head"])
    else:
        Chain.objects.bulk_update(moved, ["seq", "head"], batch_size=1000)
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


def _key(subject: Case | Order) -> tuple[str, int]:
    return ("case" if isinstance(subject, Case) else "order", subject.pk)


def _lock_chains(subjects: list[Case | Order]) -> dict[tuple[str, int], Chain]:
    case_ids = {subject.pk for subject in subjects if isinstance(subject, Case)}
    order_ids = {subject.pk for subject in subjects if isinstance(subject, Order)}
    found: dict[tuple[str, int], Chain] = {}
    for name, ids in (("case", case_ids), ("order", order_ids)):
        if not ids:
            continue
        column = f"{name}_id"
        locked = Chain.objects.select_for_update(no_key=True).filter(**{f"{column}__in": ids}).order_by(column)
        for chain in locked:
            found[(name, getattr(chain, column))] = chain
        missing = [Chain(**{column: pk, "head": GENESIS}) for pk in sorted(ids - {pk for _, pk in found if _ == name})]
        for chain in missing:
            found[(name, getattr(chain, column))] = chain
    return found
