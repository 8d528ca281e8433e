"""The checklist as a phone shows it: item, answer, limit, photos, what a laboratory has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.clock.moment import now
from cases.models import (
    Answer,
    Attachment,
    FileState,
    InspectionItem,
    ItemKind,
    ItemLimit,
    LabState,
    LabTest,
    Part,
    PartItem,
    Period,
    Result,
    Visit,
)
from cases.services import visits
from dispatch.field.forms import TRI_OF, AnswerForm, SampleForm
from dispatch.field.frame import Shots, shots
from dispatch.web.refusals import new_client_key
from teams.selectors import laboratories

HOURS: Mapping[str, object] = {
    Period.DAY.value: gettext_lazy("by day, 06:00–22:00"),
    Period.NIGHT.value: gettext_lazy("by night, 22:00–06:00"),
}


@dataclass(slots=True)
class Row:
    """One item of the part. ``over`` says by how much a value passes its limit; ``form`` keeps what was typed."""

    part_item: PartItem
    number: int
    answer: Answer | None
    form: AnswerForm
    limit: Decimal | None
    unit: str
    standard: str
    basis: str
    shots: Shots
    limit_of: str = ""
    test: LabTest | None = None
    sample: SampleForm | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def item(self) -> InspectionItem:
        return self.part_item.item

    @property
    def key(self) -> str:
        return str(self.part_item.pk)

    @property
    def numeric(self) -> bool:
        return self.item.kind in (ItemKind.MEASURED, ItemKind.NUMBER)

    @property
    def hint(self) -> str:
        english = (get_language() or "").startswith("en") and self.item.hint_en
        return self.item.hint_en if english else self.item.hint

    @property
    def answered(self) -> bool:
        return self.answer is not None

    @property
    def failed(self) -> bool:
        return self.answer is not None and self.answer.result == Result.FAILS

    @property
    def tri(self) -> str:
        """What the three-state buttons show: typed before saved."""
        if self.form.is_bound:
            return str(self.form.data.get("result", ""))
        return TRI_OF.get(self.answer.result, "") if self.answer else ""

    @property
    def over(self) -> str:
        answer = self.answer
        if answer is None or answer.value is None or answer.limit is None or answer.value <= answer.limit:
            return ""
        return _("%(value)s %(unit)s over") % {"value": plain(answer.value - answer.limit), "unit": self.unit}

    @property
    def value(self) -> str:
        if self.form.is_bound:
            return str(self.form.data.get("value", ""))
        return plain(self.answer.value) if self.answer and self.answer.value is not None else ""

    @property
    def value_number(self) -> float | None:
        """For the gauge; nothing while what was typed is no number."""
        try:
            return float(self.value.replace(",", ".")) if self.value else None
        except ValueError:
            return None

    @property
    def limit_text(self) -> str:
        return plain(self.limit) if self.limit is not None else ""


def plain(number: Decimal) -> str:
    """Without the zeros of the column: 58.00 is 58."""
    return f"{number.normalize():f}"


def rows_of(part: Part, visit: Visit | None, *, only: int | None = None, bound: AnswerForm | None = None) -> list[Row]:
    """The part's items in order. ``bound``: the form of item ``only`` as it came, where it was refused."""
    listed: Sequence[PartItem] = list(part.items.select_related("item").prefetch_related("item__bases"))
    answers = (
        {row.part_item_id: row for row in Answer.objects.filter(visit=visit, part_item__part=part)} if visit else {}
    )
    tests = {
        row.part_item_id: row
        for row in LabTest.objects.filter(part_item__part=part)
        .exclude(state=LabState.CANCELLED)
        .select_related("laboratory")
    }
    pictures = _pictures([answer.pk for answer in answers.values()])
    moment = now()
    labs = laboratories() if any(row.item.kind == ItemKind.LAB for row in listed) else None
    rows = []
    for number, part_item in enumerate(listed, start=1):
        answer = answers.get(part_item.pk)
        item = part_item.item
        if answer is not None:
            answer.part_item = part_item
        limit = None
        if item.kind in (ItemKind.MEASURED, ItemKind.LAB, ItemKind.NUMBER):
            at = answer.answered_at if answer and answer.limit is not None else moment
            limit = visits.limit_for(item, part.order.target, at)
        measured = answer if answer and answer.limit is not None else None
        rows.append(
            Row(
                part_item=part_item,
                number=number,
                answer=answer,
                form=bound if bound is not None and only == part_item.pk else _form(answer),
                limit=measured.limit if measured else (limit.maximum if limit else None),
                unit=item.unit_shown(measured.unit if measured else (limit.unit if limit else item.unit)),
                standard=measured.standard if measured else (limit.standard if limit else ""),
                basis=_basis(item),
                limit_of=_limit_of(limit),
                shots=shots(pictures.get(answer.pk, []) if answer else []),
                test=tests.get(part_item.pk),
                sample=_sample(labs) if labs is not None and item.kind == ItemKind.LAB else None,
            )
        )
    return rows


def _limit_of(limit: ItemLimit | None) -> str:
    """Which limit it is: standard, zone of the place, hours it is for."""
    if limit is None:
        return ""
    words = [limit.standard] if limit.standard else []
    if limit.zone is not None:
        words.append(_("zone %(zone)s") % {"zone": limit.zone})
    if limit.period in HOURS:
        words.append(str(HOURS[limit.period]))
    return " · ".join(words)


def _form(answer: Answer | None) -> AnswerForm:
    initial: dict[str, Any] = {"photo_key": new_client_key()}
    if answer is not None:
        initial |= {"text_value": answer.text_value, "instrument": answer.instrument, "note": answer.note}
    return AnswerForm(initial=initial, auto_id=False)


def _sample(labs: Any) -> SampleForm:
    first = labs.first()
    return SampleForm(laboratories=labs, initial={"laboratory": first}, auto_id=False)


def _basis(item: InspectionItem) -> str:
    """The basis in force today, the newest one."""
    day = timezone.localdate(now())
    rows = [b for b in item.bases.all() if b.starts_on <= day and (b.ends_on is None or b.ends_on >= day)]
    if not rows:
        return ""
    newest = max(rows, key=lambda row: row.starts_on)
    english = (get_language() or "").startswith("en") and newest.text_en
    return str(newest.text_en if english else newest.text)


def _pictures(answer_ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    rows = Attachment.objects.filter(answer_id__in=answer_ids).exclude(file__state=FileState.BROKEN)
    for row in rows.select_related("file").order_by("pk"):
        assert row.answer_id is not None
        found.setdefault(row.answer_id, []).append(row.file)
    return found
