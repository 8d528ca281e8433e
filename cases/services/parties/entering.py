"""Entering and changing a party: the office writes, every change is in its history."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import ChangeKind, Target, TargetKind
from cases.refusals import Refused
from cases.services.parties.checking import target_check, uscc_owner_refuse
from cases.services.parties.history import change_record, columns_of
from cases.services.parties.locking import merged_refuse, target_lock
from teams.policies import SYSTEM, Actor

EDITABLE = (
    "kind",
    "name",
    "aliases",
    "uscc",
    "trade",
    "address",
    "lat",
    "lng",
    "radius_m",
    "stretch",
    "person_in_charge",
    "phone",
    "noise_zone",
    "yearly_cap",
    "no_disturb",
    "no_disturb_reason",
    "no_disturb_until",
    "hours",
    "active",
)
PLACE_RADIUS_M = 50


def target_create(
    *,
    actor: Actor,
    street_id: int,
    kind: str = TargetKind.BUSINESS,
    name: str,
    address: str = "",
    uscc: str = "",
    lat: float | None = None,
    lng: float | None = None,
    **more: object,
) -> Target:
    """A party of the street's register, entered by its office. ``more``: other columns of ``EDITABLE``."""
    policies.require(actor, "target.edit", street_id=street_id)
    return target_make(
        actor=actor, street_id=street_id, kind=kind, name=name, address=address, uscc=uscc, lat=lat, lng=lng, **more
    )


def target_make(
    *,
    actor: Actor = SYSTEM,
    street_id: int,
    kind: str = TargetKind.BUSINESS,
    name: str,
    address: str = "",
    uscc: str = "",
    lat: float | None = None,
    lng: float | None = None,
    **more: object,
) -> Target:
    """``target_create`` for a later stage that has asked the policy itself (triage, patrols).

    ``Refused`` (422 with ``field``): ``name_needed``, ``uscc_wrong``, ``coordinates_wrong``, ``choice_wrong`` and the
    others of ``checking``; (409) ``uscc_taken`` with ``params["target"]``, the party that has the code.
    """
    _columns_check(more)
    target = Target(street_id=street_id, kind=kind, address=address, lat=lat, lng=lng)
    with transaction.atomic():
        _put(target, {**more, "name": name, "uscc": uscc})
        change_record(target=target, kind=ChangeKind.CREATED, actor=actor, before={})
    return target


def target_update(
    *,
    actor: Actor,
    target_id: int,
    version: int | None = None,
    change: str = ChangeKind.EDITED,
    reason: str = "",
    **changes: object,
) -> Target:
    """Change columns of ``EDITABLE`` of a party of the office's street.

    ``version``: the one that the person had before their eyes; ``Refused("target_stale")`` when somebody else changed
    the party meanwhile (``params``: ``version``). ``target_merged`` when it lives on in another.
    """
    _columns_check(changes)
    with transaction.atomic():
        target = target_lock(target_id)
        policies.require(actor, "target.edit", street_id=target.street_id)
        merged_refuse(target)
        if version is not None and version != target.version:
            raise Refused(
                "target_stale",
                _("Somebody changed this party while you were typing. Nothing of yours is lost: look below."),
                params={"version": target.version},
            )
        before = columns_of(target)
        _put(target, changes)
        change_record(target=target, kind=change, actor=actor, before=before, reason=reason)
    return target


def _columns_check(columns: dict[str, object]) -> None:
    unknown = set(columns) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not columns of a target: {sorted(unknown)}")


def _put(target: Target, columns: dict[str, object]) -> None:
    """Set, check and save; the unique code is asked for first, the index is the net."""
    kept = columns_of(target) if target.pk else None
    for column, value in columns.items():
        setattr(target, column, value)
    target_check(target, before=kept)
    uscc_owner_refuse(target)
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError:
        uscc_owner_refuse(target)
        raise Refused(
            "uscc_taken", _("A party with this credit code is already in the register."), field="uscc"
        ) from None
