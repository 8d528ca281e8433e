"""The planned day and hours of an order that is drafted or out already."""

from __future__ import annotations

from datetime import date, time

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.models import Need, Order
from cases.refusals import Refused
from cases.services import journal
from cases.services.orders.calling import report_in_follow
from cases.services.orders.locking import order_lock, parts_of
from cases.services.orders.opening import day_check
from teams.policies import Actor


def order_plan(
    *,
    actor: Actor,
    order_id: int,
    planned_day: date,
    planned_from: time | None = None,
    planned_until: time | None = None,
) -> Order:
    """Set when the visit is to be, until it begins: called squads owe their report-in by then. [order.planned]

    Nothing is written where nothing changes. Refused: ``visit_begun``, ``day_outside_window``.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.change", street_id=order.street_id)
        if order.state not in flow.LIVE:
            raise Refused("visit_begun", _("The visit has begun: it can't be planned any more."))
        if (order.planned_day, order.planned_from, order.planned_until) == (planned_day, planned_from, planned_until):
            return order
        day_check(planned_day, Need.objects.filter(order_links__order=order, order_links__released_at__isnull=True))
        order.planned_day, order.planned_from, order.planned_until = planned_day, planned_from, planned_until
        order.save(update_fields=["planned_day", "planned_from", "planned_until"])
        if order.issued_at is not None:
            report_in_follow(order)
        journal.record(
            subject=order,
            kind="order.planned",
            actor=actor,
            body={
                "day": planned_day.isoformat(),
                "from": f"{planned_from:%H:%M}" if planned_from else "",
                "until": f"{planned_until:%H:%M}" if planned_until else "",
                "squads": [part.squad_id for part in parts_of(order)],
            },
        )
    return order
