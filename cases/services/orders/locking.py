"""The lock order of every write on an order: target → order → cases by id → parts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Chain, Need, Order, OrderNeed, Part, PartState, Target
from cases.refusals import Refused
from cases.services import casefile
from cases.services.parties import target_lock


class _MovedAway(Exception):
    """The order's target was changed between reading and locking it."""


def order_lock(order_id: int, *, also: Iterable[int] = ()) -> Order:
    """The order, its target locked before it, with the targets named ``also``. ``Refused("not_found")``."""
    return _order_lock(order_id, also)[0]


def seen_check(order: Order, seen: int | None) -> None:
    """``Refused("changed_meanwhile")`` where the locked order's journal went on since its place ``seen``; None asks
    for nothing. Who decides on a list of orders decides on what was read there."""
    if seen is not None and seen != Chain.objects.filter(order=order).values_list("seq", flat=True).first():
        raise Refused("changed_meanwhile", _("It has changed since you read it. Look at it anew and decide then."))


def order_lock_with(order_id: int, target_id: int) -> tuple[Order, Target]:
    """The order and another target, both targets locked by id before it."""
    order, targets = _order_lock(order_id, [target_id])
    return order, targets[target_id]


def _order_lock(order_id: int, also: Iterable[int]) -> tuple[Order, dict[int, Target]]:
    others = set(also)
    while True:
        held = Order.objects.filter(pk=order_id).values_list("target_id", flat=True).first()
        if held is None:
            raise Refused("not_found", _("This order does not exist."), status=404)
        try:
            # Rolling the savepoint back gives the wrong target's lock up again: holding it while asking for the
            # right one would lock two targets out of order.
            with transaction.atomic():
                targets = {pk: target_lock(pk) for pk in sorted({held, *others})}
                order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id)
                if order.target_id != held:
                    raise _MovedAway
        except _MovedAway:
            continue
        order.target = targets[held]
        return order, targets


def need_lock_order(need_id: int) -> Order | None:
    """The need's target, and the order it stands in, locked in that order; None when it stands in none."""
    while True:
        target_id = Need.objects.values_list("target_id", flat=True).get(pk=need_id)
        try:
            with transaction.atomic():
                target = target_lock(target_id)
                standing = OrderNeed.objects.filter(need_id=need_id, released_at__isnull=True)
                order_id = standing.values_list("order_id", flat=True).first()
                if Need.objects.values_list("target_id", flat=True).get(pk=need_id) != target_id:
                    raise _MovedAway
                if order_id is None:
                    return None
                order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id)
                if order.target_id != target_id:
                    raise _MovedAway
        except _MovedAway:
            continue
        order.target = target
        return order


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
