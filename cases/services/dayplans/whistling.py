"""A whistle into the running day: the urgent visit goes to the team that reaches it first with least harm."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.clock.moment import now
from cases.models import DayPlan, Order, OrderKind
from cases.planner.routing import Inserted, insert_urgent
from cases.refusals import Refused
from cases.selectors.dayfacts import DayFacts, day_facts, hours_of
from cases.services import orders
from cases.services.casefile import urgent
from cases.services.dayplans.locking import plan_lock, plan_touch, visits_write
from teams.policies import Actor


def order_whistle(*, actor: Actor, order_id: int, seen: int | None = None) -> Order:
    """``orders.order_issue``; an urgent inspection goes into today's plan at once, where there is a confirmed one.
    That it finds no team there takes nothing from the whistle: the board shows it as not placed, with the reason."""
    order = orders.order_issue(actor=actor, order_id=order_id, seen=seen)
    if order.kind == OrderKind.HANDLING or not urgent(order):
        return order
    today = timezone.localdate(now())
    plan = DayPlan.objects.filter(street_id=order.street_id, day=today, confirmed_at__isnull=False).first()
    if plan is not None:
        with suppress(Refused):
            visit_insert(actor=actor, plan_id=plan.pk, order_id=order_id)
        order.refresh_from_db()
    return order


def visit_insert(*, actor: Actor, plan_id: int, order_id: int, version: int | None = None) -> Inserted:
    """Put an urgent visit into the day by the rule. In a confirmed plan its own hours are written at once; what shifts
    or gives way for it waits for a person to confirm. [order.planned]

    Refused: ``no_team_free`` (none can come in time), ``not_of_this_day``, ``plan_changed``, ``day_over``.
    """
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        facts = day_facts(plan)
        stop = facts.stops.get(order_id)
        if stop is None:
            raise Refused("not_of_this_day", _("This visit is not of this day."))
        rest = [one for pk, one in facts.stops.items() if pk != order_id]
        rows = {team: [pk for pk in row if pk != order_id] for team, row in facts.orders.items()}
        found = insert_urgent(facts.running, rest, rows, stop, facts.going)
        if found is None:
            raise Refused("no_team_free", _("No team of this day can come in time. The board says why."))
        visits_write(facts, {team: list(row) for team, row in found.routes.orders.items()})
        if plan.confirmed_at is not None:
            _hours_write(actor, facts, found, order_id)
        plan_touch(plan)
    return found


def _hours_write(actor: Actor, facts: DayFacts, found: Inserted, order_id: int) -> None:
    calls = [call for route in found.routes.routes for call in route.calls if call.stop == order_id]
    hours = hours_of(calls[0], facts.plan.day)
    orders.order_plan(
        actor=actor,
        order_id=order_id,
        planned_day=hours.day,
        planned_from=hours.begins,
        planned_until=hours.ends,
    )
