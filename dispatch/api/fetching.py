"""Rows by their address, with access: strangers 404, insiders without the right 403, before any body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from cases.models import Part, PartItem, PartState, Visit
from dispatch.web.access import DESK_ROLES, actor_for, check_right, part_or_404, visit_or_404

Row = TypeVar("Row", covariant=True)


class Fetch(Protocol[Row]):
    """A function of ``dispatch.web.access``."""

    def __call__(self, request: HttpRequest, pk: int, right: str | None = None) -> Row: ...


def by_right(fetch: Fetch[Row], right: str | None = None) -> Callable[[Request, int], Row]:
    """The row, for who holds the right there."""
    return lambda request, pk: fetch(request, pk, right)


def at_desk(fetch: Fetch[Row], right: str | None = None) -> Callable[[Request, int], Row]:
    """The same, for people of the desk only: what complainants wrote is not for squads."""

    def fetched(request: Request, pk: int) -> Row:
        desk_required(request)
        return fetch(request, pk, right)

    return fetched


def desk_required(request: Request) -> None:
    if not actor_for(request).has(*DESK_ROLES):
        raise PermissionDenied


def own_part(request: Request, pk: int) -> Part:
    """A part of one's own squad."""
    part = part_or_404(request, pk)
    if part.squad_id not in actor_for(request).squads():
        raise PermissionDenied
    return part


def lead_of_visit(request: Request, pk: int) -> Visit:
    """A visit that one's own squad leads, and so may end."""
    visit = visit_or_404(request, pk)
    leads = Part.objects.filter(order_id=visit.order_id, is_lead=True).exclude(state=PartState.RELEASED)
    check_right(request, "visit.close", squad_ids=leads.values_list("squad_id", flat=True))
    return visit


def part_of_item(right: str) -> Callable[[Request, int], Part]:
    """The part of an item, for who holds the right in its squad."""

    def fetched(request: Request, pk: int) -> Part:
        item: Any = PartItem.objects.filter(pk=pk).values_list("part_id", flat=True).first()
        return part_or_404(request, item or 0, right)

    return fetched
