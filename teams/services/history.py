"""The lowest stage: what changed, written beside the change itself in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from teams.models import Change, Named, User
from teams.policies import Actor

Facts = dict[str, Any]


def facts(row: models.Model, names: Iterable[str]) -> Facts:
    """The named columns of a row as the history keeps them: codes, ISO dates, the names of rows they point to."""
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    """A value as the history keeps it."""
    if isinstance(value, Named | User):
        return value.name
    if isinstance(value, models.Manager):
        return sorted(plain(row) for row in value.all())
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value


def change_record(
    *,
    actor: Actor,
    kind: str,
    subject_id: int,
    name: str,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    street_id: int | None = None,
) -> Change | None:
    """Write what differs between ``before`` and ``after``. A change that changes nothing leaves no row.

    Must run inside the transaction of the write that it records.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("change_record() needs the transaction of the write that it records")
    old, new = before or {}, after or {}
    fields = [
        {"field": key, "from": old.get(key), "to": new.get(key)}
        for key in dict.fromkeys((*old, *new))
        if _filled(old.get(key)) != _filled(new.get(key))
    ]
    if not fields and action == "changed":
        return None
    return Change.objects.create(
        at=timezone.now(),
        actor_id=actor.user_id,
        actor_name=actor.name[:60],
        actor_role=actor.main_role,
        subject_kind=kind,
        subject_id=subject_id,
        subject_name=name[:160],
        street_id=street_id,
        action=action,
        fields=fields,
        reason=reason.strip()[:240],
    )


def _filled(value: Any) -> Any:
    """Empty is empty, whether as text, list or nothing."""
    return value if value or isinstance(value, bool | int) else None
