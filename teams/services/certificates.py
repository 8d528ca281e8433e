"""Enforcement certificates: entered, renewed, revoked. Only a valid one makes its holder an officer."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from teams.models import Agency, Certificate, ChangeAction, Function, Subject
from teams.policies import Actor, require
from teams.services.days import today
from teams.services.history import change_record, facts
from teams.services.people import need_reason, person_lock

_FACTS = ("agency", "number", "valid_from", "valid_until", "revoked_on")


def certificate_add(
    *, actor: Actor, user_id: int, agency_id: int, number: str, valid_from: date, valid_until: date
) -> Certificate:
    """Enter a certificate. Refuses ``number_missing``, ``certificate_taken``, ``place_wrong`` (a laboratory has none),
    ``ends_before_it_starts``."""
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "staff.edit")
        number = number.strip()
        if not number:
            raise Refused("number_missing", _("Give the certificate's number."), field="number")
        if Certificate.objects.filter(number=number).exists():
            raise Refused("certificate_taken", _("A certificate of this number is entered already."), field="number")
        agency = Agency.objects.filter(pk=agency_id).exclude(function=Function.LABORATORY).first()
        if agency is None:
            raise Refused("place_wrong", _("Choose the agency that issued it, no laboratory."), field="agency")
        _days(valid_from, valid_until)
        row = Certificate.objects.create(
            user=user, agency=agency, number=number, valid_from=valid_from, valid_until=valid_until
        )
        _record(actor, row, ChangeAction.CERTIFIED, {}, "")
        return row


def certificate_renew(*, actor: Actor, certificate_id: int, valid_until: date, reason: str = "") -> Certificate:
    """Let it be valid longer (or correct its last day). Refuses ``revoked_already``, ``ends_before_it_starts``."""
    with transaction.atomic():
        row = _lock(certificate_id)
        require(actor, "staff.edit")
        if row.revoked_on is not None:
            raise Refused("revoked_already", _("It was revoked: enter the new certificate."))
        _days(row.valid_from, valid_until)
        before = facts(row, _FACTS)
        row.valid_until = valid_until
        row.save(update_fields=["valid_until"])
        _record(actor, row, ChangeAction.CHANGED, before, reason)
        return row


def certificate_revoke(*, actor: Actor, certificate_id: int, revoked_on: date, reason: str) -> Certificate:
    """From this day it makes nobody an officer; visits of before keep their copy. Refuses ``revoked_already``."""
    with transaction.atomic():
        row = _lock(certificate_id)
        require(actor, "staff.edit")
        need_reason(reason)
        if row.revoked_on is not None:
            raise Refused("revoked_already", _("It was revoked already."))
        if not row.valid_from <= revoked_on <= max(today(), row.valid_until):
            raise Refused("day_outside", _("That day is outside the certificate's validity."), field="revoked_on")
        before = facts(row, _FACTS)
        row.revoked_on = revoked_on
        row.save(update_fields=["revoked_on"])
        _record(actor, row, ChangeAction.CHANGED, before, reason)
        return row


def _lock(certificate_id: int) -> Certificate:
    row = Certificate.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "agency")
    found = row.filter(pk=certificate_id).first()
    if found is None:
        raise Refused("no_certificate", _("There is no such certificate."), status=404)
    return found


def _days(valid_from: date, valid_until: date) -> None:
    if valid_until < valid_from:
        raise Refused("ends_before_it_starts", _("The last day is before the first."), field="valid_until")


def _record(actor: Actor, row: Certificate, action: str, before: dict[str, object], reason: str) -> None:
    change_record(
        actor=actor,
        kind=Subject.PERSON,
        subject_id=row.user_id,
        name=row.user.name,
        action=action,
        before=before,
        after=facts(row, _FACTS),
        reason=reason,
    )
