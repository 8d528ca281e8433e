"""The photos of a case in the order of its story, and the pairs that show before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Attachment, AttachmentRole

if TYPE_CHECKING:
    from cases.selectors.dossier import Voice
    from cases.selectors.orderview import OrderView

TOLD, VISIT, AFTER, REPORT = "told", "visit", "after", "report"
"""As reported; at the visit; put right (a recheck's, or taken when it was done); a laboratory's paper."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``of``: whom or what it is about; ``item_id``: the inspection item that it shows, if it does."""

    attachment: Attachment
    phase: str
    of: str
    at: datetime
    item_id: int | None = None

    @property
    def phase_words(self) -> str:
        return {
            TOLD: _("as reported"),
            VISIT: _("at the visit"),
            AFTER: pgettext("photo", "put right"),
            REPORT: _("laboratory report"),
        }[self.phase]


def pictures_of(voices: Sequence[Voice], orders: Sequence[OrderView], rechecks: Collection[int]) -> list[Picture]:
    """All of them, as the story went. ``rechecks``: ids of the orders that look again."""
    found = [
        Picture(photo, TOLD, voice.label, photo.file.taken_at or photo.file.uploaded_at)
        for voice in voices
        for photo in voice.photos
    ]
    for view in orders:
        for photo in view.photos:
            item = _item_of(photo)
            phase = AFTER if view.order.pk in rechecks or photo.role == AttachmentRole.AFTER else VISIT
            if photo.lab_test_id is not None or photo.role == AttachmentRole.REPORT:
                phase = REPORT
            elif photo.ruling_id is not None:
                phase = AFTER
            at = photo.file.taken_at or photo.file.uploaded_at
            found.append(Picture(photo, phase, _words_of(photo) or view.order.number, at, item))
    ranks = (TOLD, VISIT, AFTER, REPORT)
    return sorted(found, key=lambda one: (ranks.index(one.phase), one.at, one.attachment.pk))


def pairs_of(pictures: Iterable[Picture]) -> list[tuple[Picture, Picture]]:
    """Before and after: of one inspection item where both were taken, else the last before and the last after."""
    before = [one for one in pictures if one.phase in (TOLD, VISIT)]
    after = [one for one in pictures if one.phase == AFTER]
    pairs = []
    for item in dict.fromkeys(one.item_id for one in after if one.item_id is not None):
        first = [one for one in before if one.item_id == item]
        if first:
            pairs.append((first[-1], [one for one in after if one.item_id == item][-1]))
    if not pairs and before and after:
        at_visit = [one for one in before if one.phase == VISIT]
        pairs.append(((at_visit or before)[-1], after[-1]))
    return pairs


def _item_of(photo: Attachment) -> int | None:
    if photo.answer is not None:
        return photo.answer.part_item.item_id
    if photo.finding is not None:
        return photo.finding.item_id
    return photo.ruling.finding.item_id if photo.ruling is not None else None


def _words_of(photo: Attachment) -> str:
    if photo.answer is not None:
        return str(photo.answer.part_item.item)
    if photo.finding is not None:
        return photo.finding.text
    if photo.ruling is not None:
        return photo.ruling.finding.text
    return ""
