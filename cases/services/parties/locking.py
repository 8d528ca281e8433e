"""The target's row is the lock of everything that is planned at it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from cases.models import Target
from cases.refusals import Refused


def target_lock(target_id: int) -> Target:
    """The target, locked until the transaction ends: the lock for "no order yet"."""
    target = Target.objects.select_for_update(no_key=True, of=("self",)).filter(pk=target_id).first()
    if target is None:
        raise Refused("not_found", _("This party does not exist."), status=404)
    return target


def targets_lock(target_ids: Iterable[int]) -> dict[int, Target]:
    """Several targets, locked in the order of their ids, so that two who want the same ones never wait in a ring."""
    wanted = set(target_ids)
    rows = Target.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted).order_by("pk")
    found = {target.pk: target for target in rows}
    if len(found) != len(wanted):
        raise Refused("not_found", _("This party does not exist."), status=404)
    return found


def merged_refuse(target: Target) -> None:
    """``Refused("target_merged")`` when the locked target lives on in another."""
    if target.merged_into_id is not None:
        raise Refused("target_merged", _("This party was merged into another. Choose that one."), field="target")
