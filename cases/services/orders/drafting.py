"""Drafts as rows: order, parts, items, needs taken along and the journal, for one party or for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import groupby

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow
from cases.clock.moment import now
from cases.law import Note
from cases.models import Case, Need, NeedCause, Order, OrderKind, OrderNeed, Part, PartItem, Target, Urgency
from cases.planner.guard import Guarded
from cases.refusals import Refused
from cases.selectors.composition import Composition
from cases.services import journal
from cases.services.journal import Entry
from teams.policies import Actor

_KIND_OF = {
    NeedCause.CASE: OrderKind.CASE_LED,
    NeedCause.RECHECK: OrderKind.CASE_LED,
    NeedCause.PATROL: OrderKind.ROUTINE,
    NeedCause.PLANNED: OrderKind.ROUTINE,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be drafted for a locked target without a live order: asked for, checked and composed already.

    ``notes`` stand before the planner's own in the order's explanation, ``body`` in its first event.
    """

    target: Target
    needs: Sequence[Need]
    plan: Composition
    guarded: Guarded = field(default_factory=Guarded)
    guard_reason: str = ""
    planned_day: date | None = None
    planned_from: time | None = None
    planned_until: time | None = None
    lead_reason: str = ""
    kind: str | None = None
    notes: tuple[Note, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict)


def number_take() -> str:
    """The next order number ``JC-yymmdd-NNNN`` (JC for 检查)."""
    return numbers_take(1)[0]


def numbers_take(count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_order_number') FROM generate_series(1, %s)", [count])
        return [f"JC-{timezone.localtime(now()):%y%m%d}-{number:04}" for (number,) in cursor.fetchall()]


def orders_draft(*, actor: Actor, drafts: Sequence[Draft], cases: Iterable[Case]) -> list[Order]:
    """Write the drafts, one a target; ``cases``: those of all their needs, locked. [order.drafted, case.ordered]

    As many statements for a thousand as for one. ``Refused("live_order_exists")`` where a target has one.
    """
    by_id = {case.pk: case for case in cases}
    of_draft = [
        [by_id[pk] for pk in sorted({need.case_id for need in draft.needs if need.case_id is not None})]
        for draft in drafts
    ]
    orders = [
        _order(actor, draft, number, mine)
        for draft, number, mine in zip(drafts, numbers_take(len(drafts)), of_draft, strict=True)
    ]
    try:
        with transaction.atomic():
            Order.objects.bulk_create(orders)
    except IntegrityError as error:
        raise live_exists(None) from error
    parts = parts_create((order, draft.plan) for order, draft in zip(orders, drafts, strict=True))
    needs_link((order, draft.needs) for order, draft in zip(orders, drafts, strict=True))
    entries: list[Entry] = []
    for order, draft, mine in zip(orders, drafts, of_draft, strict=True):
        entries += [Entry(case, "case.ordered", {"order": order.pk, "number": order.number}) for case in mine]
        entries.append(Entry(order, "order.drafted", _body(order, draft, parts[order.pk])))
    journal.record_many(entries=entries, actor=actor)
    return orders


def live_exists(live: Order | None) -> Refused:
    return Refused(
        "live_order_exists",
        _("This party already has an order under way (%(number)s). Add the need to that one.")
        % {"number": live.number if live else "…"},
        params={"order": live.pk if live else None},
    )


def _order(actor: Actor, draft: Draft, number: str, cases: Sequence[Case]) -> Order:
    overridden = [Note("guard_overridden", {"reason": draft.guard_reason})] if draft.guard_reason else []
    notes = (*draft.notes, *draft.plan.notes, *draft.guarded.notes, *overridden)
    return Order(
        number=number,
        target=draft.target,
        street_id=draft.target.street_id,
        kind=draft.kind or _kind_of(draft.needs),
        urgency=max((need.urgency for need in draft.needs), key=list(Urgency.values).index),
        announced=all(need.announced for need in draft.needs),
        planned_day=draft.planned_day,
        planned_from=draft.planned_from,
        planned_until=draft.planned_until,
        brief="\n\n".join(case.brief for case in cases if case.brief),
        lead_reason=draft.lead_reason,
        guard_reason=draft.guard_reason,
        explanation=[note.as_dict() for note in notes],
        drafted_by_id=actor.user_id,
        drafted_at=now(),
    )


def _body(order: Order, draft: Draft, parts: Sequence[Part]) -> dict[str, object]:
    return {
        "target": order.target_id,
        "needs": [need.pk for need in draft.needs],
        "squads": [part.squad_id for part in parts],
        "visits_saved": draft.plan.visits_saved,
        "lead_reason": order.lead_reason,
        **({"guard": [note.code for note in draft.guarded.notes]} if draft.guarded.notes else {}),
        **({"reason": order.guard_reason} if order.guard_reason else {}),
        **draft.body,
    }


def _kind_of(needs: Sequence[Need]) -> str:
    """What somebody waits for makes the visit, not the planned checks that ride along."""
    first = next((need for need in needs if need.cause != NeedCause.PLANNED), needs[0])
    return _KIND_OF.get(NeedCause(first.cause), OrderKind.CASE_LED)


def parts_create(plans: Iterable[tuple[Order, Composition]]) -> dict[int, list[Part]]:
    """The parts and items of compositions, still planned; the parts by their order."""
    asked = [(order, part) for order, plan in plans for part in plan.parts]
    rows = [
        Part(
            order=order,
            squad=part.squad,
            agency_id=part.squad.agency_id,
            is_lead=part.is_lead,
            reason=order.lead_reason if part.is_lead else "",
        )
        for order, part in asked
    ]
    Part.objects.bulk_create(rows)
    PartItem.objects.bulk_create(
        [PartItem(part=row, item=item) for row, (_its, part) in zip(rows, asked, strict=True) for item in part.items]
    )
    return {order_id: list(found) for order_id, found in groupby(rows, key=lambda part: part.order_id)}


def needs_link(taken: Iterable[tuple[Order, Sequence[Need]]]) -> None:
    """Put locked open needs into their orders."""
    links = [OrderNeed(order=order, need=need, joined_at=now()) for order, needs in taken for need in needs]
    for link in links:
        flow.move(link.need, "order")
    if len(links) == 1:  # the usual write: a plain UPDATE is built in a quarter of the time of a CASE over one row
        links[0].need.save(update_fields=["state"])
    else:
        Need.objects.bulk_update([link.need for link in links], ["state"], batch_size=1000)
    OrderNeed.objects.bulk_create(links)
