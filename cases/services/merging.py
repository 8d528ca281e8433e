"""Two entries of the register were one party: one lives on, everything of the other moves to it, nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.models import (
    Case,
    ChangeKind,
    Complaint,
    Likeness,
    Need,
    NeedState,
    Order,
    OrderKind,
    OrderNeed,
    OrderState,
    Target,
)
from cases.refusals import Refused
from cases.services import casefile, journal, orders, parties
from cases.services.journal import Entry
from cases.services.orders.calling import approval_revise
from cases.services.parties.checking import target_check
from teams.policies import Actor

CHOOSABLE = (
    "kind",
    "name",
    "uscc",
    "trade",
    "address",
    "place",
    "person_in_charge",
    "phone",
    "noise_zone",
    "yearly_cap",
    "no_disturb",
    "hours",
)
"""What is chosen at a merge. ``place`` is the point with radius or stretch; ``no_disturb`` its reason and day too."""
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "place": ("lat", "lng", "radius_m", "stretch"),
    "no_disturb": ("no_disturb", "no_disturb_reason", "no_disturb_until"),
}
_ENDED_ORDERS = (OrderState.DONE, OrderState.CANCELLED)


def parties_merge(
    *,
    actor: Actor,
    survivor_id: int,
    absorbed_id: int,
    reason: str,
    take: Collection[str] = (),
    keep_order_id: int | None = None,
    versions: Mapping[int, int] | None = None,
) -> Target:
    """Merge an entry into the survivor. [case.target_changed, order.target_changed, order.cancelled]

    ``take``: fields of ``CHOOSABLE`` whose value is the absorbed entry's. Its names become other names; cases, needs,
    orders with their visits and findings, and complaints move. Where both have a live order, ``keep_order_id`` says
    which goes on: the other is cancelled with the reason and its needs join the one that stays, where the planner lets
    them, else they are open. ``versions``: what the person saw of both entries.

    ``Refused``: ``merge_same``, ``other_street``, ``target_merged``, ``reason_needed``, ``target_stale``,
    ``two_live_orders`` (``params["orders"]``), ``not_found``, ``not_allowed``.
    """
    _take_check(take)
    if survivor_id == absorbed_id:
        raise Refused("merge_same", _("These are one and the same entry."), status=422)
    with transaction.atomic():
        locked = parties.targets_lock([survivor_id, absorbed_id])
        survivor, absorbed = locked[survivor_id], locked[absorbed_id]
        policies.require(actor, "target.edit", street_id=survivor.street_id)
        policies.require(actor, "target.edit", street_id=absorbed.street_id)
        text = reason.strip()
        _sound_check(survivor, absorbed, text, versions)
        dropped = _live_choose(actor, survivor, absorbed, keep_order_id)
        moving = _lock_all(absorbed, dropped)
        before = parties.columns_of(survivor), parties.columns_of(absorbed)
        freed = _drop(actor, dropped, text)
        moved = _move(actor, survivor, absorbed, moving, text)
        for need_id in freed:
            orders.need_place(actor=actor, need_id=need_id)
        _columns_merge(survivor, absorbed, take)
        parties.change_record(
            target=absorbed, kind=ChangeKind.MERGED, actor=actor, before=before[1], reason=text, other=survivor
        )
        parties.change_record(
            target=survivor,
            kind=ChangeKind.ABSORBED,
            actor=actor,
            before=before[0],
            reason=text,
            other=absorbed,
            more={"moved": [None, moved]},
        )
        Target.objects.filter(merged_into=absorbed).update(merged_into=survivor)
        Likeness.objects.filter(Q(first=absorbed) | Q(second=absorbed)).delete()
    return survivor


def live_orders(*target_ids: int) -> list[Order]:
    """Live orders of the entries, handling tasks left out: one an entry at most."""
    rows = Order.objects.filter(target__in=target_ids, state__in=flow.LIVE).exclude(kind=OrderKind.HANDLING)
    return list(rows.order_by("pk"))


def _take_check(take: Collection[str]) -> None:
    unknown = set(take) - set(CHOOSABLE)
    if unknown:
        raise TypeError(f"nothing to choose at a merge: {sorted(unknown)}")


def _sound_check(survivor: Target, absorbed: Target, reason: str, versions: Mapping[int, int] | None) -> None:
    for target in (survivor, absorbed):
        parties.merged_refuse(target)
    if survivor.street_id != absorbed.street_id:
        raise Refused("other_street", _("These parties lie on different streets: each street's office has its own."))
    if not reason:
        raise Refused("reason_needed", _("Write the reason: it stays in the record."), field="reason", status=422)
    if versions and any(versions.get(target.pk) != target.version for target in (survivor, absorbed)):
        raise Refused(
            "target_stale", _("One of the two was changed meanwhile. Look at both again, then merge."), field=None
        )


def _live_choose(actor: Actor, survivor: Target, absorbed: Target, keep: int | None) -> Order | None:
    """The live order that has to give way, where both have one."""
    live = live_orders(survivor.pk, absorbed.pk)
    if len(live) < 2:
        return None
    policies.require(actor, "order.cancel", street_id=survivor.street_id)
    if keep not in {order.pk for order in live}:
        raise Refused(
            "two_live_orders",
            _("Both have an order under way. Choose which goes on; the other is cancelled and its needs join it."),
            params={"orders": [order.pk for order in live]},
            field="keep",
        )
    return next(order for order in live if order.pk != keep)


def _lock_all(absorbed: Target, dropped: Order | None) -> list[Case]:
    """Orders by id, then cases by id, before anything is written; answers the absorbed entry's open cases."""
    wanted = Q(target=absorbed) | (Q(pk=dropped.pk) if dropped else Q())
    list(Order.objects.select_for_update(no_key=True, of=("self",)).filter(wanted).order_by("pk"))
    open_cases = Case.objects.filter(target=absorbed).exclude(stage__in=flow.ENDED)
    mine = set(open_cases.values_list("pk", flat=True))
    also = set()
    if dropped is not None:
        links = dropped.need_links.filter(released_at__isnull=True, need__case__isnull=False)
        also = set(links.values_list("need__case_id", flat=True))
    return [case for case in casefile.cases_lock(mine | also) if case.pk in mine]


def _drop(actor: Actor, dropped: Order | None, reason: str) -> list[int]:
    """Cancel the order that gives way; answers its needs, which are open again."""
    if dropped is None:
        return []
    links = OrderNeed.objects.filter(order=dropped, released_at__isnull=True)
    needs = list(links.order_by("need_id").values_list("need_id", flat=True))
    orders.order_cancel(actor=actor, order_id=dropped.pk, reason=reason)
    return list(Need.objects.filter(pk__in=needs, state=NeedState.OPEN).order_by("pk").values_list("pk", flat=True))


def _move(actor: Actor, survivor: Target, absorbed: Target, cases: list[Case], reason: str) -> dict[str, list[int]]:
    """Cases, needs, orders and complaints of the absorbed entry now name the survivor; the open ones say so."""
    body: dict[str, Any] = {"from": absorbed.pk, "to": survivor.pk, "reason": reason}
    going = list(Order.objects.filter(target=absorbed).exclude(state__in=_ENDED_ORDERS).order_by("pk"))
    moved = {
        "cases": sorted(Case.objects.filter(target=absorbed).values_list("pk", flat=True)),
        "needs": sorted(Need.objects.filter(target=absorbed).values_list("pk", flat=True)),
        "orders": sorted(Order.objects.filter(target=absorbed).values_list("pk", flat=True)),
        "complaints": sorted(Complaint.objects.filter(target=absorbed).values_list("pk", flat=True)),
    }
    for model in (Case, Need, Order, Complaint):
        model.objects.filter(target=absorbed).update(target=survivor)
    for order in going:
        order.target = survivor
        approval_revise(order)
    journal.record_many(
        entries=[
            *(Entry(case, "case.target_changed", body) for case in cases),
            *(Entry(order, "order.target_changed", body) for order in going),
        ],
        actor=actor,
    )
    return moved


def _columns_merge(survivor: Target, absorbed: Target, take: Collection[str]) -> None:
    names = [absorbed.name, *absorbed.aliases]
    before = parties.columns_of(survivor)
    if "name" in take:
        names.append(survivor.name)
    for field in take:
        for column in TOGETHER.get(field, (field,)):
            setattr(survivor, column, getattr(absorbed, column))
    survivor.aliases = [*survivor.aliases, *names]
    absorbed.merged_into = survivor
    if "uscc" in take:
        absorbed.uscc = None  # the code is unique: it goes along
    absorbed.save()
    target_check(survivor, before=before)
    survivor.save()
