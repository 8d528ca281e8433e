"""Parties and places: who or what is inspected. A place stands in when nobody is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc as uscc_check
from stdnum.exceptions import ValidationError

from cases import policies
from cases.models import Target, TargetKind
from cases.refusals import Refused
from teams.policies import Actor
from teams.selectors import grid_at

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
    return target_make(street_id=street_id, kind=kind, name=name, address=address, uscc=uscc, lat=lat, lng=lng, **more)


def target_make(
    *,
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

    ``Refused`` (422 with ``field``): ``name_needed``, ``uscc_wrong``, ``uscc_taken``, ``coordinates_wrong``,
    ``choice_wrong``.
    """
    unknown = set(more) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not columns of a target: {sorted(unknown)}")
    target = Target(street_id=street_id, kind=kind, address=address.strip(), lat=lat, lng=lng)
    for column, value in {**more, "name": name, "uscc": uscc}.items():
        setattr(target, column, value)
    return _save(target)


def target_update(*, actor: Actor, target_id: int, **changes: object) -> Target:
    """Change columns of ``EDITABLE`` of a party of the office's street."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not columns of a target: {sorted(unknown)}")
    with transaction.atomic():
        target = target_lock(target_id)
        policies.require(actor, "target.edit", street_id=target.street_id)
        for column, value in changes.items():
            setattr(target, column, value)
        return _save(target)


def target_lock(target_id: int) -> Target:
    """The target, locked until the transaction ends: the lock for "no order yet"."""
    target = Target.objects.select_for_update(no_key=True, of=("self",)).filter(pk=target_id).first()
    if target is None:
        raise Refused("not_found", _("This party does not exist."), status=404)
    return target


def merged_refuse(target: Target) -> None:
    """``Refused("target_merged")`` when the locked target lives on in another."""
    if target.merged_into_id is not None:
        raise Refused("target_merged", _("This party was merged into another. Choose that one."), field="target")


def place_for(
    *,
    actor: Actor,
    street_id: int,
    name: str = "",
    address: str = "",
    lat: float | None = None,
    lng: float | None = None,
) -> Target:
    """A place for a problem without a known party; the same address on the same street answers the same place.

    The caller has asked the policy. ``Refused("place_needed")`` when there is neither name, address nor point.
    """
    name, address = name.strip(), address.strip()
    if not name and not address and lat is None:
        raise Refused(
            "place_needed",
            _("Say where it is: choose a party, or give an address or a point."),
            field="target",
            status=422,
        )
    if address:
        same = Target.objects.filter(
            street_id=street_id, kind=TargetKind.PLACE, address=address, active=True, merged_into__isnull=True
        )
        found = same.filter(name=name).first() if name else same.order_by("pk").first()
        if found:
            return found
    label = name or address or f"{lat:.5f}, {lng:.5f}"
    return target_make(
        street_id=street_id,
        kind=TargetKind.PLACE,
        name=label[:160],
        address=address,
        lat=lat,
        lng=lng,
        radius_m=PLACE_RADIUS_M if lat is not None else None,
    )


def _save(target: Target) -> Target:
    target.name = " ".join(target.name.split())
    if not target.name:
        raise Refused("name_needed", _("Give the party's name."), field="name", status=422)
    if target.kind not in TargetKind.values:
        raise Refused("choice_wrong", _("Choose what kind of party it is."), field="kind", status=422)
    target.uscc = _uscc(target.uscc or "")
    target.aliases = _aliases(target.aliases)
    if (target.lat is None) != (target.lng is None) or not _on_earth(target.lat, target.lng):
        raise Refused("coordinates_wrong", _("The point on the map is not valid."), field="lat", status=422)
    if target.lat is not None and target.lng is not None:
        target.grid = grid_at(target.street_id, target.lat, target.lng)
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError:
        raise Refused(
            "uscc_taken", _("A party with this credit code is already in the register."), field="uscc"
        ) from None
    return target


def _uscc(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if not plain:
        return None
    try:
        return str(uscc_check.validate(plain))
    except ValidationError:
        raise Refused(
            "uscc_wrong",
            _("This is not a valid unified social credit code (18 characters with a check character)."),
            field="uscc",
            status=422,
        ) from None


def _aliases(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _on_earth(lat: float | None, lng: float | None) -> bool:
    return lat is None or lng is None or (-90 <= lat <= 90 and -180 <= lng <= 180)
