"""The lock of a day, and how its visits are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import DayPlan, DayVisit
from cases.refusals import Refused
from cases.selectors.dayfacts import DayFacts
from teams.policies import Actor


def plan_lock(*, actor: Actor, plan_id: int, version: int | None = None) -> DayPlan:
    """The locked plan of a day that is not over. ``version``: what the person saw. Refused: ``not_found``,
    ``day_over``, ``plan_changed``."""
    rows = DayPlan.objects.select_for_update(no_key=True, of=("self",)).select_related("street")
    plan = rows.filter(pk=plan_id).first()
    if plan is None:
        raise Refused("not_found", _("This day plan does not exist."), status=404)
    policies.require(actor, "order.change", street_id=plan.street_id)
    day_check(plan.day)
    if version is not None and version != plan.version:
        why = _("The plan was changed meanwhile. The page shows the latest state; do it once more.")
        raise Refused("plan_changed", why)
    return plan


def day_check(day: date) -> None:
    """``Refused("day_over")`` for a day that has passed."""
    if day < timezone.localdate(now()):
        raise Refused("day_over", _("This day has passed: its plan stays as it was."), field="day", status=422)


def plan_touch(plan: DayPlan) -> None:
    """Counts a change: a page that shows the version before is stale."""
    plan.version += 1
    plan.save(update_fields=["version"])


def visits_write(facts: DayFacts, orders: Mapping[int, Sequence[int]], *, changed: Collection[int] = ()) -> None:
    """Store who visits what: every open visit of the day, those with no team among them; what left the day goes.
    ``changed``: visits in which more was changed than their place. ``facts`` say afterwards what is stored."""
    place = {pk: (team, number) for team, row in orders.items() for number, pk in enumerate(row, start=1)}
    kept = {visit.order_id for made in facts.made.values() for visit in made}
    facts.plan.visits.exclude(order_id__in=[*facts.visits, *kept]).delete()
    fresh: list[DayVisit] = []
    moved: list[DayVisit] = []
    for pk, visit in facts.visits.items():
        team, number = place.get(pk, (None, 0))
        stale = pk in changed or (visit.team_id, visit.position) != (team, number)
        visit.team_id, visit.position = team, number
        visit.by_hand = visit.by_hand and team is not None
        if visit.pk is None:
            fresh.append(visit)
        elif stale:
            moved.append(visit)
    DayVisit.objects.bulk_create(fresh)
    DayVisit.objects.bulk_update(moved, ["team", "position", "by_hand"])
    facts.routes = facts.check()
