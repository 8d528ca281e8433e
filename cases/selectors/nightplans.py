"""Night plans as the office and the district read them: the last one of each street, and what a person decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, QuerySet

from cases.models import NightParty, NightPlan
from teams.models import Role
from teams.policies import Actor
from teams.scope import of_own_streets

DAYS = 7
PAGE = 50


def nights_visible(actor: Actor) -> QuerySet[NightPlan]:
    """Runs over the actor's streets or district; an auditor's all."""
    rows = NightPlan.objects.select_related("street")
    if actor.is_system or actor.has(Role.AUDITOR):
        return rows
    return rows.filter(of_own_streets(actor))


def nights_days(actor: Actor) -> list[date]:
    """The last days that were planned, the newest first. One query."""
    rows = nights_visible(actor).order_by("-day").values_list("day", flat=True)
    return list(rows.distinct()[:DAYS])


def night_day(actor: Actor, plan_id: int) -> date | None:
    """The day of a run that the actor may see. One query."""
    return nights_visible(actor).filter(pk=plan_id).values_list("day", flat=True).first()


def reasons_left(plans: Iterable[NightPlan]) -> dict[str, int]:
    """How many parties have no order of these nights, by why. One query."""
    rows = NightParty.objects.filter(plan__in=list(plans), order__isnull=True)
    return dict(rows.values_list("code").annotate(n=Count("pk")).order_by("code"))


def nights_of(actor: Actor, day: date) -> list[NightPlan]:
    """The runs for the day, by the streets' codes. One query."""
    return list(nights_visible(actor).filter(day=day).order_by("street__code"))


def set_aside(plans: Iterable[NightPlan], *, after: int = 0, size: int = PAGE) -> tuple[list[NightParty], int | None]:
    """Parties whose day had come and that have no order of these nights, and the row after which the next page begins.
    One query."""
    rows = NightParty.objects.filter(plan__in=list(plans), order__isnull=True, pk__gt=after)
    found = list(rows.select_related("target", "plan__street").order_by("pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None
