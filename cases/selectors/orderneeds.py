"""Why an order exists: its reasons to visit, which of them decides the day, and what could have waited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from cases.models import Need, OrderNeed, OrderState, Urgency


@dataclass(frozen=True, slots=True)
class Reason:
    """A need of an order. ``decides``: it is urgent, or no other one has to be served sooner; else it rides along and
    could have waited until its own last day."""

    need: Need
    decides: bool

    @property
    def urgent(self) -> bool:
        return self.need.urgency != Urgency.GENERAL

    @property
    def agencies(self) -> list[str]:
        return [str(agency) for agency in self.need.agencies.all()]


def reasons_of(order_ids: Iterable[int]) -> dict[int, list[Reason]]:
    """The reasons of each order, the most pressing first; a cancelled order's are those that it had. Two queries."""
    links = (
        OrderNeed.objects.filter(order_id__in=list(order_ids))
        .filter(Q(released_at__isnull=True) | Q(order__state=OrderState.CANCELLED))
        .select_related("need__case__category")
        .prefetch_related("need__agencies")
        .order_by("need__due_day", "need_id")
    )
    found: dict[int, list[Need]] = {}
    for link in links:
        found.setdefault(link.order_id, []).append(link.need)
    return {order_id: _reasons(needs) for order_id, needs in found.items()}


def _reasons(needs: list[Need]) -> list[Reason]:
    first = min(need.due_day for need in needs)
    rows = [Reason(need, need.urgency != Urgency.GENERAL or need.due_day == first) for need in needs]
    return sorted(rows, key=lambda row: (not row.urgent, not row.decides))
