"""The lock order of every write on an order: target → order → cases by id → parts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import Case, Order, Part, PartState
from cases.refusals import Refused
from cases.services import casefile
from cases.services.needs import target_lock


def order_lock(order_id: int) -> Order:
    """The order, its target locked before it. ``Refused("not_found")`` when there is none."""
    while True:
        target_id = Order.objects.filter(pk=order_id).values_list("target_id", flat=True).first()
        if target_id is None:
            raise Refused("not_found", _("This order does not exist."), status=404)
        target = target_lock(target_id)
        order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id)
        if order.target_id == target_id:
            order.target = target
            return order
        # Its target was changed between the two reads: lock the right one first. The lock on the old one is kept
        # until the transaction ends; both are targets, so no order of locks is broken but theirs.


def part_lock(part_id: int) -> tuple[Part, Order]:
    """The part and its order, locked with the target before them; the order's cases are locked too."""
    order_id = Part.objects.filter(pk=part_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise Refused("not_found", _("This part does not exist."), status=404)
    order = order_lock(order_id)
    cases_of(order)
    part = Part.objects.select_for_update(no_key=True, of=("self",)).select_related("squad", "agency").get(pk=part_id)
    part.order = order
    return part, order


def cases_of(order: Order) -> list[Case]:
    """The cases whose needs the order serves, locked by id."""
    ids = order.need_links.filter(released_at__isnull=True, need__case__isnull=False).values_list(
        "need__case_id", flat=True
    )
    wanted = sorted(set(ids))
    return casefile.cases_lock(wanted) if wanted else []


def parts_of(order: Order) -> list[Part]:
    """The order's parts that were not released, locked by id."""
    return list(
        Part.objects.select_for_update(no_key=True, of=("self",))
        .filter(order=order)
        .exclude(state=PartState.RELEASED)
        .select_related("squad", "agency")
        .order_by("pk")
    )
