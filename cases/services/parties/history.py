"""The history of an entry: who changed what, when, from what to what. Written once, with the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cases.clock.moment import now
from cases.models import Target, TargetChange
from teams.policies import Actor

TOLD = (
    "street_id",
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
    "merged_into_id",
)
"""Columns whose changes are told; the grid follows from the point."""


def columns_of(target: Target) -> dict[str, object]:
    """What the entry holds now, as the history keeps it (JSON)."""
    return {column: _json(getattr(target, column)) for column in TOLD}


def change_record(
    *,
    target: Target,
    kind: str,
    actor: Actor,
    before: Mapping[str, object],
    reason: str = "",
    other: Target | None = None,
    more: Mapping[str, object] | None = None,
) -> TargetChange | None:
    """Raise the locked target's version and tell what changed; nothing when nothing did. Inside the write's
    transaction."""
    after = columns_of(target)
    changes = {
        column: [before.get(column), value]
        for column, value in after.items()
        if before.get(column, _none(value)) != value
    }
    changes.update(more or {})  # type: ignore[arg-type]
    if not changes and not reason and other is None:
        return None
    target.version += 1
    target.save(update_fields=["version"])
    return TargetChange.objects.create(
        target=target,
        version=target.version,
        kind=kind,
        changes=changes,
        other=other,
        reason=reason.strip()[:240],
        actor_id=actor.user_id,
        actor_role=actor.main_role,
        at=now(),
    )


def _none(value: object) -> object:
    """What a new entry held before: nothing, said in the way of the column, so that only what is filled in is told."""
    if value is None or value == "" or value == [] or value is False:
        return value
    return None


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
