"""Cancelling, moving to another party, taking a need out: all until the first report-in."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import Case, CaseStage, Need, NeedState, Order, OrderKind, OrderNeed, Part, PartState
from cases.refusals import Refused
from cases.services import casefile, deadlines, journal
from cases.services import needs as need_stage
from cases.services.orders.calling import approval_revise, order_follow
from cases.services.orders.locking import cases_of, need_lock_order, order_lock, order_lock_with, parts_of
from cases.services.orders.opening import live_refuse
from cases.services.parties import merged_refuse
from teams.policies import Actor


def order_cancel(*, actor: Actor, order_id: int, reason: str) -> Order:
    """Cancel a live order; its needs open again, its cases wait to be planned. [order.cancelled, case.undispatched]"""
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.cancel", street_id=order.street_id)
        cases = cases_of(order)
        _cancel(order, cases, actor, _reason(reason))
        for link in _links(order):
            _release(link, reason.strip())
            if order.kind == OrderKind.HANDLING:
                need_stage.need_withdraw(actor=actor, need=link.need, reason=reason.strip())
            else:
                flow.move(link.need, "release", reason=reason)
                link.need.save(update_fields=["state"])
        for case in cases:
            _undispatch(case, order, actor, reason)
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases])
    return order


def need_take_out(*, actor: Actor, need_id: int, reason: str) -> Need:
    """Withdraw a need, open or in a live order; squads that only it asked for are released, an order left without
    needs is cancelled. [case.need_withdrawn, order.need_released | order.cancelled]

    The caller has asked its own policy. Refused: ``visit_begun`` when its order's visit has started.
    """
    with transaction.atomic():
        order = need_lock_order(need_id)
        cases = cases_of(order) if order is not None else []
        need = (
            Need.objects.select_for_update(no_key=True, of=("self",))
            .select_related("case")
            .prefetch_related("agency_links")
            .get(pk=need_id)
        )
        if order is not None and need.state == NeedState.ORDERED:
            if order.state not in flow.LIVE:
                raise Refused("visit_begun", _("The visit has begun: this can't be taken out any more."))
            links = _links(order)
            _release(next(link for link in links if link.need_id == need_id), reason.strip())
            if len(links) == 1:
                _cancel(order, cases, actor, _reason(reason))
            else:
                gone = _parts_shrink(order, need, [link.need for link in links if link.need_id != need_id])
                journal.record(
                    subject=order,
                    kind="order.need_released",
                    actor=actor,
                    body={
                        "need": need.pk,
                        "case": need.case_id,
                        "squads": [part.squad_id for part in gone],
                        "reason": reason.strip(),
                    },
                )
        need_stage.need_withdraw(actor=actor, need=need, reason=reason.strip())
        deadlines.case_due_refresh(case_ids={case.pk for case in cases} | ({need.case_id} if need.case_id else set()))
    return need


def order_change_target(*, actor: Actor, order_id: int, target_id: int, reason: str) -> Order:
    """The order meant another party: it moves there with its needs and cases. [order.target_changed]"""
    with transaction.atomic():
        order, fresh = order_lock_with(order_id, target_id)
        policies.require(actor, "order.change", street_id=order.street_id)
        text = _reason(reason)
        if order.state not in flow.LIVE:
            raise Refused("visit_begun", _("The visit has begun: the party can't be changed any more."))
        if fresh.pk == order.target_id:
            raise Refused("same_target", _("This is the order's party already."), field="target", status=422)
        if fresh.street_id != order.street_id:
            raise Refused(
                "other_street", _("This party lies on another street: that street's office opens its own order.")
            )
        merged_refuse(fresh)
        if order.kind != OrderKind.HANDLING:
            live_refuse(fresh)
        cases = cases_of(order)
        before = order.target_id
        order.target = fresh
        order.save(update_fields=["target"])
        approval_revise(order)
        Need.objects.filter(pk__in=[link.need_id for link in _links(order)]).update(target=fresh)
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(target=fresh)
        for case in cases:
            journal.record(
                subject=case,
                kind="case.target_changed",
                actor=actor,
                body={"from": before, "to": fresh.pk, "reason": text},
            )
        journal.record(
            subject=order,
            kind="order.target_changed",
            actor=actor,
            body={"from": before, "to": fresh.pk, "reason": text},
        )
    return order


def _reason(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise Refused("reason_needed", _("Write the reason: it stays in the record."), field="reason", status=422)
    return text


def _links(order: Order) -> list[OrderNeed]:
    return list(
        OrderNeed.objects.filter(order=order, released_at__isnull=True)
        .select_related("need__case")
        .prefetch_related("need__agency_links")
        .order_by("need_id")
    )


def _release(link: OrderNeed, reason: str) -> None:
    link.released_at = now()
    link.release_reason = reason
    link.save(update_fields=["released_at", "release_reason"])


def _cancel(order: Order, cases: list[Case], actor: Actor, reason: str) -> None:
    flow.move(order, "cancel")
    order.cancelled_reason = reason
    order.done_at = now()
    order.save(update_fields=["state", "cancelled_reason", "done_at"])
    parts = parts_of(order)
    _parts_release(parts)
    deadlines.deadlines_cancel(subjects=[order])
    journal.record(
        subject=order,
        kind="order.cancelled",
        actor=actor,
        body={
            "reason": reason,
            "squads": [part.squad_id for part in parts],
            "cases": [case.pk for case in cases],
        },
    )


def _parts_release(parts: list[Part]) -> None:
    for part in parts:
        if part.state != PartState.ABSENT:
            flow.move(part, "release")
            part.save(update_fields=["state"])
    deadlines.deadlines_cancel(subjects=parts)


def _parts_shrink(order: Order, leaving: Need, staying: list[Need]) -> list[Part]:
    """Release the squads that only the leaving need asked for; answers their parts."""
    kept = {link.agency_id for need in staying for link in need.agency_links.all()}
    gone = {link.agency_id for link in leaving.agency_links.all()} - kept
    released = [part for part in parts_of(order) if part.agency_id in gone and not part.is_lead]
    _parts_release(released)
    order_follow(order)
    return released


def _undispatch(case: Case, order: Order, actor: Actor, reason: str) -> None:
    if case.stage == CaseStage.DISPATCHED:
        # A task can't be planned into another order: what becomes of the case is decided anew.
        handling = order.kind == OrderKind.HANDLING
        if handling:
            case.disposition = ""
        casefile.case_move(
            case=case,
            action="return" if handling else "undispatch",
            actor=actor,
            kind="case.returned" if handling else "case.undispatched",
            body={"order": order.pk, "number": order.number},
            reason=reason,
            fields=["disposition"],
            refresh=False,
        )
