"""The plan becomes what the orders say."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from cases.clock.moment import now
from cases.models import Order
from cases.refusals import Refused
from cases.selectors.dayfacts import changes, day_facts
from cases.services import orders
from cases.services.dayplans.locking import plan_lock, plan_touch, visits_write
from teams.policies import Actor


@dataclass(frozen=True, slots=True)
class Confirmed:
    """``count`` orders have their hours; ``refused``: those that can't have them, each with its reason."""

    count: int
    refused: tuple[tuple[Order, Refused], ...] = ()


def day_confirm(*, actor: Actor, plan_id: int, version: int | None = None) -> Confirmed:
    """Write day and hours of every visit that changed to its order; called squads are told and owe their report-in by
    then. An order that can't have them (its visit began meanwhile, a reason that joined it opens later) holds up no
    other: it stays as it was and is named. [order.planned for each] Refused: ``plan_changed``, ``day_over``."""
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        facts = day_facts(plan)
        visits_write(facts, facts.orders)
        found = changes(facts)
        # Targets are locked one after another: always by their ids, or two confirmations could wait for each other.
        left: list[tuple[Order, Refused]] = []
        for visit, hours in sorted(found, key=lambda row: row[0].order.target_id):
            try:
                orders.order_plan(
                    actor=actor,
                    order_id=visit.order_id,
                    planned_day=hours.day,
                    planned_from=hours.begins,
                    planned_until=hours.ends,
                )
            except Refused as refused:
                left.append((visit.order, refused))
        if len(left) < len(found) or not found:
            plan.confirmed_at, plan.confirmed_by_id = now(), actor.user_id
            plan.save(update_fields=["confirmed_at", "confirmed_by"])
        plan_touch(plan)
    return Confirmed(len(found) - len(left), tuple(left))
