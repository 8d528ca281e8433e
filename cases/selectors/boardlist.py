"""The board as a list to take away: rows for a sheet, in batches. Nothing of a complainant stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.clock.moment import now
from cases.models import Case, CaseQuerySet
from cases.papers.masking import address_of_building
from cases.selectors.board import orders_of, parts_fill
from cases.selectors.boardsort import page_of

LIST_MAX = 5_000
"""Rows of one list; a longer one is a matter of reports."""
BATCH = 500


def columns() -> list[str]:
    """The heads, in the active language."""
    return [
        _("Reference"),
        _("Stage"),
        _("Deadline"),
        _("Due"),
        _("Late"),
        _("Urgency"),
        _("Severity"),
        _("Category code"),
        _("Category"),
        _("Party"),
        _("Address"),
        _("Street"),
        _("Grid"),
        _("Squads"),
        _("Source"),
        _("Complaints"),
        _("Owner"),
        _("Received"),
        pgettext("noun", "Order"),
    ]


def list_rows(rows: CaseQuerySet, *, sort: str) -> Iterator[list[Any]]:
    """One row a case in this order, at most ``LIST_MAX``; three queries a batch."""
    rows = rows.select_related("target", "category", "street", "grid", "owner")
    rows = rows.defer("street__outline", "grid__outline")
    moment, left, cursor = now(), LIST_MAX, None
    while left > 0:
        page = page_of(rows, sort=sort, after=cursor, size=min(BATCH, left))
        yield from _batch(page.cases, moment)
        left, cursor = left - len(page.cases), page.after
        if cursor is None:
            return


def list_count(rows: CaseQuerySet) -> int:
    """How many rows the list will have."""
    return rows.order_by()[:LIST_MAX].count()


def _batch(cases: Sequence[Case], moment: datetime) -> Iterator[list[Any]]:
    orders = orders_of([case.pk for case in cases])
    parts_fill(orders.values())
    for case in cases:
        order, target, category = orders.get(case.pk), case.target, case.category
        late = case.due_at is not None and case.due_at < moment
        yield [
            case.reference,
            case.get_stage_display(),
            case.get_due_kind_display() if case.due_kind else "",
            case.due_at,
            _("yes") if late else _("no"),
            case.get_urgency_display(),
            case.severity,
            category.code if category else "",
            str(category) if category else "",
            target.name if target else "",
            # What a complainant wrote goes down to the building, as for squads.
            target.address if target and target.address else address_of_building(case.address),
            str(case.street),
            str(case.grid) if case.grid else "",
            _(", ").join(part.name for part in order.parts) if order else "",
            case.get_source_display(),
            case.complaint_count,
            str(case.owner) if case.owner else "",
            case.opened_at,
            order.number if order else "",
        ]
