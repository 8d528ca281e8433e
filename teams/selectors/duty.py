"""Reads of the rota: a week as a grid, and the hours in which nobody, or one alone, is on duty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.utils import timezone

from teams.models import OFFICE_ROLES, Assignment, Duty, Leave, Squad, Street, User
from teams.selectors.ground import in_force

Hours = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DutyCell:
    day: date
    words: str
    away: bool
    past: bool


@dataclass(frozen=True, slots=True)
class DutyDay:
    """``nobody`` and ``alone``: hours of the day, from and to, in which none or only one is on duty."""

    day: date
    nobody: list[Hours]
    alone: list[Hours]


@dataclass(frozen=True, slots=True)
class DutyWeek:
    monday: date
    days: list[DutyDay]
    rows: list[tuple[User, list[DutyCell]]]
    usual: list[str]

    @property
    def empty(self) -> bool:
        return not any(cell.words for _user, cells in self.rows for cell in cells)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def members_of(place: Squad | Street) -> list[User]:
    """Who can have a turn: members of the squad, or the office of the street."""
    held = Assignment.objects.filter(in_force(timezone.localdate()))
    held = held.filter(squad=place) if isinstance(place, Squad) else held.filter(street=place, role__in=OFFICE_ROLES)
    return list(User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name", "pk"))


def turns_words(rows: Iterable[Duty]) -> str:
    """Turns of one day in words: ``08:00-20:00``."""
    return ", ".join(f"{timezone.localtime(r.starts_at):%H:%M}-{timezone.localtime(r.ends_at):%H:%M}" for r in rows)


def duty_week(place: Squad | Street, monday: date) -> DutyWeek:
    """The week from ``monday``; four queries."""
    today = timezone.localdate()
    days = [monday + timedelta(days=n) for n in range(7)]
    begin = timezone.make_aware(datetime.combine(monday, time(0)))
    end = begin + timedelta(days=7)
    mine = Duty.objects.filter(squad=place) if isinstance(place, Squad) else Duty.objects.filter(street=place)
    turns = list(mine.filter(starts_at__lt=end, ends_at__gt=begin).select_related("user").order_by("starts_at", "pk"))
    members = {user.pk: user for user in members_of(place)}
    members |= {row.user_id: row.user for row in turns if row.user_id not in members}
    away = list(Leave.objects.filter(user__in=members, starts_on__lte=days[-1], ends_on__gte=monday))
    by_cell: dict[tuple[int, date], list[Duty]] = {}
    for row in turns:
        by_cell.setdefault((row.user_id, timezone.localdate(row.starts_at)), []).append(row)
    rows = [
        (
            user,
            [
                DutyCell(
                    day=day,
                    words=turns_words(by_cell.get((user.pk, day), [])),
                    away=any(one.user_id == user.pk and one.starts_on <= day <= one.ends_on for one in away),
                    past=day < today,
                )
                for day in days
            ],
        )
        for user in sorted(members.values(), key=lambda user: (user.name, user.pk))
    ]
    usual = sorted({turns_words([row]) for row in turns})
    return DutyWeek(monday, [_day(day, turns) for day in days], rows, usual or ["08:00-20:00", "20:00-08:00"])


def _day(day: date, turns: list[Duty]) -> DutyDay:
    """Count people over the day's edges of turns."""
    begin = timezone.make_aware(datetime.combine(day, time(0)))
    end = begin + timedelta(days=1)
    here = [(max(row.starts_at, begin), min(row.ends_at, end)) for row in turns]
    here = [(start, stop) for start, stop in here if start < stop]
    edges = sorted({begin, end, *(edge for pair in here for edge in pair)})
    found: dict[int, list[Hours]] = {0: [], 1: []}
    for left, right in pairwise(edges):
        count = min(sum(start <= left and right <= stop for start, stop in here), 2)
        if count < 2:
            hours = (
                f"{timezone.localtime(left):%H:%M}",
                "24:00" if right == end else f"{timezone.localtime(right):%H:%M}",
            )
            last = found[count][-1] if found[count] else None
            if last is not None and last[1] == hours[0]:
                found[count][-1] = (last[0], hours[1])
            else:
                found[count].append(hours)
    return DutyDay(day, found[0], found[1])
