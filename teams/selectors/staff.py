"""Reads of the staff for administration: who is who, what they hold, whose certificate runs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, Max, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from teams.models import Assignment, Certificate, Leave, Role, SquadKind, User
from teams.numbers import is_number
from teams.policies import Actor
from teams.selectors.ground import in_force

PAGE = 50
WARN_DAYS = (60, 30, 7)
"""Days before the end at which a certificate is spoken of: person, squad leader and administrator."""
_PLACES = ("street", "squad", "district", "grid", "stands_in_for__user")


def staff_visible_to(actor: Actor) -> QuerySet[User]:
    """The three administrators see all staff, a head of office the people of the own streets and their squads."""
    if actor.has(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        return User.objects.all()
    streets = actor.streets(Role.OFFICE_HEAD)
    if not streets:
        return User.objects.none()
    return User.objects.filter(Exists(_held_on(streets).filter(user=OuterRef("pk"))))


def _held_on(streets: Iterable[int]) -> QuerySet[Assignment]:
    """Present and coming roles on the streets, or in squads of theirs (the team and those stationed there)."""
    own = Q(squad__streets__in=list(streets), squad__kind__in=[SquadKind.ENFORCEMENT_TEAM, SquadKind.STATIONED])
    rows = Assignment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()))
    return rows.filter(Q(street_id__in=list(streets)) | own)


@dataclass(frozen=True, slots=True)
class CertificateState:
    """``state`` is that of a light: ok, soon, late. ``days`` until the end, negative once it has passed."""

    certificate: Certificate
    state: str
    days: int


@dataclass(frozen=True, slots=True)
class StaffRow:
    person: User
    roles: list[Assignment]
    certificate: CertificateState | None
    leave: Leave | None


def certificate_state(row: Certificate, today: date) -> CertificateState:
    days = (row.valid_until - today).days
    if row.revoked_on is not None and row.revoked_on <= today:
        return CertificateState(row, "late", days)
    return CertificateState(row, "late" if days < 0 else "soon" if days <= WARN_DAYS[0] else "ok", days)


def staff_page(
    actor: Actor, filters: Mapping[str, str], *, page: int = 1, size: int = PAGE
) -> tuple[Page[Any], list[StaffRow]]:
    """One page of staff, certificates that run out first. Filters: ``text role squad street state``."""
    today = timezone.localdate()
    rows = _filtered(staff_visible_to(actor), filters, today)
    unrevoked = Q(certificates__revoked_on__isnull=True)
    rows = rows.annotate(last_valid=Max("certificates__valid_until", filter=unrevoked))
    rows = rows.order_by(F("last_valid").asc(nulls_last=True), "name", "pk")
    found = Paginator(rows.prefetch_related(*_prefetched(today)), size).get_page(page)
    return found, [staff_row(person, today) for person in found.object_list]


def staff_row(person: User, today: date) -> StaffRow:
    """What a list says of a person; roles, certificates and leaves are prefetched."""
    valid = [row for row in person.certificates.all() if row.revoked_on is None]
    last = max(valid, key=lambda row: row.valid_until, default=None)
    return StaffRow(
        person=person,
        roles=[row for row in person.assignments.all() if row.ends_on is None or row.ends_on >= today],
        certificate=certificate_state(last, today) if last else None,
        leave=next((leave for leave in person.leaves.all() if leave.starts_on <= today <= leave.ends_on), None),
    )


def _prefetched(today: date) -> list[Any]:
    return [
        Prefetch("assignments", Assignment.objects.select_related(*_PLACES).order_by("starts_on", "pk")),
        Prefetch("certificates", Certificate.objects.select_related("agency").order_by("-valid_until")),
        Prefetch("leaves", Leave.objects.filter(ends_on__gte=today).select_related("substitute").order_by("starts_on")),
    ]


def _filtered(rows: QuerySet[User], filters: Mapping[str, str], today: date) -> QuerySet[User]:
    if text := filters.get("text", "").strip():
        rows = rows.filter(
            Q(name__icontains=text)
            | Q(username__icontains=text)
            | Exists(Certificate.objects.filter(user=OuterRef("pk"), number__icontains=text))
        )
    held = Assignment.objects.filter(in_force(today), user=OuterRef("pk"))
    if (role := filters.get("role", "")) in Role.values:
        rows = rows.filter(Exists(held.filter(role=role)))
    if is_number(squad := filters.get("squad", "")):
        rows = rows.filter(Exists(held.filter(squad_id=int(squad))))
    if is_number(street := filters.get("street", "")):
        rows = rows.filter(Exists(held.filter(Q(street_id=int(street)) | Q(squad__streets=int(street)))))
    state = filters.get("state", "active")
    if state == "closed":
        return rows.filter(is_active=False)
    if state == "waiting":
        return rows.filter(Q(password__startswith="!") | Q(password=""), is_active=True)  # nosec B106 # noqa: S106
    if state == "roleless":
        return rows.filter(~Exists(held), is_active=True)
    if state == "expiring":
        edge = today + timedelta(days=WARN_DAYS[0])
        running = Certificate.objects.filter(user=OuterRef("pk"), revoked_on__isnull=True)
        return rows.filter(
            ~Exists(running.filter(valid_until__gt=edge)), Exists(running.filter(valid_until__lte=edge)), is_active=True
        )
    return rows if state == "all" else rows.filter(is_active=True)


@dataclass(frozen=True, slots=True)
class PersonFile:
    """One person's page: roles of now and before, certificates with their light, leave of now and to come."""

    person: User
    roles: list[Assignment]
    past_roles: list[Assignment]
    certificates: list[CertificateState]
    leaves: list[Leave]


def person_file(person: User) -> PersonFile:
    today = timezone.localdate()
    roles = list(person.assignments.select_related(*_PLACES).order_by("-starts_on", "-pk"))
    return PersonFile(
        person=person,
        roles=[row for row in roles if row.ends_on is None or row.ends_on >= today],
        past_roles=[row for row in roles if row.ends_on is not None and row.ends_on < today],
        certificates=[
            certificate_state(row, today)
            for row in person.certificates.select_related("agency").order_by("-valid_until", "pk")
        ],
        leaves=list(person.leaves.filter(ends_on__gte=today).select_related("substitute").order_by("starts_on")),
    )


def colleagues(person: User, *, limit: int = 60) -> list[User]:
    """Who may stand in: people of the same street or squad first come to mind."""
    today = timezone.localdate()
    mine = Assignment.objects.filter(in_force(today), user=person)
    streets, squads = mine.values("street_id"), mine.values("squad_id")
    near = Assignment.objects.filter(in_force(today)).filter(Q(street_id__in=streets) | Q(squad_id__in=squads))
    found = User.objects.filter(is_active=True, pk__in=near.values("user_id")).exclude(pk=person.pk)
    return list(found.order_by("name", "pk")[:limit])


def person_named(text: str) -> User | None:
    """The active person of this user name, or of this name when only one bears it."""
    text = text.strip()
    found = User.objects.filter(is_active=True, username__iexact=text).first()
    if found is not None:
        return found
    named = list(User.objects.filter(is_active=True, name=text)[:2])
    return named[0] if len(named) == 1 else None
