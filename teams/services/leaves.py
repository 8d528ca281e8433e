"""Leave, and who stands in: the substitute holds the roles for these days, the person's own rest meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import ADMIN_ROLES, Assignment, ChangeAction, Leave, Role, SquadKind, Subject, User
from teams.policies import Actor, may, not_allowed
from teams.services.days import check_days, check_last_day, today, yesterday
from teams.services.history import change_record, facts
from teams.services.people import end_roles, not_oneself, person_lock
from teams.services.roles import check_apart, role_record

_FACTS = ("starts_on", "ends_on", "substitute", "note")


def streets_of(user: User) -> frozenset[int | None]:
    """The streets on which all of a person's present and coming roles lie; None stands for a role beyond one street."""
    places: set[int | None] = set()
    rows = Assignment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today()), user=user)
    for row in rows.select_related("squad").prefetch_related("squad__streets"):
        if row.squad is not None:
            served = [street.pk for street in row.squad.streets.all()]
            own = row.squad.kind in (SquadKind.ENFORCEMENT_TEAM, SquadKind.STATIONED) and len(served) == 1
            places.add(served[0] if own else None)
        else:
            places.add(row.street_id)
    return frozenset(places)


def may_manage(actor: Actor, user: User) -> bool:
    """A head of office for people whose roles all lie on one of the head's streets."""
    places = streets_of(user)
    return bool(places) and all(place is not None and may(actor, "leave.manage", street_id=place) for place in places)


def leave_add(
    *,
    actor: Actor,
    user_id: int,
    starts_on: date,
    ends_on: date,
    substitute_id: int | None = None,
    note: str = "",
) -> Leave:
    """Enter leave. With a substitute it hands over roles, so only the head of the street or the security administrator
    names one, and never oneself.

    Refuses ``starts_in_the_past``, ``leave_overlaps``, ``not_oneself``, ``substitute_missing`` (none of that name),
    ``substitute_away``, ``substitute_is_on_leave_himself``, ``administrators_apart``, ``nothing_to_hand_over``.
    """
    with transaction.atomic():
        ids = sorted({user_id, *([substitute_id] if substitute_id else [])})
        people = {pk: person_lock(pk) for pk in ids}
        user = people[user_id]
        head = may_manage(actor, user)
        grants = head or may(actor, "role.grant")
        if not (grants or (substitute_id is None and may(actor, "leave.record"))):
            raise not_allowed("leave.manage")
        check_days(starts_on, ends_on)
        if Leave.objects.filter(user=user, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
            raise Refused("leave_overlaps", _("There is leave within these days already."), field="starts_on")
        substitute = people[substitute_id] if substitute_id else None
        rows: list[Assignment] = []
        if substitute is not None:
            not_oneself(actor, substitute.pk)
            rows = _handed_over(user, substitute, starts_on, ends_on, head=head)
        leave = Leave.objects.create(
            user=user, starts_on=starts_on, ends_on=ends_on, substitute=substitute, note=note.strip()[:120]
        )
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.LEAVE,
            after=facts(leave, _FACTS),
        )
        for row in rows:
            row.stands_in_for = leave
            row.save()
            role_record(actor, row, ChangeAction.GRANTED, str(user.name))
        _touch(user)
        return leave


def leave_end(*, actor: Actor, leave_id: int, last_day: date) -> Leave:
    """Let leave end with this day; yesterday means at once: the person has the roles back, the substitute not any more.

    Refuses ``no_leave``, ``ends_in_the_past``, ``ended_already``.
    """
    with transaction.atomic():
        leave = Leave.objects.select_related("user", "substitute").filter(pk=leave_id).first()
        if leave is None:
            raise Refused("no_leave", _("There is no such leave."), status=404)
        person_lock(leave.user_id)
        leave.refresh_from_db()
        grants = may_manage(actor, leave.user) or may(actor, "role.grant")
        if not (grants or (leave.substitute_id is None and may(actor, "leave.record"))):
            raise not_allowed("leave.manage")
        check_last_day(last_day)
        if leave.ends_on < last_day or leave.ends_on < today():
            raise Refused("ended_already", _("It ends earlier than that."), field="last_day")
        before = facts(leave, _FACTS)
        user = leave.user
        if last_day <= yesterday():
            end_roles(leave.stand_ins.all())
        else:
            for row in leave.stand_ins.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=last_day)):
                if row.starts_on > last_day:
                    row.delete()
                else:
                    row.ends_on = last_day
                    row.save(update_fields=["ends_on"])
        if leave.starts_on > last_day:
            # ended rows of stand-ins keep their days without the leave they came from
            Assignment.objects.filter(stands_in_for=leave).update(stands_in_for=None)
            leave.delete()
        else:
            leave.ends_on = last_day
            leave.save(update_fields=["ends_on"])
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.RETURNED,
            before=before,
            after=before | {"ends_on": last_day.isoformat()},
        )
        _touch(user)
        return leave


def _handed_over(user: User, substitute: User, starts_on: date, ends_on: date, *, head: bool) -> list[Assignment]:
    if substitute.pk == user.pk:
        raise Refused("substitute_is_on_leave_himself", _("Somebody else has to stand in."), field="substitute")
    if not substitute.is_active:
        raise Refused("substitute_missing", _("The substitute's account is not active."), field="substitute")
    if Leave.objects.filter(user=substitute, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Refused("substitute_away", _("The substitute is on leave within these days."), field="substitute")
    held = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on),
        user=user,
        starts_on__lte=ends_on,
        stands_in_for__isnull=True,
    )
    rows = []
    for row in held:
        role = Role(row.role)
        if head and role in ADMIN_ROLES:
            raise not_allowed("role.grant")
        check_apart(substitute, role, starts_on, ends_on)
        if not _holds(substitute, row, starts_on, ends_on):
            until = min(ends_on, row.ends_on) if row.ends_on else ends_on
            first = max(starts_on, row.starts_on)
            place = {"street": row.street, "squad": row.squad, "district": row.district, "grid": row.grid}
            rows.append(Assignment(user=substitute, role=role, starts_on=first, ends_on=until, **place))
    if not held:
        raise Refused("nothing_to_hand_over", _("The person holds no role then."), field="substitute")
    return rows


def _holds(user: User, row: Assignment, starts_on: date, ends_on: date) -> bool:
    """Whether the substitute holds the very role there for all of these days anyway."""
    same: Iterable[Assignment] = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=ends_on),
        user=user,
        role=row.role,
        street=row.street,
        squad=row.squad,
        district=row.district,
        starts_on__lte=starts_on,
    )
    return bool(list(same))


def _touch(user: User) -> None:
    """Cut the person's open pages off the stream: their roles are others now (dispatch.web hears saved assignments)."""
    for row in Assignment.objects.filter(user=user)[:1]:
        row.save(update_fields=["role"])
