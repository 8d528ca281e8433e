"""Powers: which agency may act on which category, on what basis, from when until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import Agency, ChangeAction, Function, Power, Street, Subject
from teams.policies import Actor, require
from teams.services.days import check_days, check_last_day
from teams.services.history import Facts, change_record, facts
from teams.services.people import need_reason

_FACTS = (
    "agency", "category_code", "street", "optional", "delegated", "basis", "to_confirm", "starts_on", "ends_on",
)  # fmt: skip


def power_grant(
    *,
    actor: Actor,
    agency_id: int,
    category_code: str,
    street_id: int | None = None,
    optional: bool = False,
    delegated: bool = False,
    basis: str = "",
    to_confirm: bool = True,
    starts_on: date,
    ends_on: date | None = None,
    reason: str = "",
) -> Power:
    """Enter a power from a day on. The caller has chosen the category from the catalogue.

    Refuses ``starts_in_the_past``, ``laboratory_has_none``, ``delegated_to_a_street`` (only a street's own agency acts
    by delegation), ``basis_missing`` (a delegation names its list), ``place_wrong``, ``power_overlaps``.
    """
    with transaction.atomic():
        require(actor, "ground.edit")
        check_days(starts_on, ends_on)
        agency = Agency.objects.select_for_update(no_key=True, of=("self",)).filter(pk=agency_id, active=True).first()
        if agency is None:
            raise Refused("place_missing", _("Choose the agency."), field="agency")
        row = Power(
            agency=agency,
            category_code=category_code,
            street_id=street_id,
            optional=optional,
            delegated=delegated,
            basis=basis.strip(),
            to_confirm=to_confirm,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        _check(row)
        row.save()
        _record(actor, row, ChangeAction.CREATED, {}, reason)
        return row


def power_change(*, actor: Actor, power_id: int, from_day: date, reason: str, **values: Any) -> Power:
    """Change it from a day on: the row of before ends the day before, another begins. ``values``: optional, delegated,
    basis, to_confirm, ends_on. One that begins that very day or later is amended in place."""
    with transaction.atomic():
        row = _lock(power_id)
        require(actor, "ground.edit")
        need_reason(reason)
        check_days(from_day, values.get("ends_on"), field="from_day")
        if row.ends_on is not None and row.ends_on < from_day:
            raise Refused("ended_already", _("It ends earlier than that."), field="from_day")
        before = facts(row, _FACTS)
        if row.starts_on >= from_day:
            made = row
        else:
            row.ends_on = from_day - timedelta(days=1)
            row.save(update_fields=["ends_on"])
            _record(actor, row, ChangeAction.ENDED, before, reason)
            made = Power(
                agency=row.agency, category_code=row.category_code, street_id=row.street_id, starts_on=from_day
            )
        for column in ("optional", "delegated", "basis", "to_confirm", "ends_on"):
            if column in values:
                setattr(made, column, values[column])
        _check(made)
        made.save()
        _record(actor, made, ChangeAction.CHANGED, before, reason)
        return made


def power_end(*, actor: Actor, power_id: int, last_day: date, reason: str) -> Power:
    """Let it end; yesterday means at once. Orders of before keep their agencies. Refuses ``ended_already``."""
    with transaction.atomic():
        row = _lock(power_id)
        require(actor, "ground.edit")
        need_reason(reason)
        check_last_day(last_day)
        if row.ends_on is not None and row.ends_on <= last_day:
            raise Refused("ended_already", _("It ends earlier than that."), field="last_day")
        before = facts(row, _FACTS)
        _record(actor, row, ChangeAction.ENDED, before, reason, {**before, "ends_on": last_day.isoformat()})
        if row.starts_on > last_day:
            row.delete()
        else:
            row.ends_on = last_day
            row.save(update_fields=["ends_on"])
        return row


def _lock(power_id: int) -> Power:
    rows = Power.objects.select_for_update(no_key=True, of=("self",)).select_related("agency", "street")
    row = rows.filter(pk=power_id).first()
    if row is None:
        raise Refused("no_power", _("There is no such power."), status=404)
    return row


def _check(row: Power) -> None:
    agency = row.agency
    if agency.function == Function.LABORATORY:
        raise Refused("laboratory_has_none", _("A laboratory tests; it has no power to enforce."), field="agency")
    if row.delegated and agency.function != Function.STREET:
        raise Refused("delegated_to_a_street", _("Only a street's own agency acts by delegation."), field="delegated")
    if row.delegated and not row.basis:
        raise Refused("basis_missing", _("A delegation names the list it stands in."), field="basis")
    if row.street_id is not None:
        street = Street.objects.filter(pk=row.street_id, district_id=agency.district_id).first()
        if street is None or (agency.street_id is not None and agency.street_id != street.pk):
            raise Refused("place_wrong", _("The agency is not competent on that street."), field="street")
    others = (
        Power.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=row.starts_on),
            agency=agency,
            category_code=row.category_code,
        )
        .filter(Q(street_id=row.street_id) if row.street_id else Q(street__isnull=True))
        .exclude(pk=row.pk or 0)
    )
    if row.ends_on is not None:
        others = others.filter(starts_on__lte=row.ends_on)
    if others.exists():
        raise Refused("power_overlaps", _("It has this power at that time: change that row."), field="starts_on")


def _record(actor: Actor, row: Power, action: str, before: Facts, reason: str, after: Facts | None = None) -> None:
    change_record(
        actor=actor,
        kind=Subject.POWER,
        subject_id=row.pk,
        name=f"{row.category_code} {row.agency.name}",
        action=action,
        before=before,
        after=after or facts(row, _FACTS),
        reason=reason,
        street_id=row.street_id,
    )
