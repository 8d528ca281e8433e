"""Findings: what was wrong, drawn from failed answers and reports, or added by an officer in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.models import (
    Answer,
    DeadlineKind,
    File,
    Finding,
    FindingState,
    InspectionItem,
    LabTest,
    Need,
    OrderNeed,
    OrderState,
    Part,
    PartState,
    Result,
    Visit,
    VisitState,
)
from cases.refusals import Refused
from cases.services import deadlines, journal, visits
from cases.services import files as file_stage
from cases.services.visits import Scene
from teams.models import Agency
from teams.policies import Actor

TEXT_LENGTH = 400


def finding_add(
    *,
    actor: Actor,
    part_id: int,
    text: str,
    item_id: int | None = None,
    clause_group: str = "",
    files: Iterable[File] = (),
) -> Finding:
    """A fact found on scene, in the officer's words, until the order is ruled. [order.finding_added]

    Refused: ``text_needed``, ``item_unknown``, ``wrong_stage``, ``not_on_the_visit``, ``not_allowed``.
    """
    words = text.strip()
    if not words:
        raise Refused("text_needed", _("Describe what was found."), field="text", status=422)
    with transaction.atomic():
        scene = visits.scene_of_part(part_id)
        part = scene.part(part_id)
        policies.require(actor, "finding.add", squad_ids=[part.squad_id])
        if scene.order.state not in (OrderState.ON_SCENE, OrderState.RULING) or scene.visit is None:
            raise Refused("wrong_stage", _("A finding is added during the visit, or while it is being ruled on."))
        if part.state not in (PartState.ON_SCENE, PartState.DONE):
            raise Refused("wrong_stage", _("This squad has not reported in."))
        visits.there_required(visit=scene.visit, part=part, actor=actor, handling=scene.handling)
        item = InspectionItem.objects.filter(pk=item_id, function=part.agency.function).first() if item_id else None
        if item_id and item is None:
            raise Refused("item_unknown", _("This item is not one of the squad's."), field="item", status=422)
        finding = _make(scene, part, words, visits.staff_id(actor), item=item, clause_group=clause_group)
        for file in files:
            file_stage.attach(file=file, finding=finding)
        journal.record(
            subject=scene.order, kind="order.finding_added", actor=actor, body={"finding": finding.pk, "part": part.pk}
        )
        if scene.visit.state == VisitState.CLOSED:
            clocks_start(scene)
        scene.refresh()
    return finding


def findings_from_answers(*, scene: Scene, visit: Visit) -> list[Finding]:
    """One finding for each failed answer of the visit and each report over the limit that has none yet."""
    made = []
    failed = Answer.objects.filter(visit=visit, result=Result.FAILS, finding__isnull=True)
    for answer in failed.select_related("part_item__item").order_by("pk"):
        part = _part_of(scene, answer.part_item.part_id)
        made.append(_from_answer(scene, part, answer))
    for test in LabTest.objects.filter(visit=visit, conforms=False, finding__isnull=True).order_by("pk"):
        made.append(finding_from_lab(scene=scene, test=test))
    return made


def finding_from_lab(*, scene: Scene, test: LabTest) -> Finding:
    """The finding of a report over the limit. It was found by who commissioned it: a laboratory never inspects."""
    part = _part_of(scene, test.part_item.part_id)
    item = test.part_item.item
    text = f"{item.name}: {_measured(test.value, test.limit, test.unit, test.standard)} ({test.report_number})"
    return _make(scene, part, text, test.commissioned_by_id, item=item, lab_test=test)


def clocks_start(scene: Scene) -> None:
    """Start the clock to rule for the open findings of a closed visit."""
    for finding in open_findings(scene.order.pk):
        deadlines.deadline_start(
            kind=DeadlineKind.RULING, subject=finding, street_id=scene.order.street_id, urgent=False
        )


def open_findings(order_id: int) -> list[Finding]:
    """Findings of the order that nobody has ruled on."""
    return list(Finding.objects.filter(visit__order_id=order_id, state=FindingState.OPEN).order_by("pk"))


def need_behind(order_id: int, agency: Agency, item: InspectionItem | None) -> Need | None:
    """Which need of the order a finding came from, so that its recheck goes back to the same case.

    The need that asked this agency for this item; else whose category the item belongs to; else that asked this
    agency; else the oldest with a case.
    """
    links = (
        OrderNeed.objects.filter(order_id=order_id)
        .select_related("need__case")
        .prefetch_related("need__agency_links__items")
        .order_by("need_id")
    )
    categories = set(item.categories.values_list("pk", flat=True)) if item else set()
    best: tuple[int, Need] | None = None
    for link in links:
        need = link.need
        asked = next((row for row in need.agency_links.all() if row.agency_id == agency.pk), None)
        narrowed = asked is not None and item is not None and item in asked.items.all()
        fits = need.case is not None and need.case.category_id in categories
        score = 8 * narrowed + 4 * fits + 2 * (asked is not None) + (need.case_id is not None)
        if best is None or score > best[0]:
            best = (score, need)
    return best[1] if best else None


def _part_of(scene: Scene, part_id: int) -> Part:
    return next(part for part in scene.parts if part.pk == part_id)


def _from_answer(scene: Scene, part: Part, answer: Answer) -> Finding:
    item = answer.part_item.item
    pieces = [item.name]
    if answer.value is not None:
        pieces.append(_measured(answer.value, answer.limit, answer.unit, answer.standard))
    pieces += [text for text in (answer.text_value, answer.note) if text]
    text = ": ".join((pieces[0], "; ".join(pieces[1:]))) if pieces[1:] else pieces[0]
    return _make(scene, part, text, answer.answered_by_id, item=item, answer=answer)


def _measured(value: Decimal | None, limit: Decimal | None, unit: str, standard: str) -> str:
    said = f"{_plain(value)} {unit}".strip() if value is not None else ""
    against = f" > {_plain(limit)} {unit}".rstrip() if limit is not None else ""
    return f"{said}{against}{f', {standard}' if standard else ''}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _make(
    scene: Scene,
    part: Part,
    text: str,
    found_by_id: int,
    *,
    item: InspectionItem | None = None,
    answer: Answer | None = None,
    lab_test: LabTest | None = None,
    clause_group: str = "",
) -> Finding:
    assert scene.visit is not None
    need = need_behind(scene.order.pk, part.agency, item)
    group = clause_group or (item.clause_group if item else "")
    if not group and need is not None and need.case is not None and need.case.category is not None:
        group = need.case.category.clause_group
    return Finding.objects.create(
        visit=scene.visit,
        part=part,
        need=need,
        agency=part.agency,
        item=item,
        answer=answer,
        lab_test=lab_test,
        clause_group=group,
        text=text[:TEXT_LENGTH],
        found_by_id=found_by_id,
        found_at=now(),
    )
