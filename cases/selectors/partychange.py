"""The history of an entry, and what others changed while somebody was typing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.models import Target, TargetChange


@dataclass(frozen=True, slots=True)
class Changed:
    """A column that changed since a version: what it held then, what it holds now, who changed it last and when."""

    column: str
    before: object
    after: object
    by: str
    at: datetime


def changes_of(target: Target, *, limit: int = 100) -> list[TargetChange]:
    """The entry's history, newest first. One query."""
    return list(
        TargetChange.objects.filter(target=target).select_related("actor", "other").order_by("-version")[:limit]
    )


def changed_since(target: Target, version: int) -> dict[str, Changed]:
    """Columns that differ from what they held at ``version``; changed there and back is no change."""
    found: dict[str, Changed] = {}
    for row in (
        TargetChange.objects.filter(target=target, version__gt=version).select_related("actor").order_by("version")
    ):
        for column, (before, after) in row.changes.items():
            first = found[column].before if column in found else before
            found[column] = Changed(column, first, after, row.actor.name if row.actor else "", row.at)
    return {column: row for column, row in found.items() if row.before != row.after}
