"""Yearly plans of agencies: those of an office, their rows, and what has become of what they asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from cases.clock.moment import now
from cases.models import InspectionItem, NeedState, PlanFate, YearPlan, YearPlanRow
from teams.models import Role
from teams.policies import Actor
from teams.scope import of_own_streets

PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a published plan has come, in checks. ``over``: still open after their last day."""

    checks: int = 0
    open: int = 0
    ordered: int = 0
    served: int = 0
    withdrawn: int = 0
    over: int = 0


def plans_visible(actor: Actor) -> QuerySet[YearPlan]:
    """Plans for the actor's streets or district; an auditor's all."""
    rows = YearPlan.objects.select_related("street", "agency", "started_by")
    if actor.is_system or actor.has(Role.AUDITOR):
        return rows
    return rows.filter(of_own_streets(actor))


def standings(plan_ids: list[int]) -> dict[int, Standing]:
    """By plan. One query."""
    today = timezone.localdate(now())

    def in_state(state: NeedState) -> Count:
        return Count("pk", filter=Q(need__state=state))

    counts = {
        "checks": Count("pk"),
        "open": in_state(NeedState.OPEN),
        "ordered": in_state(NeedState.ORDERED),
        "served": in_state(NeedState.SERVED),
        "withdrawn": in_state(NeedState.WITHDRAWN),
        "over": Count("pk", filter=Q(need__state=NeedState.OPEN, need__due_day__lt=today)),
    }
    lines = YearPlanRow.objects.filter(plan__in=plan_ids, need__isnull=False).order_by().values("plan")
    found = {plan_id: Standing() for plan_id in plan_ids}
    for plan_id, *numbers in lines.annotate(**counts).values_list("plan", *counts):
        found[plan_id] = Standing(*numbers)
    return found


def counts_of(plan: YearPlan) -> dict[str, int]:
    """Rows by what publishing does or did with them. One query."""
    found = dict.fromkeys(PlanFate.values, 0)
    lines = YearPlanRow.objects.filter(plan=plan).order_by().values("fate").annotate(n=Count("pk"))
    found.update({line["fate"]: line["n"] for line in lines})
    return found


def rows_page(plan: YearPlan, fate: str, *, after: int = 0, size: int = PAGE) -> tuple[list[YearPlanRow], int | None]:
    """Rows of a kind in the order of the file, and the row after which the next page begins."""
    rows = YearPlanRow.objects.filter(plan=plan, fate=fate, row__gt=after).select_related("target", "need")
    found = list(rows.order_by("row")[: size + 1])
    return found[:size], found[size - 1].row if len(found) > size else None


def items_named(rows: list[YearPlanRow]) -> Mapping[int, str]:
    """The names of the items that these rows are narrowed to. One query."""
    ids = {pk for row in rows for pk in row.item_ids}
    return {item.pk: str(item) for item in InspectionItem.objects.filter(pk__in=ids)}
