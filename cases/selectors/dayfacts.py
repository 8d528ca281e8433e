"""A street's day as the routes' rules see it: stops, teams where they are now, who visits what, and what comes of
it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta

from django.db.models import Q
from django.utils import timezone

from cases import flow
from cases.clock.moment import now
from cases.law import Note
from cases.models import DayPlan, DayTeam, DayVisit, Order, OrderState
from cases.planner.routing import Call, Going, Routes, Stop, Team, Trouble, recheck
from cases.selectors.daypool import (
    DAY,
    day_numbers,
    minute_of,
    minutes_for,
    missing_squads,
    pool,
    stop_of,
    with_facts,
)

TELL = 10
"""Minutes: a shift of less is no news for a squad."""
STEP = 5
"""Planned hours are told in steps of so many minutes."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When an order is planned to be visited."""

    day: date
    begins: time
    ends: time


@dataclass(slots=True)
class DayFacts:
    """``visits``: of live orders, those that stand in no plan yet among them (unsaved). ``made``: per team the visits
    that have begun, in their order: nothing moves them any more. ``squads``: per team."""

    plan: DayPlan
    teams: list[DayTeam]
    squads: dict[int, set[int]]
    visits: dict[int, DayVisit]
    made: dict[int, list[DayVisit]]
    stops: dict[int, Stop]
    running: list[Team]
    going: Going
    routes: Routes = field(default_factory=lambda: Routes(()))

    @property
    def orders(self) -> dict[int, list[int]]:
        """Team → its orders still to be visited."""
        found: dict[int, list[int]] = {team.pk: [] for team in self.teams}
        placed = [visit for visit in self.visits.values() if visit.team_id in found]
        for visit in sorted(placed, key=lambda visit: (visit.position, visit.order_id)):
            found[visit.team_id or 0].append(visit.order_id)
        return found

    def check(self, orders: dict[int, list[int]] | None = None) -> Routes:
        """The day rechecked as it lies, or as ``orders`` would lay it."""
        return recheck(self.running, self.stops.values(), self.orders if orders is None else orders, self.going)


def day_plan(street_id: int, day: date) -> DayPlan | None:
    return DayPlan.objects.filter(street_id=street_id, day=day).select_related("street", "confirmed_by").first()


def day_facts(plan: DayPlan) -> DayFacts:
    """Reads the whole day; about a dozen queries, however many visits."""
    numbers = day_numbers(plan.street_id)
    teams = list(plan.teams.prefetch_related("squads")) if plan.pk else []
    squads = {team.pk: {squad.pk for squad in team.squads.all()} for team in teams}
    stored = {visit.order_id: visit for visit in plan.visits.all()} if plan.pk else {}
    waiting = pool(plan.street_id, plan.day).values("pk")
    facts = DayFacts(plan, teams, squads, {}, defaultdict(list), {}, [], numbers.going)
    ids = {team.pk for team in teams}
    for order in with_facts(Order.objects.filter(Q(pk__in=waiting) | Q(pk__in=stored))):
        visit = stored.get(order.pk) or DayVisit(
            plan=plan,
            order=order,
            minutes=minutes_for(order, numbers),
            wish_from=order.planned_from if order.planned_day == plan.day else None,
            wish_until=order.planned_until if order.planned_day == plan.day else None,
        )
        visit.order = order
        if order.state in flow.LIVE and not _left(visit, teams):
            facts.visits[order.pk] = visit
            facts.stops[order.pk] = stop_of(
                order,
                day=plan.day,
                minutes=visit.minutes,
                wish=(visit.wish_from, visit.wish_until),
                team_squads=squads,
            )
        elif visit.team_id in ids and order.state not in (*flow.LIVE, OrderState.CANCELLED):
            facts.made[visit.team_id or 0].append(visit)
    for made in facts.made.values():
        made.sort(key=lambda visit: (_began(visit.order), visit.position))
    facts.running = [_running(team, plan.day, facts.made[team.pk]) for team in teams]
    facts.routes = facts.check()
    return facts


def _left(visit: DayVisit, teams: list[DayTeam]) -> bool:
    """Whether the order was given another day meanwhile; the early hours of a night's turn are still this plan's."""
    planned, day = visit.order.planned_day, visit.plan.day
    if planned is None or planned <= day:
        return False
    night = any(team.pk == visit.team_id and team.ends > DAY for team in teams)
    return not (night and planned == day + timedelta(days=1))


def _running(team: DayTeam, day: date, made: list[DayVisit]) -> Team:
    """The team from where and when it is free: today that is now, or the likely end of the visit it is making."""
    at = (team.lat, team.lng) if team.lat is not None and team.lng is not None else None
    plain = Team(team.pk, at, team.starts, team.ends, team.most)
    if day != timezone.localdate(now()):
        return plain
    free = minute_of(now(), day)
    for visit in made:
        target = visit.order.target
        at = (target.lat, target.lng) if target.lat is not None and target.lng is not None else at
        if visit.order.state == OrderState.ON_SCENE and visit.order.on_scene_at:
            free = max(free, minute_of(visit.order.on_scene_at, day) + visit.minutes)
    left = None if team.most is None else max(0, team.most - len(made))
    return replace(plain, at=at, starts=max(team.starts, free), most=left)


def _began(order: Order) -> float:
    return order.on_scene_at.timestamp() if order.on_scene_at else 0.0


def hours_of(call: Call, day: date) -> Hours:
    """The planned hours that a call means, in steps of five minutes."""
    first, last = call.begins // STEP * STEP, -(-call.leaves // STEP) * STEP
    return Hours(day + timedelta(days=first // DAY), _time(first), _time(last))


def changes(facts: DayFacts) -> list[tuple[DayVisit, Hours]]:
    """What a confirmation would tell: visits whose order has no hours of this day, or others by ten minutes or more."""
    found = []
    for route in facts.routes.routes:
        for call in route.calls:
            visit, hours = facts.visits[call.stop], hours_of(call, facts.plan.day)
            order = visit.order
            if order.planned_day == hours.day and order.planned_from is not None and order.planned_until is not None:
                shift = max(
                    abs(_minutes(order.planned_from) - _minutes(hours.begins)),
                    abs(_minutes(order.planned_until) - _minutes(hours.ends)),
                )
                if shift < TELL:
                    continue
            found.append((visit, hours))
    return found


def why_words(trouble: Trouble, visit: DayVisit | None, facts: DayFacts) -> Note:
    """The trouble as a note that faces put into words; a missing squad is named."""
    params: dict[str, object] = dict(trouble.facts)
    if trouble.code in ("no_team", "squads_missing") and visit is not None:
        team = facts.squads.get(visit.team_id or 0)
        groups = [team] if trouble.code == "squads_missing" and team is not None else list(facts.squads.values())
        params["squads"] = missing_squads(visit.order, groups)
    return Note(f"route_{trouble.code}", params)


def load_of(facts: DayFacts) -> tuple[int, int]:
    """Minutes that all open visits of the day would take without any way between them, and minutes that teams have."""
    asked = sum(stop.minutes for stop in facts.stops.values())
    return asked, sum(team.minutes for team in facts.running)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
