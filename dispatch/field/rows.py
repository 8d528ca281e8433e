"""Fetching a part for an act: a handling task asks for other rights than an inspection."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from cases.models import OrderKind, Part, PartItem
from dispatch.web.access import actor_for, check_right, part_or_404
from teams.models import Role
from teams.policies import Actor

VIEW = "visit.photo"
"""Held by everybody of a squad, auxiliaries too: they see their squad's own parts, other squads' ones are 403."""
_OF_TASKS = frozenset({"visit.report_in", "visit.answer", "visit.close"})


def part_for(request: HttpRequest, pk: int, right: str = VIEW) -> Part:
    """404 for strangers, 403 without the right; for a handling task the right to handle stands for those of a visit."""
    part = part_or_404(request, pk)
    if is_task(part) and right in _OF_TASKS:
        right = "task.handle"
    check_right(request, right, street_id=part.order.street_id, squad_ids=[part.squad_id])
    return part


def item_for(request: HttpRequest, pk: int, right: str) -> tuple[PartItem, Part]:
    part_item = PartItem.objects.select_related("item").filter(pk=pk).first()
    if part_item is None:
        raise Http404
    return part_item, part_for(request, part_item.part_id, right)


def is_task(part: Part) -> bool:
    return part.order.kind == OrderKind.HANDLING


def is_officer(actor: Actor, squad_id: int) -> bool:
    """Whether the person may act for the squad with a certificate; an auxiliary may not."""
    return squad_id in actor.squads(Role.OFFICER, Role.SQUAD_LEADER)


def officer_here(request: HttpRequest, part: Part) -> bool:
    return is_officer(actor_for(request), part.squad_id)
