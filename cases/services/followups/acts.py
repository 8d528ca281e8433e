"""The whole acts: the lead ends the visit, the laboratory reports, an officer rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.models import (
    CaseStage,
    File,
    Finding,
    LabTest,
    Ruling,
    Visit,
    VisitState,
)
from cases.refusals import Refused
from cases.services import casefile, findings, journal, orders, rulings, visits
from cases.services.followups.rechecks import rechecks_served
from cases.services.followups.settling import order_work, settle
from cases.services.visits import Ended, Scene
from teams.policies import Actor


def visit_close(
    *,
    actor: Actor,
    visit_id: int,
    outcome: str,
    absent_part_ids: Iterable[int] = (),
    note: str = "",
    party_opinion: str = "",
) -> Visit:
    """The lead ends the visit. [order.visit_closed and a move of each case]

    ``done``: failed items become findings to rule on, and squads named absent get another visit; an open laboratory
    test keeps the order from being done. ``closed``, ``refused``, ``not_found``: everything waits for another visit,
    from the next day. Refused: see ``visits.visit_end``.
    """
    with transaction.atomic():
        scene = visits.scene_of_visit(visit_id)
        ended = visits.visit_end(
            scene=scene,
            actor=actor,
            outcome=outcome,
            absent_part_ids=absent_part_ids,
            note=note,
            party_opinion=party_opinion,
        )
        made = findings.findings_from_answers(scene=scene, visit=ended.visit)
        findings.clocks_start(scene)
        rechecks_served(scene, ended)
        journal.record(
            subject=scene.order,
            kind="order.visit_closed",
            actor=actor,
            body={
                "visit": ended.visit.pk,
                "outcome": outcome,
                "findings": [finding.pk for finding in made],
                "absent": [part.squad_id for part in ended.absent],
                "reopened": [fresh.pk for _old, fresh in ended.reopened],
                "note": note.strip(),
            },
        )
        _cases_leave(scene, ended, actor)
        settle(scene=scene, actor=actor)
        for _old, fresh in ended.reopened:
            orders.need_place(actor=actor, need_id=fresh.pk)
        scene.refresh()
    return ended.visit


def lab_report(
    *,
    actor: Actor,
    lab_test_id: int,
    value: Decimal | None,
    method: str = "",
    report_number: str = "",
    files: Iterable[File] = (),
    conforms: bool | None = None,
) -> LabTest:
    """The laboratory's technician enters the result; over the limit it makes a finding. [order.lab_reported]

    Refused: see ``visits.lab_result``.
    """
    with transaction.atomic():
        scene = visits.scene_of_lab(lab_test_id)
        test = visits.lab_result(
            scene=scene,
            actor=actor,
            lab_test_id=lab_test_id,
            value=value,
            method=method,
            report_number=report_number,
            files=files,
            conforms=conforms,
        )
        if not test.conforms:
            finding = findings.finding_from_lab(scene=scene, test=test)
            journal.record(
                subject=scene.order,
                kind="order.finding_added",
                actor=actor,
                body={"finding": finding.pk, "lab_test": test.pk, "part": finding.part_id},
            )
            if scene.visit is not None and scene.visit.state == VisitState.CLOSED:
                findings.clocks_start(scene)
        settle(scene=scene, actor=actor)
        scene.refresh()
    return test


def lab_cancel(*, actor: Actor, lab_test_id: int, reason: str) -> LabTest:
    """Call a test off; the order goes on without it and may be done by that. [order.lab_cancelled]

    Refused: see ``visits.lab_withdraw``.
    """
    with transaction.atomic():
        scene = visits.scene_of_lab(lab_test_id)
        test = visits.lab_withdraw(scene=scene, actor=actor, lab_test_id=lab_test_id, reason=reason)
        settle(scene=scene, actor=actor)
        scene.refresh()
    return test


def ruling_issue(
    *,
    actor: Actor,
    finding_id: int,
    outcome: str,
    reason: str,
    measures: str = "",
    due_at: datetime | None = None,
    due_day: date | None = None,
    corrected_on_spot: bool = False,
    slight: bool | None = None,
    handed_to: str = "",
    files: Iterable[File] = (),
) -> Ruling:
    """An officer of the competent agency decides on a finding; the last one settles the order. [order.ruled]

    Refused: see ``rulings.ruling_make``.
    """
    with transaction.atomic():
        order_id = Finding.objects.filter(pk=finding_id).values_list("visit__order_id", flat=True).first()
        if order_id is None:
            raise Refused("not_found", _("This finding does not exist."), status=404)
        scene = visits.scene_of_order(order_id)
        ruling = rulings.ruling_make(
            scene=scene,
            actor=actor,
            finding_id=finding_id,
            outcome=outcome,
            reason=reason,
            measures=measures,
            due_at=due_at,
            due_day=due_day,
            corrected_on_spot=corrected_on_spot,
            slight=slight,
            handed_to=handed_to,
            files=files,
        )
        settle(scene=scene, actor=actor)
        scene.refresh()
    return ruling


def _cases_leave(scene: Scene, ended: Ended, actor: Actor) -> None:
    """Cases leave the scene: to be planned again, or to be ruled on; the rest is settled at once."""
    again = {fresh.case_id for _old, fresh in ended.reopened}
    work = order_work(scene)
    for case in scene.cases:
        if case.stage != CaseStage.VISITING:
            continue
        body = {"order": scene.order.pk, "number": scene.order.number, "outcome": ended.visit.outcome}
        if case.pk in again:
            reason = ended.reason
            if ended.absent:
                reason = f"{reason} ({'、'.join(str(part.squad) for part in ended.absent)})"
            casefile.case_move(
                case=case,
                action="revisit",
                actor=actor,
                kind="case.revisit",
                body=body,
                reason=reason,
                refresh=False,
            )
        elif work:
            casefile.case_move(case=case, action="rule", actor=actor, kind="case.to_rule", body=body, refresh=False)
