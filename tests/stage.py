"""Bringing a case to where a test begins, by the services that people would use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cases.models import Case, Need, NeedCause, Order, Target
from cases.services import casefile, needs, orders
from tests.cast import Cast


def planned_case(
    cast: Cast,
    *,
    category: str = "05-10",
    functions: Iterable[str] = ("market", "urban", "fire"),
    target: Target | None = None,
    urgency: str = "general",
    due_day: date | None = None,
) -> tuple[Case, Need]:
    """A triaged case with its open need; the need has not been offered to a live order."""
    actor = cast.act(cast.dispatcher)
    where = target or cast.target
    case = casefile.case_open(
        actor=actor, street_id=where.street_id, source="office", title="演示·夜间烧烤", urgency=urgency
    )
    casefile.case_move(case=case, action="accept", actor=actor, kind="case.accepted")
    case.target = where
    case.category = cast.categories[category]
    case.brief = "演示·门前烧烤，夜间吵闹"
    casefile.case_move(
        case=case, action="plan", actor=actor, kind="case.triaged", fields=["target", "category", "brief"]
    )
    need = needs.need_open(
        actor=actor,
        target_id=where.pk,
        case=case,
        cause=NeedCause.CASE,
        agency_ids=cast.agency_ids(*functions),
        urgency=urgency,
        due_day=due_day,
    )
    return case, need


def issued_order(cast: Cast, *, urgency: str = "general", functions: Iterable[str] = ("market", "urban")) -> Order:
    """An order issued over one planned case: approved first, or urgent and issued at once."""
    planned_case(cast, functions=functions, urgency=urgency)
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    if urgency == "general":
        orders.order_submit(actor=dispatcher, order_id=order.pk)
        orders.order_approve(actor=head, order_id=order.pk)
    return orders.order_issue(actor=dispatcher, order_id=order.pk)
