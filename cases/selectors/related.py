"""What stands around a case: the same party's other cases, earlier visits and findings, and what is open close by."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from cases import flow
from cases.models import Case, CaseQuerySet, Finding, Visit, VisitState
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

MOST = 6
NEAR_M = 250
_METRES_A_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Related:
    """Each newest first, ``MOST`` at most; visits and findings are those of the newest orders. ``near`` are open cases
    of other parties within ``NEAR_M`` metres."""

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


_OF_A_FINDING = (
    *("text", "state", "found_at", "item__name", "item__name_en", "agency__name", "agency__name_en"),
    *("ruling__finding", "ruling__outcome"),
)
_VISITS = Statement(
    lambda: (
        Visit.objects.filter(order__target=Slot("target"), state=VisitState.CLOSED)
        .exclude(among("order_id", "orders"))
        .select_related("order")
        .only("order__number", "started_at", "outcome")
        .order_by("-order_id", "-sequence")[:MOST]
    )
)
_FINDINGS = Statement(
    lambda: (
        Finding.objects.filter(visit__order__target=Slot("target"))
        .exclude(among("visit__order_id", "orders"))
        .select_related("agency", "item", "ruling")
        .only(*_OF_A_FINDING)
        .order_by("-visit__order_id", "-pk")[:MOST]
    )
)


@for_readers
def _repeats(reader: Actor) -> Statement[Case]:
    return Statement(
        lambda: (
            Case.objects.visible_to(reader)
            .filter(target=Slot("target"))
            .exclude(pk=Slot("case"))
            .select_related("category")
            .order_by("-opened_at", "-pk")[:MOST]
        )
    )


@for_readers
def _near(reader: Actor) -> Statement[Case]:
    def ask() -> CaseQuerySet:
        box = (Slot("south"), Slot("north")), (Slot("west"), Slot("east"))
        newest = _around(reader, Slot("street"), Slot("case"), Slot("target"), box).order_by("-pk").values("pk")[:MOST]
        return Case.objects.filter(pk__in=newest).select_related("category", "target").order_by("-pk")

    return Statement(ask)


def related(case: Case, actor: Actor, *, order_ids: Collection[int] = ()) -> Related:
    """``order_ids``: the case's own orders, whose visits its page tells already. Four queries at most."""
    target_id, box = case.target_id, _box(case)
    near: list[Case] = []
    if box is not None:
        (south, north), (west, east) = box
        near = _near(actor)(
            street=case.street_id, case=case.pk, target=target_id or 0, south=south, north=north, west=west, east=east
        )
    if target_id is None:
        return Related(near=near)
    own = list(order_ids)
    return Related(
        repeats=_repeats(actor)(target=target_id, case=case.pk),
        near=near,
        visits=sorted(_VISITS(target=target_id, orders=own), key=lambda row: row.started_at, reverse=True),
        findings=sorted(_FINDINGS(target=target_id, orders=own), key=lambda row: row.pk, reverse=True),
    )


def near_cases(case: Case, actor: Actor) -> CaseQuerySet:
    """Open cases within ``NEAR_M`` metres that are not about the same party."""
    box = _box(case)
    if box is None:
        return Case.objects.none()
    return _around(actor, case.street_id, case.pk, case.target_id or 0, box).select_related("category", "target")


def _box(case: Case) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The latitudes and longitudes between which it is near; None where no point is known."""
    point = place_of(case)
    if point is None:
        return None
    lat, lng = point
    high = NEAR_M / _METRES_A_DEGREE
    wide = high / max(0.01, math.cos(math.radians(lat)))
    return (lat - high, lat + high), (lng - wide, lng + wide)


def _around(actor: Actor, street: Any, case: Any, target: Any, box: tuple[Any, Any]) -> CaseQuerySet:
    """``target`` 0: of no party. Values, or slots for them."""
    rows = Case.objects.visible_to(actor).filter(street_id=street, spot_lat__range=box[0], spot_lng__range=box[1])
    return rows.exclude(stage__in=flow.ENDED).exclude(pk=case).exclude(Q(target_id=target) & Q(target__isnull=False))
