"""Parties and their check-once orders, from the office's side."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from cases.models import Finding, Order, Part, PartItem, PartState, Target, Visit
from cases.selectors.register import targets_visible
from cases.services import dayplans, orders, parties
from dispatch.api.etags import etag_of
from dispatch.api.fetching import at_desk, desk_required
from dispatch.api.filters import OrderFilter, TargetFilter
from dispatch.api.operation import Call, operation
from dispatch.api.serializers import orders as shapes
from dispatch.api.serializers.ground import ReasonIn
from dispatch.web.access import check_right, order_or_404, target_or_404

_TARGET_WITH = ("street", "grid")


@operation(
    "target_list", "GET", scope="cases:read", answer=shapes.TargetOut, filters=TargetFilter, ordering=("name", "id")
)
def target_list(call: Call) -> QuerySet[Target]:
    """Parties of the register that the account sees, by name."""
    desk_required(call.request)
    return targets_visible(call.actor).select_related(*_TARGET_WITH)


@operation("target_retrieve", "GET", fetch=at_desk(target_or_404), scope="cases:read", answer=shapes.TargetOut)
def target_retrieve(call: Call, pk: int) -> Target:
    """One party."""
    return Target.objects.select_related(*_TARGET_WITH).get(pk=pk)


@operation(
    "target_create",
    "POST",
    right="target.edit",
    scope="targets:write",
    body=shapes.TargetIn,
    answer=shapes.TargetOut,
    status=201,
)
def target_create(call: Call) -> Target:
    """Enter a party; its unified social credit code is checked digit by digit (ISO 7064)."""
    check_right(call.request, "target.edit", street_id=call.data["street_id"])
    made = parties.target_create(actor=call.actor, **call.data)
    return Target.objects.select_related(*_TARGET_WITH).get(pk=made.pk)


@operation(
    "order_list",
    "GET",
    scope="cases:read",
    answer=shapes.OrderOut,
    filters=OrderFilter,
    ordering=("-drafted_at", "-id"),
)
def order_list(call: Call) -> QuerySet[Order]:
    """Orders that the account sees, newest first."""
    desk_required(call.request)
    return _with_parts(Order.objects.visible_to(call.actor))


@operation(
    "order_retrieve", "GET", fetch=at_desk(order_or_404), scope="cases:read", answer=shapes.OrderDetailOut, etag=etag_of
)
def order_retrieve(call: Call, pk: int) -> Order:
    """One order with its parts, items, visits and findings."""
    return order_detail(pk)


@operation(
    "order_open",
    "POST",
    right="order.draft",
    scope="orders:write",
    body=shapes.OpenIn,
    answer=shapes.OrderOut,
    status=201,
)
def order_open(call: Call) -> Order:
    """Draft the party's order over its open needs: who leads, who joins, with which items."""
    target_or_404(call.request, call.data["target_id"], "order.draft")
    return _out(orders.order_open(actor=call.actor, **call.data))


@operation(
    "order_submit",
    "POST",
    fetch=at_desk(order_or_404, "order.draft"),
    scope="orders:write",
    answer=shapes.OrderOut,
    etag=etag_of,
)
def order_submit(call: Call, pk: int) -> Order:
    """Ask the head of office for approval."""
    return _out(orders.order_submit(actor=call.actor, order_id=pk))


@operation(
    "order_approve",
    "POST",
    fetch=at_desk(order_or_404, "order.approve"),
    scope="orders:write",
    body=shapes.ApproveIn,
    answer=shapes.OrderOut,
    etag=etag_of,
)
def order_approve(call: Call, pk: int) -> Order:
    """Approve, or make up the approval of an urgent order that was issued first."""
    return _out(orders.order_approve(actor=call.actor, order_id=pk, **call.data))


@operation(
    "order_issue",
    "POST",
    fetch=at_desk(order_or_404, "order.issue"),
    scope="orders:write",
    answer=shapes.OrderOut,
    etag=etag_of,
)
def order_issue(call: Call, pk: int) -> Order:
    """Blow the whistle: every squad is called. Urgent ones may go out before approval."""
    return _out(dayplans.order_whistle(actor=call.actor, order_id=pk))


@operation(
    "order_cancel",
    "POST",
    fetch=at_desk(order_or_404, "order.cancel"),
    scope="orders:write",
    body=ReasonIn,
    answer=shapes.OrderOut,
    etag=etag_of,
)
def order_cancel(call: Call, pk: int) -> Order:
    """Call it off before the first report-in; its needs are open again."""
    return _out(orders.order_cancel(actor=call.actor, order_id=pk, **call.data))


def order_detail(pk: int) -> Order:
    """The order as ``OrderDetailOut`` writes it."""
    items = PartItem.objects.select_related("item").order_by("item__order", "pk")
    parts = Part.objects.exclude(state=PartState.RELEASED).select_related("squad__agency")
    visits = Visit.objects.order_by("sequence").prefetch_related(Prefetch("findings", Finding.objects.order_by("pk")))
    rows = Order.objects.select_related("target", "street").prefetch_related(
        Prefetch("parts", parts.prefetch_related(Prefetch("items", items))), Prefetch("visits", visits)
    )
    return rows.get(pk=pk)


def _with_parts(rows: QuerySet[Order]) -> QuerySet[Order]:
    parts = Part.objects.exclude(state=PartState.RELEASED).select_related("squad__agency")
    return rows.select_related("target", "street").prefetch_related(Prefetch("parts", parts))


def _out(order: Order) -> Order:
    return _with_parts(Order.objects.filter(pk=order.pk)).get()
