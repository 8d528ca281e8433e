"""Answering the checklist: one answer an item, correctable until the part is finished."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.clock.moment import now
from cases.law import judge
from cases.law import period as period_of
from cases.models import (
    Answer,
    File,
    InspectionItem,
    ItemKind,
    ItemLimit,
    LabState,
    LabTest,
    OrderKind,
    Part,
    PartItem,
    PartState,
    Period,
    Result,
    Target,
    Visit,
    VisitOfficer,
    VisitState,
)
from cases.refusals import Refused
from cases.services import files as file_stage
from cases.services.visits.scene import staff_id
from teams.policies import Actor
from teams.selectors import in_force


def limit_for(item: InspectionItem, target: Target, at: datetime) -> ItemLimit | None:
    """The item's limit at the target's noise zone and the hour, the most particular one first; None without one."""
    day = timezone.localdate(at)
    rows = ItemLimit.objects.filter(
        in_force(day),
        Q(zone__isnull=True) | Q(zone=target.noise_zone),
        period__in=[Period.ANY, period_of(at)],
        item=item,
    )
    best = sorted(rows, key=lambda row: (row.zone is None, row.period == Period.ANY, -row.starts_on.toordinal()))
    return best[0] if best else None


def answer_submit(
    *,
    actor: Actor,
    part_item_id: int,
    result: str | None = None,
    value: Decimal | None = None,
    text_value: str = "",
    instrument: str = "",
    note: str = "",
    files: Iterable[File] = (),
    client_key: str | None = None,
) -> Answer:
    """Answer an item, or correct the answer, while the part is on scene. Not journaled: the finished part is.

    A measured value is compared with the limit of the target's zone at this hour; without ``result`` the verdict
    stands, a ``result`` against it needs a note. Refused: ``not_on_the_visit``, ``part_not_on_scene``,
    ``result_needed``, ``value_needed``, ``choice_needed``, ``note_needed``, ``photo_needed``, ``lab_only``,
    ``lab_commissioned``, ``not_allowed``.
    """
    with transaction.atomic():
        part_item, part, visit = answering(part_item_id=part_item_id, actor=actor)
        if client_key and (first := Answer.objects.filter(client_key=client_key, part_item=part_item).first()):
            return first
        item = part_item.item
        if LabTest.objects.filter(part_item=part_item).exclude(state=LabState.CANCELLED).exists():
            raise Refused("lab_commissioned", _("A laboratory is testing this item: its report answers it."))
        moment = now()
        answer = Answer.objects.filter(visit=visit, part_item=part_item).first()
        answer = answer or Answer(visit=visit, part_item=part_item)
        _clear(answer)
        answer.value = value
        answer.text_value = text_value.strip()
        answer.instrument = instrument.strip()
        answer.note = note.strip()
        _measure(answer, item, part.order.target, moment)
        answer.result = _result(answer, item, result)
        _photo_check(answer, item, list(files))
        answer.answered_by_id = staff_id(actor)
        answer.answered_at = moment
        answer.client_key = client_key or answer.client_key
        try:
            with transaction.atomic():
                answer.save()
        except IntegrityError as error:
            raise Refused("answered_elsewhere", _("This was answered from another phone just now.")) from error
        for file in files:
            file_stage.attach(file=file, answer=answer)
    return answer


def answering(*, part_item_id: int, actor: Actor) -> tuple[PartItem, Part, Visit]:
    """The item with its locked part and the open visit, for an officer of the part who is there.

    Only the part is locked: nothing else is written by an answer, and finishing the part locks it too.
    """
    part_item = PartItem.objects.select_related("item").filter(pk=part_item_id).first()
    if part_item is None:
        raise Refused("not_found", _("This item does not exist."), status=404)
    part = (
        Part.objects.select_for_update(no_key=True, of=("self",))
        .select_related("order__target", "agency")
        .get(pk=part_item.part_id)
    )
    handling = part.order.kind == OrderKind.HANDLING
    policies.require(actor, "task.handle" if handling else "visit.answer", squad_ids=[part.squad_id])
    if part.state != PartState.ON_SCENE:
        raise Refused("part_not_on_scene", _("This part is not on scene: its items can't be changed."))
    visit = Visit.objects.get(order_id=part.order_id, state=VisitState.OPEN)
    there_required(visit=visit, part=part, actor=actor, handling=handling)
    return part_item, part, visit


def there_required(*, visit: Visit, part: Part, actor: Actor, handling: bool) -> None:
    """``Refused("not_on_the_visit")`` unless the actor stands there as an officer of the part."""
    if handling or actor.is_system:
        return
    if not VisitOfficer.objects.filter(visit=visit, part=part, user_id=staff_id(actor), counts=True).exists():
        raise Refused(
            "not_on_the_visit",
            _("Only an officer who reported in for this squad can do this."),
            status=403,
        )


def _clear(answer: Answer) -> None:
    answer.unit, answer.limit, answer.standard = "", None, ""


def _measure(answer: Answer, item: InspectionItem, target: Target, moment: datetime) -> None:
    if item.kind not in (ItemKind.MEASURED, ItemKind.NUMBER):
        return
    answer.unit = item.unit
    limit = limit_for(item, target, moment)
    if limit is not None and answer.value is not None:
        answer.limit, answer.unit, answer.standard = limit.maximum, limit.unit, limit.standard


def _result(answer: Answer, item: InspectionItem, result: str | None) -> str:
    """The result that stands, after asking for what the item's kind needs."""
    verdict = None
    if answer.value is not None and answer.limit is not None:
        verdict = Result.CONFORMS if judge(answer.value, answer.limit).conforms else Result.FAILS
    chosen = result or verdict
    if chosen == Result.NOT_APPLICABLE:
        return chosen
    if item.kind == ItemKind.LAB or chosen == Result.SENT_TO_LAB:
        raise Refused("lab_only", _("A laboratory tests this item: commission it, or mark it not applicable."))
    if chosen not in (Result.CONFORMS, Result.FAILS):
        raise Refused("result_needed", _("Say whether it conforms."), field="result", status=422)
    if item.kind in (ItemKind.MEASURED, ItemKind.NUMBER) and answer.value is None:
        raise Refused("value_needed", _("Enter the value."), field="value", status=422)
    if item.kind == ItemKind.CHOICE and item.choices and answer.text_value not in item.choices:
        raise Refused("choice_needed", _("Choose one of the answers."), field="text_value", status=422)
    if verdict is not None and chosen != verdict and not answer.note:
        raise Refused(
            "note_needed",
            _("The value says otherwise (%(value)s against %(limit)s %(unit)s). Say why in the note.")
            % {"value": answer.value, "limit": answer.limit, "unit": answer.unit},
            field="note",
            status=422,
        )
    if item.kind == ItemKind.MEASURED and answer.limit is None and not answer.note:
        raise Refused(
            "note_needed",
            _("No limit is known for this place and hour. Say in the note what you judged by."),
            field="note",
            status=422,
        )
    if item.kind == ItemKind.JUDGED and chosen == Result.FAILS and not answer.note:
        raise Refused(
            "note_needed", _("There is no number here: describe what you saw and heard."), field="note", status=422
        )
    return chosen


def _photo_check(answer: Answer, item: InspectionItem, files: list[File]) -> None:
    if not item.photo_required or files or answer.note or answer.result == Result.NOT_APPLICABLE:
        return
    if answer.pk is None or not answer.attachments.exists():
        raise Refused("photo_needed", _("Take a photo, or say in the note why not."), field="files", status=422)
