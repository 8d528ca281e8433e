"""What a row of the board shows of a case, as plain columns: a hundred whole cases with six tables beside each would
take longer to make than to draw."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F

from cases.models import Case, DeadlineKind, Source
from cases.selectors.board import Glance
from teams.models.base import in_english
from teams.statements import Statement, among


class CaseRow(NamedTuple):
    """The columns of ``Glance``, then those that tell nothing of where the case stands."""

    pk: int
    street_id: int
    stage: str
    severity: str
    opened_at: datetime
    due_at: datetime | None
    complaint_count: int
    category_id: int | None
    owner_id: int | None
    seq: int | None
    target_name: str | None
    target_address: str | None
    warn_at: datetime | None
    due_kind: str
    urgency: str
    rework_count: int
    transferred_to: str
    result_text: str
    reference: str
    title: str
    address: str
    source: str
    target_id: int | None
    code: str | None
    category_zh: str | None
    category_en: str | None
    street_zh: str
    street_en: str
    grid_zh: str | None
    grid_en: str | None
    owner_name: str | None
    owner_login: str | None

    @property
    def glance(self) -> Glance:
        return Glance._make(self[: len(Glance._fields)])

    @property
    def category(self) -> str:
        return _said(self.category_zh, self.category_en)

    @property
    def street(self) -> str:
        return _said(self.street_zh, self.street_en)

    @property
    def grid(self) -> str:
        return _said(self.grid_zh, self.grid_en)

    @property
    def owner(self) -> str:
        return self.owner_name or self.owner_login or ""

    @property
    def due_words(self) -> str:
        return str(DeadlineKind(self.due_kind).label)

    @property
    def source_words(self) -> str:
        return str(Source(self.source).label)


def _said(chinese: str | None, english: str | None) -> str:
    return (in_english() and english) or chinese or ""


BESIDE: dict[str, Any] = {
    "seq": F("chain__seq"),
    "target_name": F("target__name"),
    "target_address": F("target__address"),
    "code": F("category__code"),
    "category_zh": F("category__name"),
    "category_en": F("category__name_en"),
    "street_zh": F("street__name"),
    "street_en": F("street__name_en"),
    "grid_zh": F("grid__name"),
    "grid_en": F("grid__name_en"),
    "owner_name": F("owner__name"),
    "owner_login": F("owner__username"),
}
ROWS: Statement[tuple[Any, ...]] = Statement(
    lambda: Case.objects.filter(among("id", "cases")).order_by().annotate(**BESIDE).values_list(*CaseRow._fields)
)


def case_rows(ids: Iterable[int]) -> list[CaseRow]:
    """The cases as rows show them, in no order. Whoever asks has checked that they may be seen. One query."""
    return [CaseRow(*row) for row in ROWS(cases=list(ids))]
