"""What a street's day is planned from: orders that may be visited, teams that the rota gives, the office's numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from shapely.geometry import shape

from cases import flow
from cases.clock.hours import minutes_of, windows_of
from cases.clock.moment import now
from cases.models import DayVisit, Order, OrderKind, OrderNeed, PartState, Urgency
from cases.planner.routing import NEVER, Going, Point, Stop, along_streets, begins_within, meet, worth
from cases.selectors.office import office_setting, office_values
from teams.models import Duty, Street
from teams.selectors import squads_serving, street_team, valid_certificates

FIRST, LAST = 9 * 60, 17 * 60 + 30
"""A turn where nobody has entered a rota: the usual hours of an office. A person may change it on the page."""
TEAMS_AT_MOST = 6
DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """``visit``: minutes of a visit by one squad; ``beside``: for each further one; ``most``: visits a team and day
    (0: as many as fit); ``pace``: metres a minute."""

    visit: int = 35
    beside: int = 5
    most: int = 0
    pace: int = 70

    @property
    def going(self) -> Going:
        return Going(along_streets, pace=max(1, self.pace))


def day_numbers(street_id: int) -> DayNumbers:
    """The office's numbers. One query."""
    keys = {"visit": "visit_minutes", "beside": "visit_minutes_beside", "most": "visits_a_day", "pace": "walking_pace"}
    held = office_values(keys.values(), street_id)
    known = {name: held[key] for name, key in keys.items() if isinstance(held.get(key), int)}
    return DayNumbers(**known)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class TeamPlan:
    """A joint team that the rota allows: its squads and its turn in minutes."""

    squads: tuple[int, ...]
    starts: int
    ends: int


def minute_of(moment: datetime, day: date) -> int:
    """Minutes since the day's midnight, local time."""
    local = timezone.localtime(moment)
    return (local.date() - day).days * DAY + local.hour * 60 + local.minute


def turns(street_id: int, day: date) -> dict[int, tuple[int, int, int]]:
    """Squad → first and last minute of its turns that begin on the day, and how many pairs of officers with
    certificates it has then (as many as an agency needs on a visit). Three queries."""
    opens = timezone.make_aware(datetime.combine(day, time(0)))
    rows = list(
        Duty.objects.filter(
            squad__in=squads_serving(street_id),
            starts_at__gte=opens,
            starts_at__lt=opens + timedelta(days=1),
            user__is_active=True,
        ).select_related("squad")
    )
    able = {(row.user_id, row.agency_id) for row in valid_certificates([row.user_id for row in rows], day)}
    needed = max(1, office_setting("officers_needed", street_id, 2))
    officers: dict[int, set[int]] = defaultdict(set)
    hours: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.squad and (row.user_id, row.squad.agency_id) in able:
            officers[row.squad.pk].add(row.user_id)
            hours[row.squad.pk] += [minute_of(row.starts_at, day), minute_of(row.ends_at, day)]
    return {pk: (min(hours[pk]), max(hours[pk]), len(users) // needed) for pk, users in officers.items()}


def teams_proposed(street_id: int, day: date) -> list[TeamPlan]:
    """As many joint teams as the street's own team has pairs on duty; each other squad joins the first ones, as far as
    its own pairs go. Without a rota one team of all squads at the office's hours: a proposal, not a finding."""
    on = turns(street_id, day)
    lead = street_team(street_id)
    serving = [squad.pk for squad in squads_serving(street_id)]
    if not any(pairs for _first, _last, pairs in on.values()):
        return [TeamPlan(tuple(serving), FIRST, LAST)] if serving else []
    ruled = on.get(lead.pk) if lead else None
    first, last, pairs = ruled or max(on.values(), key=lambda turn: turn[2])
    count = min(max(1, pairs), TEAMS_AT_MOST)
    return [
        TeamPlan(tuple(pk for pk in serving if pk in on and _joins(on[pk], number, first, last)), first, last)
        for number in range(1, count + 1)
    ]


def _joins(turn: tuple[int, int, int], number: int, first: int, last: int) -> bool:
    """Whether the squad has a pair for the team of this number, on duty for the better half of the team's turn."""
    return turn[2] >= number and 2 * (min(turn[1], last) - max(turn[0], first)) >= last - first


def start_point(street: Street) -> Point | None:
    """Where teams set out: the middle of the street's outline; None where none is drawn."""
    if not street.outline:
        return None
    middle = shape(street.outline).representative_point()
    return middle.y, middle.x


def pool(street_id: int, day: date) -> QuerySet[Order]:
    """Live inspections of the street that may be visited on the day: planned for it, for no day, or left over; those
    that stand with a team of another day to come are not asked again."""
    elsewhere = DayVisit.objects.filter(
        team__isnull=False, plan__day__gte=timezone.localdate(now()), plan__street_id=street_id
    ).exclude(plan__day=day)
    left_over = Q(planned_day__lt=max(day, timezone.localdate(now())))
    later = OrderNeed.objects.filter(order=OuterRef("pk"), released_at__isnull=True, need__from_day__gt=day)
    return (
        Order.objects.filter(Q(planned_day__isnull=True) | Q(planned_day=day) | left_over, street_id=street_id)
        .filter(state__in=flow.LIVE)
        .exclude(kind=OrderKind.HANDLING)
        .exclude(pk__in=elsewhere.values("order_id"))
        .exclude(Exists(later))
    )


def with_facts(orders: QuerySet[Order]) -> list[Order]:
    """The orders with what a stop is made of. Four queries."""
    return list(
        orders.select_related("target")
        .prefetch_related("parts__squad", "need_links__need__case__category", "visits")
        .order_by("pk")
    )


def squads_of(order: Order) -> set[int]:
    """Squads that the visit needs."""
    return {part.squad_id for part in order.parts.all() if part.state not in (PartState.RELEASED, PartState.ABSENT)}


def minutes_for(order: Order, numbers: DayNumbers) -> int:
    return numbers.visit + numbers.beside * max(0, len(squads_of(order)) - 1)


def stop_of(
    order: Order,
    *,
    day: date,
    minutes: int,
    wish: tuple[time | None, time | None],
    team_squads: dict[int, set[int]],
    only: int | None = None,
) -> Stop:
    """The order as a stop: open hours, hours of its needs and those asked for, all at once; teams that bring every
    squad, or the one a person chose. Reads only what ``with_facts`` has read."""
    needed = squads_of(order)
    needs = [link.need for link in order.need_links.all() if link.released_at is None]
    opened = windows_of(order.target.hours or [])
    spans = begins_within(minutes_of(opened, day.isoweekday()), minutes) if opened else [(0, 2 * DAY)]
    for first, last in [(need.hour_from, need.hour_until) for need in needs] + [wish]:
        if first is not None:
            spans = meet(spans, _hours(first, last))
    free = not opened and spans == [(0, 2 * DAY)]
    due = min((need.due_day for need in needs), default=day)
    required = order.urgency != Urgency.GENERAL or due <= day or wish[0] is not None
    able = frozenset(pk for pk, squads in team_squads.items() if needed <= squads)
    at = order.target
    return Stop(
        id=order.pk,
        at=(at.lat, at.lng) if at.lat is not None and at.lng is not None else None,
        minutes=minutes,
        windows=() if free else tuple(spans) or (NEVER,),
        required=required,
        prize=worth((due - day).days),
        teams=able if only is None else frozenset({only}),
    )


def missing_squads(order: Order, team_squads: Iterable[set[int]]) -> list[str]:
    """Names of the squads that no team has; of all it needs where each is in some team but no team has them all."""
    parts: Sequence[object] = [part.squad for part in order.parts.all() if part.squad_id in squads_of(order)]
    have = set().union(*team_squads)
    lacking = [str(squad) for squad in parts if getattr(squad, "pk", 0) not in have]
    return lacking or [str(squad) for squad in parts]


def _hours(first: time, last: time | None) -> list[tuple[int, int]]:
    """When it may begin; over midnight it is the night after the day, and the early hours of the next one."""
    start = first.hour * 60 + first.minute
    end = last.hour * 60 + last.minute if last else start + 60
    return [(start, end + DAY)] if end <= start else [(start, end), (start + DAY, end + DAY)]
