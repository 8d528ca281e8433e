"""A place for a problem without a known party."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import Target, TargetKind
from cases.refusals import Refused
from cases.services.parties.entering import PLACE_RADIUS_M, target_make
from teams.policies import Actor


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
        actor=actor,
        street_id=street_id,
        kind=TargetKind.PLACE,
        name=label[:160],
        address=address,
        lat=lat,
        lng=lng,
        radius_m=PLACE_RADIUS_M if lat is not None else None,
    )
