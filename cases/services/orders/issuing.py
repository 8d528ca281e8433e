"""Approval and the whistle (街道吹哨)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import flow, policies
from cases.clock.moment import now
from cases.models import CaseStage, DeadlineKind, Order, OrderKind, OrderState, PartState
from cases.refusals import Refused
from cases.services import casefile, deadlines, journal
from cases.services.casefile import urgent
from cases.services.orders.calling import parts_call
from cases.services.orders.locking import cases_of, order_lock, parts_of, seen_check
from teams.policies import Actor


def order_submit(*, actor: Actor, order_id: int, seen: int | None = None) -> Order:
    """Ask for approval; its clock starts. [order.submitted]

    ``seen``: the place in the order's journal that the actor has read, here and below; refused ``changed_meanwhile``
    when it went on since.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.draft", street_id=order.street_id)
        seen_check(order, seen)
        flow.move(order, "submit")
        order.save(update_fields=["state"])
        deadlines.deadline_start(
            kind=DeadlineKind.APPROVAL, subject=order, street_id=order.street_id, urgent=urgent(order)
        )
        journal.record(subject=order, kind="order.submitted", actor=actor)
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases_of(order)])
    return order


def order_approve(*, actor: Actor, order_id: int, note: str = "", seen: int | None = None) -> Order:
    """Approve a submitted order, or make up the approval of one issued first.

    [order.approved | order.approval_made_up]. Refused: ``wrong_stage``, ``approved_already``.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.approve", street_id=order.street_id)
        seen_check(order, seen)
        if order.approved_at is not None:
            raise Refused("approved_already", _("This order is approved already."))
        made_up = order.urgent_first and order.state != OrderState.CANCELLED
        if not made_up:
            flow.move(order, "approve")
        order.approved_by_id = actor.user_id
        order.approved_at = now()
        order.approval_note = note.strip()
        order.save(update_fields=["state", "approved_by", "approved_at", "approval_note"])
        used = deadlines.deadline_end(kind=DeadlineKind.APPROVAL, subject=order)
        journal.record(
            subject=order,
            kind="order.approval_made_up" if made_up else "order.approved",
            actor=actor,
            body={"note": order.approval_note},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases_of(order)])
    return order


def order_send_back(*, actor: Actor, order_id: int, reason: str) -> Order:
    """Approval refused: back to the draft with a reason. [order.sent_back]"""
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.approve", street_id=order.street_id)
        flow.move(order, "send_back", reason=reason)
        order.save(update_fields=["state"])
        used = deadlines.deadline_end(kind=DeadlineKind.APPROVAL, subject=order)
        journal.record(
            subject=order,
            kind="order.sent_back",
            actor=actor,
            body={"reason": reason.strip()},
            used_seconds=used.seconds if used else None,
            late=used.late if used else None,
        )
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases_of(order)])
    return order


def order_issue(*, actor: Actor, order_id: int, seen: int | None = None) -> Order:
    """Blow the whistle: every planned part is called, the cases are on the way. [order.issued, case.dispatched]

    An urgent order may go out before its approval, which is then due within 24 hours and the order says so.
    Refused: ``approval_needed`` when it is not urgent, ``wrong_stage``.
    """
    with transaction.atomic():
        order = order_lock(order_id)
        policies.require(actor, "order.issue", street_id=order.street_id)
        seen_check(order, seen)
        if order.state in (OrderState.DRAFTED, OrderState.TO_APPROVE) and order.kind != OrderKind.HANDLING:
            if not urgent(order):
                raise Refused(
                    "approval_needed", _("An inspection needs approval first. Submit it to the head of office.")
                )
            flow.move(order, "issue_first")
            order.urgent_first = True
            deadlines.deadline_end(kind=DeadlineKind.APPROVAL, subject=order, cancelled=True)
        elif order.kind == OrderKind.HANDLING:
            flow.move(order, "issue_first")
        else:
            flow.move(order, "issue")
        order.issued_at = now()
        order.issued_by_id = actor.user_id
        order.save(update_fields=["state", "issued_at", "issued_by", "urgent_first"])
        if order.urgent_first:
            deadlines.deadline_start(
                kind=DeadlineKind.APPROVAL,
                subject=order,
                street_id=order.street_id,
                urgent=True,
            )
        cases = cases_of(order)
        parts = [part for part in parts_of(order) if part.state == PartState.PLANNED]
        parts_call(order, parts)
        for case in cases:
            if case.stage in (CaseStage.PLANNING, CaseStage.RECTIFYING):
                casefile.case_move(
                    case=case,
                    action="dispatch",
                    actor=actor,
                    kind="case.dispatched",
                    body={"order": order.pk, "number": order.number},
                    refresh=False,
                )
        journal.record(
            subject=order,
            kind="order.issued",
            actor=actor,
            body={
                "squads": [part.squad_id for part in parts],
                "parts": [part.pk for part in parts],
                "urgent_first": order.urgent_first,
            },
        )
        deadlines.case_due_refresh(case_ids=[case.pk for case in cases])
    return order
