"""Parts: called, acknowledged, returned, called again, handed to another squad."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import Deadline, DeadlineKind, DeadlineState, Order, OrderState, Part, PartItem, PartState
from cases.refusals import Refused
from cases.selectors.composition import day_end, items_for
from cases.selectors.office import office_setting
from cases.selectors.possible import owes
from cases.services import deadlines, journal
from cases.services.casefile import urgent
from cases.services.deadlines import Start
from cases.services.orders.locking import cases_of, part_lock, parts_of
from teams.models import Squad, SquadKind
from teams.policies import Actor

RETURNS_AT_MOST = 2


def parts_call(order: Order, parts: list[Part]) -> None:
    """Call planned parts: their clocks to acknowledge and to report in start now."""
    moment = now()
    for part in parts:
        flow.move(part, "call")
        part.called_at = moment
    Part.objects.bulk_update(parts, ["state", "called_at"])
    _clocks_start(order, parts, moment)


def _clocks_start(order: Order, parts: list[Part], moment: datetime) -> None:
    """To acknowledge by the rule; to report in by the planned day and hour where they lie ahead, else by the rule."""
    in_haste = urgent(order)
    due = _planned_end(order, moment)
    starts: list[Start] = []
    for part in parts:
        starts.append(Start(DeadlineKind.ACKNOWLEDGE, part, in_haste))
        starts.append(Start(DeadlineKind.REPORT_IN, part, in_haste, due))
    deadlines.deadlines_start(starts=starts, street_id=order.street_id)


def _planned_end(order: Order, moment: datetime) -> datetime | None:
    """The end of the planned hours, or of the planned day; None where no day is planned or it lies behind."""
    if order.planned_day is None:
        return None
    due = day_end(order.planned_day)
    if order.planned_until is not None:
        over_midnight = order.planned_from is not None and order.planned_until <= order.planned_from
        day = order.planned_day + timedelta(days=over_midnight)
        due = timezone.make_aware(datetime.combine(day, order.planned_until))
    return due if due > moment else None


def report_in_follow(order: Order) -> None:
    """Called squads owe their report-in by the hours planned anew. What is late stays late, and in an urgent order the
    clock never gets longer."""
    moment, in_haste = now(), urgent(order)
    due = _planned_end(order, moment)
    if due is None:
        return
    waiting = [part for part in parts_of(order) if part.state in (PartState.CALLED, PartState.ACKNOWLEDGED)]
    running = Deadline.objects.filter(
        part__in=waiting, kind=DeadlineKind.REPORT_IN, state=DeadlineState.RUNNING, due_at__gt=moment
    )
    if in_haste:
        running = running.filter(due_at__gt=due)
    owing = set(running.values_list("part_id", flat=True))
    moved = [part for part in waiting if part.pk in owing]
    for part in moved:
        deadlines.deadline_end(kind=DeadlineKind.REPORT_IN, subject=part, cancelled=True)
    deadlines.deadlines_start(
        starts=[Start(DeadlineKind.REPORT_IN, part, in_haste, due) for part in moved], street_id=order.street_id
    )
    _refresh(order)


def part_acknowledge(*, actor: Actor, part_id: int) -> Part:
    """The squad takes its part. When nobody is silent any more the order is acknowledged. [order.part_acknowledged]"""
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "part.acknowledge", squad_ids=[part.squad_id])
        flow.move(part, "acknowledge")
        part.acknowledged_at = now()
        part.acknowledged_by_id = actor.user_id
        part.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
        used = deadlines.deadline_end(kind=DeadlineKind.ACKNOWLEDGE, subject=part)
        order_follow(order)
        journal.record(
            subject=order,
            kind="order.part_acknowledged",
            actor=actor,
            body={"part": part.pk, "squad": part.squad_id},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
        _refresh(order)
    return part


def part_return(*, actor: Actor, part_id: int, reason: str) -> Part:
    """The squad gives its part back with a reason, at most twice; then the office rules. [order.part_returned]

    After the second return the first recipient handles it meanwhile (首接负责), so a third is refused.
    """
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "part.return", squad_ids=[part.squad_id])
        if part.returns >= office_setting("returns_at_most", order.street_id, RETURNS_AT_MOST):
            raise Refused(
                "returns_used_up",
                _("This part was returned twice already. Handle it; the office rules on who is competent."),
            )
        flow.move(part, "return", reason=reason)
        part.returns += 1
        part.return_reason = reason.strip()
        part.save(update_fields=["state", "returns", "return_reason"])
        used = deadlines.deadline_end(kind=DeadlineKind.ACKNOWLEDGE, subject=part)
        deadlines.deadline_end(kind=DeadlineKind.REPORT_IN, subject=part, cancelled=True)
        if order.state == OrderState.ACKNOWLEDGED:
            flow.move(order, "reopen_call")
            order.save(update_fields=["state"])
        journal.record(
            subject=order,
            kind="order.part_returned",
            actor=actor,
            body={"part": part.pk, "squad": part.squad_id, "reason": part.return_reason, "times": part.returns},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
        _refresh(order)
    return part


def part_call_again(*, actor: Actor, part_id: int, reason: str) -> Part:
    """The office sends a returned part back to the same squad, which reads why. [order.part_called_again]"""
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "order.change", street_id=order.street_id)
        _before_visit(order)
        if not reason.strip():
            raise Refused("reason_needed", _("Say why the squad is called again."), field="reason", status=422)
        flow.move(part, "call_again")
        part.called_at = now()
        part.reason = reason.strip()
        part.save(update_fields=["state", "called_at", "reason"])
        _clocks_start(order, [part], part.called_at)
        journal.record(
            subject=order,
            kind="order.part_called_again",
            actor=actor,
            body={"part": part.pk, "squad": part.squad_id, "reason": reason.strip()},
        )
        _refresh(order)
    return part


def part_reassign(*, actor: Actor, part_id: int, squad_id: int, reason: str) -> Part:
    """Give a part to another squad, until it reports in. Returns the new part. [order.part_reassigned]"""
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "order.change", street_id=order.street_id)
        _before_visit(order)
        if not reason.strip():
            raise Refused("reason_needed", _("Say why another squad is called."), field="reason", status=422)
        squad = (
            Squad.objects.filter(pk=squad_id, active=True, streets=order.street_id)
            .exclude(kind=SquadKind.LABORATORY)
            .select_related("agency")
            .first()
        )
        if squad is None:
            raise Refused("squad_unknown", _("This squad does not serve the street."), field="squad", status=422)
        flow.move(part, "release")
        part.save(update_fields=["state"])
        deadlines.deadlines_cancel(subjects=[part])
        try:
            with transaction.atomic():
                fresh = Part.objects.create(
                    order=order,
                    squad=squad,
                    agency=squad.agency,
                    is_lead=part.is_lead,
                    reason=reason.strip(),
                    returns=part.returns,  # at most two in all: after them the office designates, nobody passes it on
                )
        except IntegrityError as error:
            raise Refused(
                "squad_joins_already", _("This squad is already called to this order."), field="squad"
            ) from error
        _items_hand_over(part, fresh, order)
        if order.issued_at is not None:
            parts_call(order, [fresh])
            order_follow(order)
        if part.is_lead:
            order.lead_reason = reason.strip()
            order.save(update_fields=["lead_reason"])
        journal.record(
            subject=order,
            kind="order.part_reassigned",
            actor=actor,
            body={
                "part": part.pk,
                "squad": part.squad_id,
                "to_part": fresh.pk,
                "to_squad": squad.pk,
                "reason": reason.strip(),
            },
        )
        _refresh(order)
    return fresh


def part_release(*, actor: Actor, part_id: int, reason: str) -> Part:
    """Excuse a joint squad before the visit; the lead can't be released. [order.part_released]"""
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "order.change", street_id=order.street_id)
        _before_visit(order)
        if part.is_lead:
            raise Refused("lead_needed", _("The order needs a lead. Give the part to another squad instead."))
        if not reason.strip():
            raise Refused("reason_needed", _("Say why this squad is excused."), field="reason", status=422)
        flow.move(part, "release")
        part.save(update_fields=["state"])
        deadlines.deadlines_cancel(subjects=[part])
        order_follow(order)
        journal.record(
            subject=order,
            kind="order.part_released",
            actor=actor,
            body={"part": part.pk, "squad": part.squad_id, "reason": reason.strip()},
        )
        _refresh(order)
    return part


def part_urge(*, actor: Actor, part_id: int) -> Part:
    """Remind a squad that is silent, not there, or has to rule (催办): notices, no clock changes. [order.part_urged]"""
    with transaction.atomic():
        part, order = part_lock(part_id)
        policies.require(actor, "part.urge", street_id=order.street_id)
        if not owes(part):
            raise Refused("nothing_to_urge", _("This squad has nothing open to be urged for."))
        journal.record(
            subject=order, kind="order.part_urged", actor=actor, body={"part": part.pk, "squad": part.squad_id}
        )
    return part


def _before_visit(order: Order) -> None:
    if order.state not in flow.LIVE:
        raise Refused("visit_begun", _("The visit has begun: squads can't be changed any more."))


def approval_revise(order: Order) -> None:
    """An approval covers a party and its agencies: where one changes before the whistle, it is asked for again."""
    if order.state != OrderState.APPROVED:
        return
    flow.move(order, "revise")
    order.approved_at = None
    order.approved_by_id = None
    order.save(update_fields=["state", "approved_at", "approved_by"])
    deadlines.deadline_start(kind=DeadlineKind.APPROVAL, subject=order, street_id=order.street_id, urgent=urgent(order))


def order_follow(order: Order) -> None:
    """An issued order whose called parts have all answered is acknowledged; a new call opens it again."""
    states = {part.state for part in parts_of(order)}
    waiting = bool(states & {PartState.CALLED, PartState.RETURNED, PartState.PLANNED})
    if order.state == OrderState.ISSUED and not waiting:
        flow.move(order, "acknowledge")
    elif order.state == OrderState.ACKNOWLEDGED and waiting:
        flow.move(order, "reopen_call")
    else:
        return
    order.save(update_fields=["state"])


def _items_hand_over(part: Part, fresh: Part, order: Order) -> None:
    """Same function: the same items. Another one: its own items for the order's categories."""
    if part.agency.function == fresh.agency.function:
        item_ids = list(part.items.values_list("item_id", flat=True))
    else:
        found: dict[int, None] = {}
        on = timezone.localdate(now())
        categories: list[int | None] = [case.category_id for case in cases_of(order)]
        for category_id in categories or [None]:
            for item in items_for(fresh.agency.function, category_id, on):
                found.setdefault(item.pk)
        item_ids = list(found)
    PartItem.objects.bulk_create([PartItem(part=fresh, item_id=item_id) for item_id in item_ids])


def _refresh(order: Order) -> None:
    deadlines.case_due_refresh(case_ids=[case.pk for case in cases_of(order)])
