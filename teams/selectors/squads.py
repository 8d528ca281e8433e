"""Reads of squads and agencies for administration, and the 1 + 2 + N picture of a street."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from teams.models import Agency, Assignment, Certificate, Function, Role, Squad, SquadKind, Street
from teams.selectors.ground import in_force


@dataclass(frozen=True, slots=True)
class SquadRow:
    """``officers`` counts those whose certificate is valid today."""

    squad: Squad
    members: list[Assignment]
    officers: int

    @property
    def leaders(self) -> list[Assignment]:
        return [row for row in self.members if row.role == Role.SQUAD_LEADER]


@dataclass(frozen=True, slots=True)
class Formation:
    """One street's 1 (office and team), 2 (stationed) and N (modules and laboratories that answer when called)."""

    street: Street
    office: list[Assignment]
    team: list[SquadRow]
    stationed: list[SquadRow]
    modules: list[SquadRow]
    laboratories: list[SquadRow]
    missing: list[Function]


def squad_rows(squads: QuerySet[Squad]) -> list[SquadRow]:
    """The squads with members of today; five queries whatever their number."""
    today = timezone.localdate()
    members = Assignment.objects.filter(in_force(today), user__is_active=True).select_related("user")
    rows = squads.select_related("agency").prefetch_related(
        "streets", Prefetch("assignments", members.order_by("role", "pk"), to_attr="today")
    )
    found = list(rows)
    ids = {row.user_id for squad in found for row in squad.today}
    valid = set(
        Certificate.objects.filter(
            Q(revoked_on__isnull=True) | Q(revoked_on__gt=today),
            user_id__in=ids,
            valid_from__lte=today,
            valid_until__gte=today,
        ).values_list("user_id", "agency_id")
    )
    order = list(Role)
    return [
        SquadRow(
            squad=squad,
            members=sorted(squad.today, key=lambda row: order.index(Role(row.role))),
            officers=len(
                {
                    row.user_id
                    for row in squad.today
                    if row.role in (Role.SQUAD_LEADER, Role.OFFICER) and (row.user_id, squad.agency_id) in valid
                }
            ),
        )
        for squad in found
    ]


def squad_list(*, street_id: int | None = None, closed: bool = False) -> list[SquadRow]:
    rows = Squad.objects.filter(active=not closed)
    if street_id is not None:
        rows = rows.filter(streets=street_id)
    return squad_rows(rows.order_by("kind", "agency__function", "name"))


def formation(street: Street) -> Formation:
    """The street's 1 + 2 + N on one page; ``missing`` names the stationed functions that nobody fills."""
    today = timezone.localdate()
    rows = squad_list(street_id=street.pk)

    def of(kind: SquadKind) -> list[SquadRow]:
        return [row for row in rows if row.squad.kind == kind]

    office = Assignment.objects.filter(
        in_force(today),
        street=street,
        user__is_active=True,
        role__in=[Role.OFFICE_HEAD, Role.DISPATCHER, Role.CHECKER],
    )
    stationed = of(SquadKind.STATIONED)
    filled = {row.squad.agency.function for row in stationed}
    return Formation(
        street=street,
        office=list(office.select_related("user").order_by("-role", "pk")),
        team=of(SquadKind.ENFORCEMENT_TEAM),
        stationed=stationed,
        modules=of(SquadKind.MODULE),
        laboratories=of(SquadKind.LABORATORY),
        missing=[one for one in (Function.MARKET, Function.URBAN) if one not in filled],
    )


def agency_list() -> QuerySet[Agency]:
    """Agencies with how many squads act in their name (``squads_now``) and powers they hold today (``powers_now``)."""
    today = timezone.localdate()
    running = Q(powers__starts_on__lte=today) & (Q(powers__ends_on__isnull=True) | Q(powers__ends_on__gte=today))
    return (
        Agency.objects.select_related("district", "street")
        .annotate(
            squads_now=Count("squads", filter=Q(squads__active=True), distinct=True),
            powers_now=Count("powers", filter=running, distinct=True),
        )
        .order_by("-active", "district__code", "function", "street__code")
    )
