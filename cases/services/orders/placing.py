"""A need that arrives while the target's order is live joins it, where the planner's rule allows."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    DeadlineKind,
    Need,
    NeedState,
    Order,
    OrderKind,
    OrderState,
    Part,
    PartItem,
    Urgency,
)
from cases.planner import merge
from cases.refusals import Refused
from cases.selectors.composition import PartPlan, compose, need_facts, order_facts
from cases.selectors.guard import guard_of
from cases.services import casefile, deadlines, journal
from cases.services.orders.calling import approval_revise, order_follow, parts_call
from cases.services.orders.drafting import needs_link
from cases.services.orders.locking import parts_of
from cases.services.parties import target_lock
from teams.policies import Actor


def need_place(*, actor: Actor, need_id: int) -> Order | None:
    """Join the need to its target's live order: squads it adds are called, the others told. [order.need_joined]

    An urgent need makes a general order urgent: its clocks start anew as urgent ones where those end earlier.
    None when there is no live order or the rule keeps the need apart (its window, announced or not, a recheck and the
    visit that caused it), or when a planned check's items count as checked already and the office wants a reason for
    checking them again. The caller has asked its own policy.
    """
    with transaction.atomic():
        target_id = Need.objects.values_list("target_id", flat=True).get(pk=need_id)
        target = target_lock(target_id)
        order = (
            Order.objects.select_for_update(no_key=True, of=("self",))
            .filter(target=target, state__in=flow.LIVE)
            .exclude(kind=OrderKind.HANDLING)
            .first()
        )
        if order is None:
            return None
        order.target = target
        need = (
            Need.objects.select_for_update(no_key=True, of=("self",))
            .select_related("case__category")
            .prefetch_related("agency_links__agency", "agency_links__items")
            .get(pk=need_id)
        )
        held = list(_needs_of(order))
        if need.state != NeedState.OPEN or merge.may_join(need_facts(need), order_facts(order, held), now=now()):
            return None
        on = order.planned_day or timezone.localdate(now())
        plan = compose(target=target, needs=[need], lead_squad_id=_lead_of(order), on=on)
        if guard_of(target=target, needs=[need], plan=plan, on=on, awaited=True).needs_reason:
            return None
        cases = casefile.cases_lock([row.case_id for row in (*held, need) if row.case_id is not None])
        needs_link([(order, [need])])
        hastened = _urgency_take(order, need)
        called, told = _parts_extend(order, plan.parts)
        if hastened:
            _clocks_hasten(order)
        mine = next((case for case in cases if case.pk == need.case_id), None)
        if mine is not None:
            _case_follow(mine, order, actor)
            if mine.brief:
                order.brief = "\n\n".join(text for text in (order.brief, mine.brief) if text)
                order.save(update_fields=["brief"])
        journal.record(
            subject=order,
            kind="order.need_joined",
            actor=actor,
            body={"need": need.pk, "case": need.case_id, "called": called, "told": told, "hastened": hastened},
        )
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases])
    return order


def _urgency_take(order: Order, need: Need) -> bool:
    """The order takes over a greater urgency of the need; True when a general order became urgent."""
    ranks = list(Urgency.values)
    if ranks.index(need.urgency) <= ranks.index(order.urgency):
        return False
    became = order.urgency == Urgency.GENERAL
    order.urgency = need.urgency
    order.save(update_fields=["urgency"])
    return became


def _clocks_hasten(order: Order) -> None:
    """What is still owed on the order runs on the urgent clocks from now, never longer than it ran."""
    deadlines.deadlines_hasten(
        subjects=[order, *parts_of(order)],
        kinds=[DeadlineKind.APPROVAL, DeadlineKind.ACKNOWLEDGE, DeadlineKind.REPORT_IN],
        street_id=order.street_id,
    )


def _needs_of(order: Order) -> list[Need]:
    return list(
        Need.objects.filter(order_links__order=order, order_links__released_at__isnull=True)
        .select_related("case__category")
        .prefetch_related("agency_links__agency", "agency_links__items")
        .order_by("pk")
    )


def _lead_of(order: Order) -> int | None:
    return next((part.squad_id for part in parts_of(order) if part.is_lead), None)


def _parts_extend(order: Order, plans: tuple[PartPlan, ...]) -> tuple[list[int], list[int]]:
    """Add the squads that are missing and the items that others lack; returns squads called and squads told."""
    present = {part.squad_id: part for part in parts_of(order)}
    by_agency = {part.agency_id: part for part in present.values()}
    added: list[Part] = []
    for plan in plans:
        part = present.get(plan.squad.pk) or by_agency.get(plan.squad.agency_id)
        if part is None:
            part = _part_add(order, plan)
            added.append(part)
        known = set(part.items.values_list("item_id", flat=True))
        PartItem.objects.bulk_create([PartItem(part=part, item=item) for item in plan.items if item.pk not in known])
    if order.issued_at is not None and added:
        parts_call(order, added)
        order_follow(order)
    elif added:
        approval_revise(order)
    return [part.squad_id for part in added], sorted(present)


def _part_add(order: Order, plan: PartPlan) -> Part:
    try:
        with transaction.atomic():
            return Part.objects.create(order=order, squad=plan.squad, agency_id=plan.squad.agency_id)
    except IntegrityError as error:
        raise Refused("squad_called", _("This squad was called to the order meanwhile. Try once more.")) from error


def _case_follow(case: Case, order: Order, actor: Actor) -> None:
    if order.state in (OrderState.ISSUED, OrderState.ACKNOWLEDGED):
        if case.stage in (CaseStage.PLANNING, CaseStage.RECTIFYING):
            casefile.case_move(
                case=case,
                action="dispatch",
                actor=actor,
                kind="case.dispatched",
                body={"order": order.pk, "number": order.number},
                refresh=False,
            )
    else:
        journal.record(subject=case, kind="case.ordered", actor=actor, body={"order": order.pk, "number": order.number})
