"""What the wall screen shows: rates, visits, what is late, what happens. No person, no fine, no ranking, no address.

A screen hangs where visitors pass: parties stand by name only where they are businesses or sites; a vendor or a place
may be somebody's name or home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.functional import Promise

from cases.clock.moment import now
from cases.models import Case, DeadlineKind, Event, Order, OrderKind, OrderState, TargetKind, VisitState
from cases.models.visit import Visit
from cases.selectors.board import OPEN_STAGES
from cases.selectors.event_words import KEY, SENTENCES
from dispatch.insights.facts import start_of
from dispatch.insights.report import Rate, by_day, totals
from dispatch.insights.streets import StreetNow, streets_now, whole
from teams.ground import Shape, ground_shapes
from teams.models import Street
from teams.policies import Actor

LATE_ROWS = 7
FEED_ROWS = 9
FEED_BACK = 4000
"""How many events back the feed looks at most."""
WEEKS = 8
NAMED = (TargetKind.BUSINESS, TargetKind.SITE)
# What is late stands in its own list: the feed tells what is done.
FEED_KINDS = tuple(kind for kind, said in SENTENCES.items() if said.weight == KEY and not said.office_only)


@dataclass(frozen=True, slots=True)
class LateRow:
    """A late case: since when, at which stage, of what, where."""

    due_at: datetime
    what: Any
    where: str
    street: Street
    stage: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Something that happened: when, on which street, in a sentence, and of what category."""

    id: int
    at: datetime
    street: Street
    said: str | Promise
    about: Any


@dataclass(frozen=True, slots=True)
class Spot:
    """A visit under way: where its party stands, and how many squads are on scene."""

    lat: float
    lng: float
    squads: int


@dataclass(slots=True)
class Wall:
    """Everything on the screen, as of ``at``."""

    at: datetime
    streets: list[StreetNow]
    total: dict[str, Any]
    saved_month: int
    visits_today: int
    under_way: int
    trends: dict[str, list[float | None]]
    late: list[LateRow]
    late_count: int
    feed: list[FeedRow]
    spots: list[Spot]
    shapes: list[Shape]


def wall(actor: Actor, street_id: int | None = None) -> Wall | None:
    """The screen of the actor's streets, or of one of them; None where the actor sees none. Some twenty queries."""
    rows = streets_now(actor, None if street_id is None else [street_id])
    if not rows:
        return None
    ids = [row.street_id for row in rows]
    moment = now()
    today = timezone.localdate(moment)
    month = totals(today.replace(day=1), today, ids)
    late = _late(ids, moment)
    return Wall(
        at=moment,
        streets=rows,
        total=whole(rows),
        saved_month=sum(sums.saved for sums in month.values()),
        visits_today=Visit.objects.filter(_inspections(ids), started_at__gte=start_of(today)).count(),
        under_way=Visit.objects.filter(_inspections(ids), state=VisitState.OPEN).count(),
        trends=_trends(ids),
        late=[_late_row(case) for case in late[:LATE_ROWS]],
        late_count=sum(row.late for row in rows),
        feed=feed(ids),
        spots=_spots(ids),
        shapes=[s for s in ground_shapes(grids=len(ids) == 1) if _belongs(s, rows)],
    )


def feed(street_ids: Sequence[int]) -> list[FeedRow]:
    """The latest turns of the work, newest first: sentences of the journal without who, whom and why. Three queries."""
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    events = list(
        Event.objects.filter(pk__gt=newest - FEED_BACK, street_id__in=list(street_ids), kind__in=FEED_KINDS)
        .select_related("street", "case__category")
        .order_by("-at", "-pk")[:FEED_ROWS]
    )
    return [
        FeedRow(
            id=event.pk,
            at=event.at,
            street=event.street,
            said=SENTENCES[event.kind].what,
            about=event.case.category if event.case else None,
        )
        for event in events
    ]


def _inspections(ids: Sequence[int]) -> Q:
    return Q(order__street_id__in=list(ids)) & ~Q(order__kind=OrderKind.HANDLING)


def _late(ids: Sequence[int], moment: datetime) -> list[Case]:
    rows = Case.objects.filter(street_id__in=list(ids), stage__in=OPEN_STAGES, due_at__lt=moment)
    return list(rows.select_related("target", "category", "street").order_by("due_at", "pk")[:LATE_ROWS])


def _late_row(case: Case) -> LateRow:
    named = case.target is not None and case.target.kind in NAMED
    assert case.due_at is not None
    return LateRow(
        due_at=case.due_at,
        what=case.category,
        where=case.target.name if named and case.target else "",
        street=case.street,
        stage=str(DeadlineKind(case.due_kind).label) if case.due_kind else case.get_stage_display(),
    )


def _spots(ids: Sequence[int]) -> list[Spot]:
    rows = (
        Order.objects.filter(street_id__in=list(ids), state=OrderState.ON_SCENE, target__lat__isnull=False)
        .exclude(kind=OrderKind.HANDLING)
        .annotate(lat=F("target__lat"), lng=F("target__lng"))
        .annotate(n=Count("parts", filter=Q(parts__on_scene_at__isnull=False)))
        .values_list("lat", "lng", "n")
    )
    return [Spot(lat or 0.0, lng or 0.0, n) for lat, lng, n in rows]


def _trends(ids: Sequence[int]) -> dict[str, list[float | None]]:
    """The three rates week by week, oldest first; None where a week has too few."""
    today = timezone.localdate(now())
    found: dict[str, list[float | None]] = {"response": [], "resolution": [], "satisfaction": []}
    days = by_day(today - timedelta(days=7 * WEEKS - 1), today, ids)
    for back in range(WEEKS - 1, -1, -1):
        last = today - timedelta(days=7 * back)
        week = [days.get(last - timedelta(days=n)) for n in range(7)]
        for name, values in found.items():
            rates = [getattr(sums, name) for sums in week if sums is not None]
            values.append(Rate(sum(rate.part for rate in rates), sum(rate.whole for rate in rates)).share)
    return found


def _belongs(shape: Shape, rows: Sequence[StreetNow]) -> bool:
    if shape.kind == "street":
        return shape.id in {row.street_id for row in rows}
    return any(shape.code.startswith(row.street.code) for row in rows)
