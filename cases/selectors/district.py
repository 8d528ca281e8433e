"""What a district sees of its streets, and which ratings ask for rework."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q

from cases.clock.moment import now
from cases.models import Case, CaseStage, Feedback, Order, OrderState, PartState, ReworkState
from cases.selectors.board import OPEN_STAGES
from teams.models import Role, Street
from teams.policies import Actor

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StreetRow:
    """Counts of one street, in the order of the street codes: never a ranking."""

    name: str
    street_id: int
    open: int
    late: int
    to_accept: int
    on_the_way: int
    visits: int
    closed: int
    saved: int


def streets_overview(actor: Actor) -> list[StreetRow]:
    """Streets of the actor's district (an auditor's: all). Three queries."""
    streets = Street.objects.order_by("code")
    if not actor.has(Role.AUDITOR):
        streets = streets.filter(Q(district_id__in=actor.districts) | Q(pk__in=actor.streets()))
    moment = now()
    is_open = Q(stage__in=OPEN_STAGES)
    counts: dict[int, dict[str, Any]] = {
        row["street"]: dict(row)
        for row in Case.objects.visible_to(actor)
        .filter(is_open | Q(closed_at__gte=moment - WEEK))
        .order_by()
        .values("street")
        .annotate(
            open=Count("pk", filter=is_open),
            late=Count("pk", filter=is_open & Q(due_at__lt=moment)),
            to_accept=Count("pk", filter=Q(stage=CaseStage.RECEIVED)),
            way=Count("pk", filter=Q(stage=CaseStage.DISPATCHED)),
            visits=Count("pk", filter=Q(stage=CaseStage.VISITING)),
            closed=Count("pk", filter=Q(stage=CaseStage.CLOSED)),
        )
    }
    saved = _saved(actor, [street.pk for street in streets])
    return [
        StreetRow(
            name=str(street),
            street_id=street.pk,
            open=counts.get(street.pk, {}).get("open", 0),
            late=counts.get(street.pk, {}).get("late", 0),
            to_accept=counts.get(street.pk, {}).get("to_accept", 0),
            on_the_way=counts.get(street.pk, {}).get("way", 0),
            visits=counts.get(street.pk, {}).get("visits", 0),
            closed=counts.get(street.pk, {}).get("closed", 0),
            saved=saved.get(street.pk, 0),
        )
        for street in streets
    ]


def _saved(actor: Actor, street_ids: Iterable[int]) -> dict[int, int]:
    """Visits saved within the week: departments on the visit less one (DOMAIN §3)."""
    rows = (
        Order.objects.visible_to(actor)
        .filter(street_id__in=list(street_ids), on_scene_at__gte=now() - WEEK)
        .exclude(state=OrderState.CANCELLED)
        .annotate(
            departments=Count(
                "parts__agency", filter=Q(parts__state__in=[PartState.ON_SCENE, PartState.DONE]), distinct=True
            )
        )
        .values_list("street_id", "departments")
    )
    found: dict[int, int] = {}
    for street_id, departments in rows:
        found[street_id] = found.get(street_id, 0) + max(0, departments - 1)
    return found


def total_of(rows: Sequence[StreetRow]) -> dict[str, int]:
    """Sums over the streets, by field."""
    names = ("open", "late", "to_accept", "on_the_way", "visits", "closed", "saved")
    return {name: sum(getattr(row, name) for row in rows) for name in names}


def rework_asked(actor: Actor, limit: int = 100) -> list[Feedback]:
    """Ratings that wait for a decision, oldest first."""
    cases = Case.objects.visible_to(actor)
    rows = Feedback.objects.filter(rework=ReworkState.ASKED, case__in=cases)
    return list(rows.select_related("case__target", "case__category", "complaint").order_by("at", "pk")[:limit])
