"""Squads (1 + 2 + N) and the agencies in whose name they act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import (
    Agency,
    Assignment,
    ChangeAction,
    District,
    Duty,
    Function,
    Power,
    Squad,
    SquadKind,
    Street,
    Subject,
)
from teams.policies import Actor, require
from teams.services.days import today
from teams.services.history import Facts, change_record, facts
from teams.services.people import end_roles, need_reason

_AGENCY = ("name", "name_en", "function", "code", "district", "street", "active")
_SQUAD = ("name", "name_en", "short_name", "short_name_en", "agency", "kind", "streets", "phone", "active")


def agency_create(
    *,
    actor: Actor,
    name: str,
    name_en: str = "",
    function: str,
    code: str,
    district_id: int,
    street_id: int | None = None,
) -> Agency:
    """Enter an agency. Refuses ``name_missing``, ``code_missing``, ``street_needed`` (a street's own agency has one,
    the others none), ``agency_taken`` (one for each function, district and street)."""
    with transaction.atomic():
        require(actor, "ground.edit")
        _named(name)
        district = District.objects.filter(pk=district_id).first()
        if district is None:
            raise Refused("place_missing", _("Choose the district."), field="district")
        own = function == Function.STREET
        street = Street.objects.filter(pk=street_id or 0, district=district).first()
        if own != (street_id is not None) or (own and street is None):
            raise Refused(
                "street_needed",
                _("The agency of a street names its street in this district; other agencies name none."),
                field="street",
            )
        if not code.strip():
            raise Refused("code_missing", _("Papers need the agency's short form."), field="code")
        if Agency.objects.filter(district=district, function=function, street=street).exists():
            raise Refused("agency_taken", _("There is an agency for this already."), field="function")
        row = Agency.objects.create(
            name=name.strip(),
            name_en=name_en.strip(),
            function=function,
            code=code.strip(),
            district=district,
            street=street,
        )
        _record(actor, Subject.AGENCY, row, ChangeAction.CREATED, {}, _AGENCY, street_id=row.street_id)
        return row


def agency_edit(*, actor: Actor, agency_id: int, name: str, name_en: str = "", code: str, reason: str = "") -> Agency:
    """Change its name or its short form; papers numbered before keep theirs. Function and place stay for good."""
    with transaction.atomic():
        row = _agency(agency_id)
        require(actor, "ground.edit")
        _named(name)
        if not code.strip():
            raise Refused("code_missing", _("Papers need the agency's short form."), field="code")
        before = facts(row, _AGENCY)
        row.name, row.name_en, row.code = name.strip(), name_en.strip(), code.strip()
        row.save(update_fields=["name", "name_en", "code"])
        _record(actor, Subject.AGENCY, row, ChangeAction.CHANGED, before, _AGENCY, reason, street_id=row.street_id)
        return row


def agency_close(*, actor: Actor, agency_id: int, reason: str) -> Agency:
    """It acts no more. Refuses ``squads_left`` and ``powers_left``: end those first."""
    with transaction.atomic():
        row = _agency(agency_id)
        require(actor, "ground.edit")
        need_reason(reason)
        if not row.active:
            raise Refused("closed_already", _("It is closed already."))
        if row.squads.filter(active=True).exists():
            raise Refused("squads_left", _("Squads still act in its name: dissolve them first."))
        if Power.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today()), agency=row).exists():
            raise Refused("powers_left", _("Powers of it are still in force: end them first."))
        before = facts(row, _AGENCY)
        row.active = False
        row.save(update_fields=["active"])
        _record(actor, Subject.AGENCY, row, ChangeAction.CLOSED, before, _AGENCY, reason, street_id=row.street_id)
        return row


def squad_create(*, actor: Actor, agency_id: int, kind: str, street_ids: Iterable[int], **values: Any) -> Squad:
    """Set up a squad. ``values``: name, name_en, short_name, short_name_en, phone.

    Refuses ``name_missing``, ``kind_and_agency`` (a team acts for its street, a laboratory tests, others are bureaus'),
    ``streets_missing``, ``team_of_one_street``, ``team_taken``.
    """
    with transaction.atomic():
        require(actor, "ground.edit")
        agency = Agency.objects.filter(pk=agency_id, active=True).first()
        if agency is None:
            raise Refused("place_missing", _("Choose the agency in whose name it acts."), field="agency")
        streets = _served(agency, kind, list(street_ids), None)
        row = Squad.objects.create(agency=agency, kind=kind, **_words(values))
        row.streets.set(streets)
        _record(actor, Subject.SQUAD, row, ChangeAction.CREATED, {}, _SQUAD, street_id=_one(streets))
        return row


def squad_edit(
    *, actor: Actor, squad_id: int, kind: str, street_ids: Iterable[int], reason: str = "", **values: Any
) -> Squad:
    """Change it; the agency stays for good, since papers bear its name. Refuses like ``squad_create``."""
    with transaction.atomic():
        row = squad_lock(squad_id)
        require(actor, "ground.edit")
        before = facts(row, _SQUAD)
        streets = _served(row.agency, kind, list(street_ids), row)
        for column, value in _words(values).items():
            setattr(row, column, value)
        row.kind = kind
        row.save()
        row.streets.set(streets)
        _record(actor, Subject.SQUAD, row, ChangeAction.CHANGED, before, _SQUAD, reason, street_id=_one(streets))
        return row


def squad_close(*, actor: Actor, squad_id: int, reason: str) -> Squad:
    """Dissolve: its roles and coming duty end at once. ``cases.services.staffing`` asks for open work before."""
    with transaction.atomic():
        row = squad_lock(squad_id)
        require(actor, "ground.edit")
        need_reason(reason)
        if not row.active:
            raise Refused("closed_already", _("It is dissolved already."))
        before = facts(row, _SQUAD)
        row.active = False
        row.save(update_fields=["active"])
        end_roles(Assignment.objects.filter(squad=row))
        Duty.objects.filter(squad=row, starts_at__date__gt=today()).delete()
        _record(actor, Subject.SQUAD, row, ChangeAction.CLOSED, before, _SQUAD, reason)
        return row


def squad_lock(squad_id: int) -> Squad:
    row = (
        Squad.objects.select_for_update(no_key=True, of=("self",)).select_related("agency").filter(pk=squad_id).first()
    )
    if row is None:
        raise Refused("no_squad", _("There is no such squad."), status=404)
    return row


def _agency(agency_id: int) -> Agency:
    row = Agency.objects.select_for_update(no_key=True, of=("self",)).filter(pk=agency_id).first()
    if row is None:
        raise Refused("no_agency", _("There is no such agency."), status=404)
    return row


def _served(agency: Agency, kind: str, street_ids: Sequence[int], row: Squad | None) -> list[Street]:
    wanted = {
        SquadKind.ENFORCEMENT_TEAM.value: agency.function == Function.STREET,
        SquadKind.LABORATORY.value: agency.function == Function.LABORATORY,
    }
    if not wanted.get(kind, agency.function not in (Function.STREET, Function.LABORATORY)):
        raise Refused(
            "kind_and_agency",
            _("A street team acts for the street's agency, a laboratory for a testing one, others for a bureau."),
            field="kind",
        )
    streets = list(Street.objects.filter(pk__in=street_ids, district_id=agency.district_id).order_by("code"))
    if not streets:
        raise Refused("streets_missing", _("Choose at least one street of its district."), field="streets")
    if kind == SquadKind.ENFORCEMENT_TEAM:
        if [street.pk for street in streets] != [agency.street_id]:
            raise Refused("team_of_one_street", _("A street team serves its own street alone."), field="streets")
        others = Squad.objects.filter(kind=kind, active=True, streets__in=streets)
        if others.exclude(pk=row.pk if row else 0).exists():
            raise Refused("team_taken", _("The street has a team already."), field="kind")
    return streets


def _words(values: dict[str, Any]) -> dict[str, str]:
    _named(values.get("name", ""))
    return {
        key: str(values.get(key, "")).strip() for key in ("name", "name_en", "short_name", "short_name_en", "phone")
    }


def _named(name: str) -> None:
    if not name.strip():
        raise Refused("name_missing", _("A name is needed."), field="name")


def _one(streets: Sequence[Street]) -> int | None:
    return streets[0].pk if len(streets) == 1 else None


def _record(
    actor: Actor,
    kind: str,
    row: Agency | Squad,
    action: str,
    before: Facts,
    names: Sequence[str],
    reason: str = "",
    street_id: int | None = None,
) -> None:
    change_record(
        actor=actor,
        kind=kind,
        subject_id=row.pk,
        name=row.name,
        action=action,
        before=before,
        after=facts(row, names),
        reason=reason,
        street_id=street_id,
    )
