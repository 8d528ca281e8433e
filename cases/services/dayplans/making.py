"""A day planned, or planned anew: a proposal that changes no order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import DayPlan, DayTeam
from cases.planner.routing import Stop, plan_day, soonest
from cases.refusals import Refused
from cases.selectors.dayfacts import DayFacts, day_facts
from cases.selectors.daypool import day_numbers, start_point, teams_proposed
from cases.services.casefile import urgent
from cases.services.dayplans.locking import day_check, plan_lock, plan_touch, visits_write
from teams.models import Street
from teams.policies import Actor


def day_make(*, actor: Actor, street_id: int, day: date) -> DayPlan:
    """Plan the day: teams by the rota where it has none yet, routes over all orders that may be visited. What a person
    put to a team stays with it, what has begun stays as it is, and today goes on from now; urgent visits are made as
    soon as a team can be there. No order is changed.

    The search runs without a lock. Refused: ``no_squad``, ``day_over``, ``plan_changed`` (somebody changed it
    meanwhile).
    """
    policies.require(actor, "order.change", street_id=street_id)
    day_check(day)
    with transaction.atomic():
        DayPlan.objects.get_or_create(street_id=street_id, day=day)
        plan = DayPlan.objects.select_for_update(no_key=True).get(street_id=street_id, day=day)
        _teams_ensure(plan)
        facts = day_facts(plan)
    in_haste = {pk for pk, visit in facts.visits.items() if urgent(visit.order)}
    stops = soonest(facts.running, _stops(facts), in_haste, facts.going)
    found = plan_day(facts.running, stops, facts.going).orders
    with transaction.atomic():
        plan = plan_lock(actor=actor, plan_id=plan.pk, version=plan.version)
        facts = day_facts(plan)
        # An order that was issued, cancelled or put on scene during the search is as it is now.
        visits_write(facts, {team: [pk for pk in row if pk in facts.visits] for team, row in found.items()})
        plan.made_at, plan.made_by_id = now(), actor.user_id
        plan.save(update_fields=["made_at", "made_by"])
        plan_touch(plan)
    return plan


def _stops(facts: DayFacts) -> list[Stop]:
    """The stops; what a person put to a team is asked of this team alone, whatever it lacks."""
    teams = {team.pk for team in facts.teams}
    return [
        replace(stop, teams=frozenset({visit.team_id}))
        if (visit := facts.visits[pk]).by_hand and visit.team_id in teams
        else stop
        for pk, stop in facts.stops.items()
    ]


def _teams_ensure(plan: DayPlan) -> None:
    """Teams by the rota, once: what a person changed afterwards is kept."""
    if plan.teams.exists():
        return
    proposed = teams_proposed(plan.street_id, plan.day)
    if not proposed:
        raise Refused("no_squad", _("No squad serves this street. Ask the administrator."))
    at = start_point(Street.objects.get(pk=plan.street_id))
    most = day_numbers(plan.street_id).most or None
    for number, team in enumerate(proposed, start=1):
        row = DayTeam.objects.create(
            plan=plan,
            number=number,
            starts=team.starts,
            ends=team.ends,
            most=most,
            lat=at[0] if at else None,
            lng=at[1] if at else None,
        )
        row.squads.set(team.squads)
