"""The rota: turns of duty of a squad or an office, a week at a time; and the days that differ from the working week."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import (
    CalendarDay,
    ChangeAction,
    DayKind,
    District,
    Duty,
    Leave,
    Squad,
    Street,
    Subject,
    User,
)
from teams.policies import Actor, may, not_allowed, require
from teams.selectors.duty import members_of, turns_words
from teams.services.days import today
from teams.services.history import change_record

_TURN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–—~]\s*([01]?\d|2[0-4]):([0-5]\d)")
Cells = Mapping[tuple[int, date], str]
"""(person, day) → turns in words: ``08:00-20:00``, several separated by commas, empty = off."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy of last week did: turns made, and who was left out because of leave."""

    turns: int
    away: list[str]


def may_manage(actor: Actor, place: Squad | Street) -> bool:
    """The system administrator everywhere; a head of office for the own office and the squads that serve only it."""
    if may(actor, "duty.manage_all"):
        return True
    if isinstance(place, Street):
        return may(actor, "duty.manage", street_id=place.pk)
    served = list(place.streets.values_list("pk", flat=True))
    return bool(served) and all(may(actor, "duty.manage", street_id=pk) for pk in served)


def read_turns(text: str) -> list[tuple[time, time]]:
    """Turns from words; an end that is not after its start lies on the next day. ValueError for anything else."""
    found = []
    for piece in re.split(r"[,，、;；\n]+", text.strip()):
        if not piece.strip():
            continue
        match = _TURN.fullmatch(piece.strip().replace("：", ":"))
        if match is None or (match[3] == "24" and match[4] != "00"):
            raise ValueError(piece)
        end = time(0) if match[3] == "24" else time(int(match[3]), int(match[4]))
        found.append((time(int(match[1]), int(match[2])), end))
    return found


def duty_week_save(*, actor: Actor, place: Squad | Street, monday: date, cells: Cells) -> int:
    """Write one week's turns as the grid shows them; days that have passed stay as they are. Returns the turns written.

    Refuses ``bad_turn``, ``turns_overlap``, ``on_leave``, ``not_a_member``, each with ``params`` user and day.
    """
    with transaction.atomic():
        _lock(place)
        if not may_manage(actor, place):
            raise not_allowed("duty.manage")
        first = max(monday, today())
        week = [monday + timedelta(days=n) for n in range(7)]
        members = {user.pk: user for user in members_of(place)}
        before = _words(place, first, week[-1])
        rows: list[Duty] = []
        for (user_id, day), text in sorted(cells.items()):
            if day < first or day not in week:
                continue
            rows += _cell(place, members, user_id, day, text)
        _of(place).filter(starts_at__gte=_start(first), starts_at__lt=_start(week[-1] + timedelta(days=1))).delete()
        Duty.objects.bulk_create(rows)
        _record(actor, place, monday, before, _words(place, first, week[-1]))
        return len(rows)


def duty_week_copy(*, actor: Actor, place: Squad | Street, monday: date) -> Copied:
    """Fill an empty week with the turns of the week before; who is on leave or left is left out.

    Refuses ``week_not_empty``, ``nothing_to_copy``, ``starts_in_the_past``.
    """
    with transaction.atomic():
        _lock(place)
        if not may_manage(actor, place):
            raise not_allowed("duty.manage")
        after = monday + timedelta(days=7)
        if after <= today():
            raise Refused("starts_in_the_past", _("This week has passed."))
        if _of(place).filter(starts_at__gte=_start(max(monday, today())), starts_at__lt=_start(after)).exists():
            raise Refused("week_not_empty", _("There are turns in this week already: change them instead."))
        last = _of(place).filter(starts_at__gte=_start(monday - timedelta(days=7)), starts_at__lt=_start(monday))
        if not last.exists():
            raise Refused("nothing_to_copy", _("There are no turns in the week before."))
        members = {user.pk for user in members_of(place)}
        rows, away = [], []
        for row in last.select_related("user").order_by("pk"):
            begin = row.starts_at + timedelta(days=7)
            day = timezone.localdate(begin)
            if day < today():
                continue
            if row.user_id not in members or _away(row.user_id, day):
                away.append(row.user.name)
                continue
            end = row.ends_at + timedelta(days=7)
            rows.append(Duty(squad=row.squad, street=row.street, user=row.user, starts_at=begin, ends_at=end))
        Duty.objects.bulk_create(rows)
        _record(actor, place, monday, {}, _words(place, monday, after - timedelta(days=1)))
        return Copied(len(rows), sorted(set(away)))


def calendar_day_set(
    *, actor: Actor, day: date, kind: str, note: str = "", district_id: int | None = None
) -> CalendarDay:
    """Enter a day that differs from the rule (调休): a holiday or a worked day. A second entry for a day changes it.

    Refuses ``starts_in_the_past``: limits of that day have been counted.
    """
    with transaction.atomic():
        require(actor, "catalogue.edit")
        if day < today():
            raise Refused("starts_in_the_past", _("That day has passed: limits were counted with it."), field="day")
        if kind not in DayKind.values:
            raise Refused("bad_kind", _("Holiday or worked day?"), field="kind")
        district = District.objects.filter(pk=district_id).first() if district_id else None
        row = CalendarDay.objects.select_for_update().filter(day=day, district=district).first()
        before = {"kind": row.kind, "note": row.note} if row else {}
        row = row or CalendarDay(day=day, district=district)
        row.kind, row.note = kind, note.strip()[:80]
        row.save()
        _record_day(actor, row, ChangeAction.CHANGED if before else ChangeAction.CREATED, before, row.kind, row.note)
        return row


def calendar_day_remove(*, actor: Actor, day_id: int) -> None:
    """Take a coming day out again. Refuses ``no_day``, ``starts_in_the_past``."""
    with transaction.atomic():
        require(actor, "catalogue.edit")
        row = CalendarDay.objects.select_for_update().filter(pk=day_id).first()
        if row is None:
            raise Refused("no_day", _("There is no such day."), status=404)
        if row.day < today():
            raise Refused("starts_in_the_past", _("That day has passed: limits were counted with it."))
        _record_day(actor, row, ChangeAction.ENDED, {"kind": row.kind, "note": row.note}, None, None)
        row.delete()


def _record_day(
    actor: Actor, row: CalendarDay, action: str, before: Mapping[str, object], kind: str | None, note: str | None
) -> None:
    change_record(
        actor=actor,
        kind=Subject.CALENDAR,
        subject_id=row.pk,
        name=row.day.isoformat(),
        action=action,
        before=before,
        after={"kind": kind, "note": note},
    )


def _cell(place: Squad | Street, members: Mapping[int, User], user_id: int, day: date, text: str) -> list[Duty]:
    facts = {"user": user_id, "day": day.isoformat()}
    try:
        turns = read_turns(text)
    except ValueError:
        raise Refused("bad_turn", _("Write turns like 08:00-20:00, several with a comma between."), facts) from None
    if not turns:
        return []
    user = members.get(user_id)
    if user is None:
        raise Refused("not_a_member", _("Somebody here is no member any more: load the page anew."), facts)
    if _away(user_id, day):
        words = {"name": user.name, "day": day.isoformat()}
        raise Refused("on_leave", _("%(name)s is on leave on %(day)s.") % words, facts)
    rows: list[Duty] = []
    for begin, end in turns:
        starts = timezone.make_aware(datetime.combine(day, begin))
        ends = timezone.make_aware(datetime.combine(day if end > begin else day + timedelta(days=1), end))
        if any(row.starts_at < ends and starts < row.ends_at for row in rows):
            raise Refused("turns_overlap", _("Two turns of %(name)s overlap.") % {"name": user.name}, facts)
        squad = place if isinstance(place, Squad) else None
        street = place if isinstance(place, Street) else None
        rows.append(Duty(squad=squad, street=street, user=user, starts_at=starts, ends_at=ends))
    return rows


def _away(user_id: int, day: date) -> bool:
    return Leave.objects.filter(user_id=user_id, starts_on__lte=day, ends_on__gte=day).exists()


def _of(place: Squad | Street):  # type: ignore[no-untyped-def]
    return Duty.objects.filter(squad=place) if isinstance(place, Squad) else Duty.objects.filter(street=place)


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)))


def _lock(place: Squad | Street) -> None:
    type(place).objects.select_for_update(no_key=True, of=("self",)).get(pk=place.pk)


def _words(place: Squad | Street, first: date, last: date) -> dict[str, str]:
    """The turns of each person, as the history tells them."""
    rows = _of(place).filter(starts_at__gte=_start(first), starts_at__lt=_start(last + timedelta(days=1)))
    found: dict[str, list[str]] = {}
    for row in rows.select_related("user").order_by("starts_at", "pk"):
        day = timezone.localdate(row.starts_at)
        found.setdefault(row.user.name, []).append(f"{day:%m-%d} {turns_words([row])}")
    return {name: "，".join(words) for name, words in found.items()}


def _record(
    actor: Actor, place: Squad | Street, monday: date, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    if before == after:
        return
    squad = isinstance(place, Squad)
    change_record(
        actor=actor,
        kind=Subject.SQUAD if squad else Subject.STREET,
        subject_id=place.pk,
        name=place.name,
        action=ChangeAction.DUTY,
        before=before,
        after=after,
        reason=monday.isoformat(),
        street_id=None if squad else place.pk,
    )
