"""A visit put elsewhere by hand: to another team, place or day."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.models import DayPlan, DayVisit, Order
from cases.refusals import Refused
from cases.selectors.dayfacts import DayFacts, day_facts
from cases.services import orders
from cases.services.dayplans.locking import plan_lock, plan_touch, visits_write
from teams.policies import Actor


def visit_move(
    *, actor: Actor, plan_id: int, order_id: int, team_id: int | None, position: int = 0, version: int | None = None
) -> DayFacts:
    """Put a visit to a team at a place of its row (1 first, 0 or beyond: last), or to none. What then breaks is told
    by the page, not refused: a person may know better. Orders are changed only when the plan is confirmed. Answers with
    the day as it stands then, checked: who shows it needs not read it again.

    Refused: ``plan_changed``, ``visit_begun``, ``team_unknown``, ``day_over``.
    """
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        facts = day_facts(plan)
        _open_visit(facts, order_id)
        rows = facts.orders
        if team_id is not None and team_id not in rows:
            raise Refused("team_unknown", _("This team is not in the plan any more."), field="team", status=422)
        for row in rows.values():
            if order_id in row:
                row.remove(order_id)
        if team_id is not None:
            at = position - 1 if 0 < position <= len(rows[team_id]) else len(rows[team_id])
            rows[team_id].insert(at, order_id)
        facts.visits[order_id].by_hand = team_id is not None
        visits_write(facts, rows, changed={order_id})
        plan_touch(plan)
    return facts


def visit_to_day(
    *, actor: Actor, plan_id: int, order_id: int, day: date, version: int | None = None
) -> tuple[DayPlan, Order]:
    """Give the order another day, at no hour yet: it waits there to be planned. [order.planned]

    Refused: ``plan_changed``, ``visit_begun``, ``day_outside_window``, ``same_day``.
    """
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan_id, version=version)
        if day == plan.day:
            raise Refused("same_day", _("It stands on this day already."), field="day", status=422)
        facts = day_facts(plan)
        visit = _open_visit(facts, order_id)
        order = orders.order_plan(actor=actor, order_id=order_id, planned_day=day)
        if visit.pk is not None:
            visit.delete()
        plan_touch(plan)
    return plan, order


def _open_visit(facts: DayFacts, order_id: int) -> DayVisit:
    visit = facts.visits.get(order_id)
    if visit is None:
        begun = any(visit.order_id == order_id for made in facts.made.values() for visit in made)
        why = _("The visit has begun: it can't be moved any more.") if begun else _("This visit is not of this day.")
        raise Refused("visit_begun" if begun else "not_of_this_day", why)
    return visit
