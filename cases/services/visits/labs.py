"""Third-party tests: the agency commissions and pays, the laboratory reports; it never inspects."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.law import judge
from cases.models import (
    Answer,
    AttachmentRole,
    DeadlineKind,
    File,
    ItemKind,
    LabState,
    LabTest,
    Part,
    PartItem,
    PartState,
    Result,
    VisitState,
)
from cases.refusals import Refused
from cases.services import deadlines, journal
from cases.services import files as file_stage
from cases.services.visits.answers import limit_for, there_required
from cases.services.visits.scene import Scene, scene_of_part, staff_id
from teams.models import Squad, SquadKind
from teams.policies import Actor


def lab_commission(*, actor: Actor, part_item_id: int, laboratory_id: int, sample: str = "") -> LabTest:
    """Send a sample to a laboratory; the item waits for its report. [order.lab_commissioned]

    Refused: ``not_a_lab_item``, ``laboratory_unknown``, ``lab_commissioned``, ``part_not_on_scene``,
    ``not_on_the_visit``, ``not_allowed``.
    """
    with transaction.atomic():
        part_item = PartItem.objects.select_related("item").filter(pk=part_item_id).first()
        if part_item is None:
            raise Refused("not_found", _("This item does not exist."), status=404)
        scene = scene_of_part(part_item.part_id)
        part = scene.part(part_item.part_id)
        policies.require(actor, "lab.commission", squad_ids=[part.squad_id])
        if part.state != PartState.ON_SCENE or scene.visit is None or scene.visit.state != VisitState.OPEN:
            raise Refused("part_not_on_scene", _("This part is not on scene: its items can't be changed."))
        there_required(visit=scene.visit, part=part, actor=actor, handling=scene.handling)
        if part_item.item.kind != ItemKind.LAB:
            raise Refused("not_a_lab_item", _("This item is not tested by a laboratory."), status=422)
        laboratory = Squad.objects.filter(pk=laboratory_id, kind=SquadKind.LABORATORY, active=True).first()
        if laboratory is None:
            raise Refused("laboratory_unknown", _("Choose a laboratory."), field="laboratory", status=422)
        test = _commission(scene, part, part_item, laboratory, sample.strip(), actor)
        deadlines.deadline_start(
            kind=DeadlineKind.LAB_REPORT, subject=test, street_id=scene.order.street_id, urgent=False
        )
        journal.record(
            subject=scene.order,
            kind="order.lab_commissioned",
            actor=actor,
            body={
                "lab_test": test.pk,
                "number": test.number,
                "laboratory": laboratory.pk,
                "part": part.pk,
                "item": part_item.item_id,
            },
        )
        scene.refresh()
    return test


def _commission(scene: Scene, part: Part, part_item: PartItem, laboratory: Squad, sample: str, actor: Actor) -> LabTest:
    moment = now()
    assert scene.visit is not None
    limit = limit_for(part_item.item, scene.order.target, moment)
    try:
        with transaction.atomic():
            test = LabTest.objects.create(
                number=_number_take(),
                visit=scene.visit,
                part_item=part_item,
                laboratory=laboratory,
                sample=sample,
                commissioned_by_id=staff_id(actor),
                commissioned_at=moment,
                unit=limit.unit if limit else part_item.item.unit,
                limit=limit.maximum if limit else None,
                standard=limit.standard if limit else "",
            )
    except IntegrityError as error:
        raise Refused("lab_commissioned", _("A laboratory is testing this item already.")) from error
    Answer.objects.update_or_create(
        visit=scene.visit,
        part_item=part_item,
        defaults={
            "result": Result.SENT_TO_LAB,
            "unit": test.unit,
            "limit": test.limit,
            "standard": test.standard,
            "answered_by_id": staff_id(actor),
            "answered_at": moment,
        },
    )
    return test


def _number_take() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_lab_number')")
        (number,) = cursor.fetchone()
    return f"JD-{timezone.localtime(now()):%y%m%d}-{number:04}"


def lab_result(
    *,
    scene: Scene,
    actor: Actor,
    lab_test_id: int,
    value: Decimal | None,
    method: str,
    report_number: str,
    files: Iterable[File] = (),
    conforms: bool | None = None,
) -> LabTest:
    """Enter the laboratory's report on the locked scene. [order.lab_reported]

    The verdict is the limit's; ``conforms`` is asked for only where no limit is known. ``followups.lab_report`` is
    the whole act: it draws the finding and settles the order. Refused: ``lab_reported``, ``value_needed``,
    ``report_number_needed``, ``conforms_needed``, ``conforms_contradicts``, ``not_allowed``.
    """
    test = LabTest.objects.select_for_update(no_key=True, of=("self",)).get(pk=lab_test_id)
    policies.require(actor, "lab.report", squad_ids=[test.laboratory_id])
    if test.state != LabState.COMMISSIONED:
        raise Refused("lab_reported", _("The report on this test is in already."))
    if value is None:
        raise Refused("value_needed", _("Enter the value."), field="value", status=422)
    if not report_number.strip():
        raise Refused("report_number_needed", _("Enter the number of the report."), field="report_number", status=422)
    verdict = judge(value, test.limit).conforms if test.limit is not None else conforms
    if verdict is None:
        raise Refused(
            "conforms_needed",
            _("No limit is known for this item: say whether the value conforms."),
            field="conforms",
            status=422,
        )
    if conforms is not None and conforms != verdict:
        raise Refused("conforms_contradicts", _("The value and the limit say otherwise."), field="conforms", status=422)
    test.state = LabState.REPORTED
    test.value = value
    test.method = method.strip()
    test.report_number = report_number.strip()
    test.conforms = verdict
    test.reported_by_id = actor.user_id
    test.reported_at = now()
    test.save()
    for file in files:
        file_stage.attach(file=file, role=AttachmentRole.REPORT, lab_test=test)
    used = deadlines.deadline_end(kind=DeadlineKind.LAB_REPORT, subject=test)
    journal.record(
        subject=scene.order,
        kind="order.lab_reported",
        actor=actor,
        body={"lab_test": test.pk, "number": test.number, "laboratory": test.laboratory_id, "conforms": verdict},
        used_seconds=used.seconds if used else None,
        late=used.late if used else None,
    )
    return test


def lab_withdraw(*, scene: Scene, actor: Actor, lab_test_id: int, reason: str) -> LabTest:
    """Cancel a commission that has no report yet, on the locked scene. [order.lab_cancelled]

    The squad that commissioned it may, and the office. On scene the item is open again; afterwards it stands as not
    applicable with the reason. ``followups.lab_cancel`` is the whole act: it settles the order. Refused:
    ``lab_reported``, ``lab_cancelled``, ``reason_needed``, ``not_allowed``.
    """
    words = reason.strip()
    test = LabTest.objects.select_for_update(no_key=True, of=("self",)).get(pk=lab_test_id)
    part_item = PartItem.objects.select_related("part").get(pk=test.part_item_id)
    part = part_item.part
    if not policies.may(actor, "order.change", street_id=scene.order.street_id):
        policies.require(actor, "lab.commission", squad_ids=[part.squad_id])
    if test.state == LabState.REPORTED:
        raise Refused("lab_reported", _("The report on this test is in already."))
    if test.state == LabState.CANCELLED:
        raise Refused("lab_cancelled", _("This test is cancelled already."))
    if not words:
        raise Refused("reason_needed", _("Write the reason: it stays in the record."), field="reason", status=422)
    test.state = LabState.CANCELLED
    test.save(update_fields=["state"])
    answer = Answer.objects.filter(visit_id=test.visit_id, part_item=part_item, result=Result.SENT_TO_LAB)
    under_way = scene.visit is not None and scene.visit.pk == test.visit_id and scene.visit.state == VisitState.OPEN
    if under_way and part.state == PartState.ON_SCENE:
        answer.delete()
    else:
        answer.update(result=Result.NOT_APPLICABLE, note=words[:400])
    deadlines.deadline_end(kind=DeadlineKind.LAB_REPORT, subject=test, cancelled=True)
    journal.record(
        subject=scene.order,
        kind="order.lab_cancelled",
        actor=actor,
        body={
            "lab_test": test.pk,
            "number": test.number,
            "laboratory": test.laboratory_id,
            "part": part.pk,
            "item": part_item.item_id,
            "reason": words,
        },
    )
    return test
