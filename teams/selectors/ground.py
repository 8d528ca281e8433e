"""Reads of the ground: who somebody is, which squads answer, whose certificate is valid, which grid a point lies in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from teams.geo import contains
from teams.models import (
    OFFICE_ROLES,
    Agency,
    Assignment,
    CalendarDay,
    Certificate,
    Duty,
    Function,
    Grid,
    Leave,
    Power,
    Role,
    Squad,
    SquadKind,
    Street,
    User,
)
from teams.policies import Actor, Grant
from teams.statements import Slot, Statement, Written, among


def in_force(on: date | Slot) -> Q:
    """Rows of a ``Dated`` model in force on the day."""
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gte=on))


def resting(on: date) -> Exists:
    """For a queryset of assignments: whether the holder is on leave that day with somebody standing in."""
    away = Leave.objects.filter(user=OuterRef("user"), starts_on__lte=on, ends_on__gte=on, substitute__isnull=False)
    return Exists(away)


ROLES_TODAY = Written(
    "teams_assignment",
    """
SELECT role, street_id, squad_id, district_id FROM teams_assignment held
WHERE user_id = %(user)s AND starts_on <= %(today)s AND (ends_on IS NULL OR ends_on >= %(today)s)
  AND NOT EXISTS (
    SELECT FROM teams_leave away WHERE away.user_id = held.user_id AND substitute_id IS NOT NULL
      AND away.starts_on <= %(today)s AND away.ends_on >= %(today)s)
ORDER BY id
""",
)
"""``in_force`` and not ``resting``, written out: every request asks it, and composing it took as long as the rest."""


def actor_of(user: User) -> Actor:
    """The actor a logged-in person is today. An inactive person holds no role; nor does somebody on leave whose roles a
    substitute holds. One query."""
    if not user.is_active:
        return Actor(user_id=user.pk, name=user.name)
    rows = ROLES_TODAY(user=user.pk, today=timezone.localdate())
    grants = tuple(
        Grant(role=Role(role), street_id=street, squad_id=squad, district_id=district)
        for role, street, squad, district in rows
    )
    return Actor(user_id=user.pk, grants=grants, name=user.name)


def people_with(
    role: Role, *, street_id: int | None = None, squad_id: int | None = None, district_id: int | None = None
) -> QuerySet[User]:
    """Active people holding the role at the given place today."""
    place = {
        key: value
        for key, value in (("street_id", street_id), ("squad_id", squad_id), ("district_id", district_id))
        if value is not None
    }
    today = timezone.localdate()
    held = Assignment.objects.filter(in_force(today), ~resting(today), role=role, **place)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("pk")


def office_people(street_id: int) -> QuerySet[User]:
    """Active people of the street's office today: dispatchers, heads and checkers."""
    today = timezone.localdate()
    held = Assignment.objects.filter(in_force(today), ~resting(today), street_id=street_id, role__in=OFFICE_ROLES)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name", "pk")


def squad_members(squad_id: int) -> QuerySet[User]:
    """Active members of the squad today, officers and auxiliaries alike."""
    held = Assignment.objects.filter(in_force(timezone.localdate()), squad_id=squad_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("pk")


def on_duty(at: datetime, *, squad_ids: Iterable[int] = (), street_id: int | None = None) -> list[User]:
    """Active people on duty at the moment, of the squads or of the street's office."""
    return ON_DUTY(at=at, squads=list(squad_ids), street=street_id)


def _on_duty() -> QuerySet[User]:
    at: Any = Slot("at", DateTimeField())
    turns = Duty.objects.filter(starts_at__lte=at, ends_at__gt=at)
    place = Q(among("squad_id", "squads")) | Q(street_id=Slot("street"))
    return User.objects.filter(is_active=True, pk__in=turns.filter(place).values("user_id")).order_by("pk")


ON_DUTY: Statement[User] = Statement(_on_duty)


def valid_certificates(user_ids: Iterable[int], on: date) -> QuerySet[Certificate]:
    """Certificates valid on the day (not expired, not revoked)."""
    return Certificate.objects.filter(
        Q(revoked_on__isnull=True) | Q(revoked_on__gt=on),
        user_id__in=list(user_ids),
        valid_from__lte=on,
        valid_until__gte=on,
    )


def street_team(street_id: int) -> Squad | None:
    """The street's own enforcement team, which leads the joint visit (由街道牵头)."""
    return (
        Squad.objects.filter(active=True, kind=SquadKind.ENFORCEMENT_TEAM, streets=street_id)
        .select_related("agency")
        .order_by("pk")
        .first()
    )


def squads_serving(street_id: int | Slot) -> QuerySet[Squad]:
    """Squads that can be called to the street, laboratories left out."""
    return (
        Squad.objects.filter(active=True, streets=street_id)
        .exclude(kind=SquadKind.LABORATORY)
        .select_related("agency")
        .order_by("pk")
    )


def laboratories() -> QuerySet[Squad]:
    return Squad.objects.filter(active=True, kind=SquadKind.LABORATORY).select_related("agency").order_by("pk")


_POWERS = Statement(
    lambda: (
        Power.objects.filter(
            in_force(Slot("day", DateField())),
            Q(street__isnull=True) | Q(street=Slot("street")),
            Q(agency__street__isnull=True) | Q(agency__street=Slot("street")),
            among("category_code", "codes"),
            agency__district=Slot("district"),
            agency__active=True,
        )
        .select_related("agency")
        .order_by("optional", "agency_id")
    )
)
_SERVING = Statement(lambda: squads_serving(Slot("street")))
_AGENCIES = Statement(
    lambda: Agency.objects.filter(
        Q(street__isnull=True) | Q(street=Slot("street")), district=Slot("district"), active=True
    ).exclude(function=Function.LABORATORY)
)


def powers_for(category_code: str, street: Street, on: date) -> list[Power]:
    """Powers in force for the minor class (or its whole major class) on the street, agencies attached."""
    codes = [category_code, category_code[:2]]
    return _POWERS(day=on, street=street.pk, district=street.district_id, codes=codes)


def squads_at(street_id: int) -> list[Squad]:
    """``squads_serving`` as they are listed for people."""
    return _SERVING(street=street_id)


def agencies_at(street: Street) -> list[Agency]:
    """Agencies that work on the street, laboratories left out."""
    return _AGENCIES(street=street.pk, district=street.district_id)


def grid_at(street_id: int, lat: float, lng: float) -> Grid | None:
    """The unit grid of the street whose outline contains the point, if any is drawn."""
    today = timezone.localdate()
    for grid in Grid.objects.filter(in_force(today), community__street_id=street_id, outline__isnull=False):
        if contains(grid.outline, lat=lat, lng=lng):
            return grid
    return None


def street_at(lat: float, lng: float) -> Street | None:
    """The street whose outline contains the point; a drawn outline is small, so a scan of the district's is cheap."""
    for street in Street.objects.filter(outline__isnull=False):
        if contains(street.outline, lat=lat, lng=lng):
            return street
    return None


def calendar_days(district_id: int | None) -> QuerySet[CalendarDay]:
    """The office's own days, the district's over the general ones."""
    return CalendarDay.objects.filter(Q(district__isnull=True) | Q(district_id=district_id)).order_by(
        "district_id", "day"
    )
