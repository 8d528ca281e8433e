"""Rows of a file of parties, as they are looked at and chosen."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from cases.models import PartyRow, PartyRun, RowChoice, RowFate

PAGE = 50


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a kind, how many are chosen and how many were written."""

    rows: int = 0
    chosen: int = 0
    taken: int = 0


def counts_of(run: PartyRun) -> dict[str, Counted]:
    """By kind. One query."""
    found = {fate: Counted() for fate in RowFate.values}
    chosen = ~Q(choice=RowChoice.LEAVE)
    lines = (
        PartyRow.objects.filter(run=run)
        .order_by()
        .values("fate")
        .annotate(n=Count("pk"), chosen=Count("pk", filter=chosen), taken=Count("pk", filter=Q(taken_at__isnull=False)))
    )
    for line in lines:
        found[line["fate"]] = Counted(line["n"], line["chosen"], line["taken"])
    return found


def chosen_count(run: PartyRun) -> int:
    """How many rows are or were to be written."""
    return PartyRow.objects.filter(run=run).exclude(choice=RowChoice.LEAVE).count()


def rows_page(run: PartyRun, fate: str, *, after: int = 0, size: int = PAGE) -> tuple[list[PartyRow], int | None]:
    """Rows of a kind in the order of the file, and the row after which the next page begins."""
    rows = PartyRow.objects.filter(run=run, fate=fate, row__gt=after).select_related("target").order_by("row")
    found = list(rows[: size + 1])
    return found[:size], found[size - 1].row if len(found) > size else None
