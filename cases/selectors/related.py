"""What stands around a case: the same party's other cases, earlier visits and findings, and what is open close by."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Coalesce

from cases import flow
from cases.models import Case, CaseQuerySet, Finding, Target, Visit, VisitState
from teams.policies import Actor

MOST = 6
NEAR_M = 250
_METRES_A_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Related:
    """Each newest first, ``MOST`` at most. ``near`` are open cases of other parties within ``NEAR_M`` metres."""

    repeats: list[Case] = field(default_factory=list)
    near: list[Case] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.repeats or self.near or self.visits or self.findings)


def place_of(case: Case) -> tuple[float, float] | None:
    """Latitude and longitude, WGS-84: the party's, else the case's own, where its complainant may have stood."""
    for row in (case.target, case):
        if row is not None and row.lat is not None and row.lng is not None:
            return row.lat, row.lng
    return None


def related(case: Case, actor: Actor, *, order_ids: Collection[int] = ()) -> Related:
    """``order_ids``: the case's own orders, whose visits its page tells already. Four queries at most."""
    target: Target | None = case.target
    near = list(near_cases(case, actor).order_by("-pk")[:MOST])
    if target is None:
        return Related(near=near)
    visible = Case.objects.visible_to(actor).select_related("category", "target")
    visits = Visit.objects.filter(order__target=target, state=VisitState.CLOSED).exclude(order__in=order_ids)
    findings = Finding.objects.filter(visit__order__target=target).exclude(visit__order__in=order_ids)
    return Related(
        repeats=list(visible.filter(target=target).exclude(pk=case.pk).order_by("-pk")[:MOST]),
        near=near,
        visits=list(visits.select_related("order").order_by("-started_at")[:MOST]),
        findings=list(findings.select_related("agency", "item", "ruling", "visit__order").order_by("-pk")[:MOST]),
    )


def near_cases(case: Case, actor: Actor) -> CaseQuerySet:
    """Open cases within ``NEAR_M`` metres that are not about the same party."""
    point = place_of(case)
    rows = Case.objects.visible_to(actor).select_related("category", "target")
    if point is None:
        return rows.none()
    lat, lng = point
    high = NEAR_M / _METRES_A_DEGREE
    wide = high / max(0.01, math.cos(math.radians(lat)))
    box = {"at_lat__range": (lat - high, lat + high), "at_lng__range": (lng - wide, lng + wide)}
    rows = rows.annotate(at_lat=Coalesce("target__lat", "lat"), at_lng=Coalesce("target__lng", "lng"))
    rows = rows.filter(street_id=case.street_id, **box).exclude(stage__in=flow.ENDED).exclude(pk=case.pk)
    return rows.exclude(Q(target_id=case.target_id) & Q(target__isnull=False))
