"""Roles: granted and ended by the security administrator alone, never to oneself."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import (
    ADMIN_ROLES,
    SQUAD_ROLES,
    Assignment,
    ChangeAction,
    District,
    Grid,
    Role,
    Squad,
    SquadKind,
    Street,
    Subject,
    User,
)
from teams.policies import Actor, require
from teams.services.days import check_days, check_last_day, today, yesterday
from teams.services.history import change_record, facts
from teams.services.people import end_roles, need_reason, not_oneself, person_lock, refuse_last_security_admin

STREET_PLACES = frozenset({Role.DISPATCHER, Role.OFFICE_HEAD, Role.CHECKER, Role.GRID_WORKER})
SQUAD_PLACES = SQUAD_ROLES | {Role.LAB_TECHNICIAN}
_FACTS = ("role", "street", "squad", "district", "grid", "starts_on", "ends_on")


def role_grant(
    *,
    actor: Actor,
    user_id: int,
    role: str,
    street_id: int | None = None,
    squad_id: int | None = None,
    district_id: int | None = None,
    grid_id: int | None = None,
    starts_on: date,
    ends_on: date | None = None,
    reason: str,
) -> Assignment:
    """Grant a role at its place for some days. What doesn't belong to the role (a squad for a dispatcher) is left out.

    Refuses ``not_oneself``, ``closed_already``, ``place_missing``, ``place_wrong``, ``starts_in_the_past``,
    ``held_already``, ``administrators_apart``.
    """
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "role.grant")
        not_oneself(actor, user_id)
        need_reason(reason)
        if not user.is_active:
            raise Refused("closed_already", _("This account is not active."))
        check_days(starts_on, ends_on)
        place = _place(Role(role), street_id, squad_id, district_id, grid_id)
        check_apart(user, Role(role), starts_on, ends_on)
        if _overlapping(user, starts_on, ends_on).filter(role=role, **place).exists():
            raise Refused("held_already", _("The person holds this role there at that time already."), field="role")
        row = Assignment.objects.create(user=user, role=role, starts_on=starts_on, ends_on=ends_on, **place)
        role_record(actor, row, ChangeAction.GRANTED, reason)
        return row


def role_end(*, actor: Actor, assignment_id: int, last_day: date, reason: str) -> Assignment:
    """Let a role end with this day; yesterday means at once, on open pages too. Who stood in for it ends with it.

    Refuses ``no_role``, ``not_oneself``, ``ended_already``, ``ends_in_the_past``, ``last_security_admin``.
    """
    with transaction.atomic():
        row = Assignment.objects.select_related("user", "street", "squad", "district", "grid").filter(pk=assignment_id)
        found = row.first()
        if found is None:
            raise Refused("no_role", _("There is no such role."), status=404)
        person_lock(found.user_id)
        found.refresh_from_db()
        require(actor, "role.grant")
        not_oneself(actor, found.user_id)
        need_reason(reason)
        check_last_day(last_day)
        if found.ends_on is not None and found.ends_on < last_day:
            raise Refused("ended_already", _("It ends earlier than that."), field="last_day")
        if found.role == Role.SECURITY_ADMIN:
            refuse_last_security_admin(found.user_id, on=max(last_day, today()))
        before = facts(found, _FACTS)
        stand_ins = Assignment.objects.filter(
            stands_in_for__user=found.user, role=found.role, street=found.street, squad=found.squad
        )
        if last_day <= yesterday():
            end_roles(stand_ins)
            end_roles(Assignment.objects.filter(pk=found.pk))
        else:
            found.ends_on = max(last_day, found.starts_on)
            found.save(update_fields=["ends_on"])
            for one in stand_ins.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=found.ends_on)):
                if one.starts_on > found.ends_on:
                    one.delete()
                else:
                    one.ends_on = found.ends_on
                    one.save(update_fields=["ends_on"])
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=found.user_id,
            name=found.user.name,
            action=ChangeAction.WITHDRAWN,
            before=before,
            after=before | {"ends_on": last_day.isoformat()},
            reason=reason,
            street_id=found.street_id,
        )
        return found


def role_record(actor: Actor, row: Assignment, action: str, reason: str) -> None:
    """The grant as the person's history tells it."""
    change_record(
        actor=actor,
        kind=Subject.PERSON,
        subject_id=row.user_id,
        name=row.user.name,
        action=action,
        after=facts(row, _FACTS),
        reason=reason,
        street_id=row.street_id,
    )


def check_apart(user: User, role: Role, starts_on: date, ends_on: date | None) -> None:
    """``administrators_apart``: system, security and audit are three people, and none of them does other work."""
    held = set(_overlapping(user, starts_on, ends_on).values_list("role", flat=True)) - {role.value}
    if (role in ADMIN_ROLES and held) or held & {one.value for one in ADMIN_ROLES}:
        raise Refused(
            "administrators_apart",
            _(
                "System administrator, security administrator and auditor are three different people, and none of them"
                " holds another role."
            ),
            field="role",
        )


def _overlapping(user: User, starts_on: date, ends_on: date | None) -> QuerySet[Assignment]:
    rows = Assignment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on), user=user)
    return rows.filter(starts_on__lte=ends_on) if ends_on else rows


def _place(
    role: Role, street_id: int | None, squad_id: int | None, district_id: int | None, grid_id: int | None
) -> dict[str, Street | Squad | District | Grid]:
    if role in STREET_PLACES:
        street = Street.objects.filter(pk=street_id or 0).first()
        if street is None:
            raise Refused("place_missing", _("Choose the street of this role."), field="street")
        if role is not Role.GRID_WORKER or grid_id is None:
            return {"street": street}
        grid = Grid.objects.filter(pk=grid_id, community__street=street).first()
        if grid is None:
            raise Refused("place_wrong", _("This grid lies on another street."), field="grid")
        return {"street": street, "grid": grid}
    if role in SQUAD_PLACES:
        squad = Squad.objects.filter(pk=squad_id or 0, active=True).first()
        if squad is None:
            raise Refused("place_missing", _("Choose the squad of this role."), field="squad")
        if (squad.kind == SquadKind.LABORATORY) != (role is Role.LAB_TECHNICIAN):
            raise Refused(
                "place_wrong",
                _("Technicians belong to laboratories, all others to squads."),
                field="squad",
            )
        return {"squad": squad}
    if role is Role.SUPERVISOR:
        district = District.objects.filter(pk=district_id or 0).first()
        if district is None:
            raise Refused("place_missing", _("Choose the district of this role."), field="district")
        return {"district": district}
    return {}
