"""Settling an order: once nothing is open, it is done and its cases go on."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    Finding,
    FindingState,
    LabState,
    LabTest,
    OrderState,
    Ruling,
)
from cases.services import casefile, findings, journal, orders, rulings, visits
from cases.services.followups.rechecks import followup_open, recheck_waits, rechecks_judge
from cases.services.visits import Scene
from teams.policies import Actor


def order_settle(*, actor: Actor, order_id: int) -> bool:
    """End the order once no finding and no test is open; its cases go on. True when it is done. Safe twice."""
    with transaction.atomic():
        scene = visits.scene_of_order(order_id)
        done = settle(scene=scene, actor=actor)
        scene.refresh()
    return done


def order_work(scene: Scene) -> bool:
    return bool(findings.open_findings(scene.order.pk)) or visits.labs_open(scene.order.pk)


def _case_work(case: Case) -> bool:
    """Whether a finding or a test of any order of the case is still open."""
    return (
        Finding.objects.filter(need__case=case, state=FindingState.OPEN).exists()
        or LabTest.objects.filter(
            visit__order__need_links__need__case=case,
            visit__order__state=OrderState.RULING,
            state=LabState.COMMISSIONED,
        ).exists()
    )


def settle(*, scene: Scene, actor: Actor) -> bool:
    """1. the order is done; 2. rechecked rulings are marked; 3. each case goes to its recheck or to be checked."""
    order = scene.order
    if order.state != OrderState.RULING or order_work(scene):
        return False
    flow.move(order, "finish")
    order.done_at = now()
    order.save(update_fields=["state", "done_at"])
    journal.record(subject=order, kind="order.done", actor=actor, body={"cases": [case.pk for case in scene.cases]})
    rechecks_judge(scene=scene, actor=actor)
    ruled = Ruling.objects.filter(finding__visit__order=order, finding__need__case__isnull=True)
    for ruling in _to_recheck(ruled):
        orders.need_place(actor=actor, need_id=followup_open(actor=actor, ruling=ruling).pk)
    for case in scene.cases:
        if case.stage not in (CaseStage.VISITING, CaseStage.RULING):
            continue
        if not _case_work(case):
            _case_settle(case, scene, actor)
        elif case.stage == CaseStage.VISITING:  # a finding of an earlier visit still waits for its ruling
            body = {"order": order.pk, "number": order.number}
            casefile.case_move(case=case, action="rule", actor=actor, kind="case.to_rule", body=body, refresh=False)
    return True


def _to_recheck(rows: Iterable[Ruling]) -> list[Ruling]:
    """Rulings that ask for a recheck and have none yet."""
    wanted = (
        Ruling.objects.filter(pk__in=[row.pk for row in rows], outcome__in=rulings.RECHECKED, due_at__isnull=False)
        .filter(followups__isnull=True)
        .select_related("finding__visit__order", "finding__need__case__category")
    )
    return list(wanted.order_by("pk"))


def _case_settle(case: Case, scene: Scene, actor: Actor) -> None:
    body = {"order": scene.order.pk, "number": scene.order.number}
    pending = _to_recheck(Ruling.objects.filter(finding__need__case=case))
    if not pending and not recheck_waits(case):
        casefile.case_move(case=case, action="finish", actor=actor, kind="case.checking", body=body, refresh=False)
        return
    if case.stage == CaseStage.VISITING:
        casefile.case_move(case=case, action="rule", actor=actor, kind="case.to_rule", body=body, refresh=False)
    casefile.case_move(case=case, action="rectify", actor=actor, kind="case.rectifying", body=body, refresh=False)
    need_ids = {followup_open(actor=actor, ruling=ruling).pk for ruling in pending}
    for need_id in sorted(need_ids):
        orders.need_place(actor=actor, need_id=need_id)
