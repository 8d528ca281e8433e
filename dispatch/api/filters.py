"""What lists may be narrowed by. A test finds columns of the answers that nobody decided about.

Each kind of filter says its ``shape`` in the description and takes nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict

from cases.models import (
    Case,
    CaseStage,
    Disposition,
    Order,
    OrderKind,
    OrderState,
    Severity,
    Source,
    Target,
    TargetKind,
    Urgency,
)
from dispatch.notify.models import Delivery, Fault, MessageState

BIGGEST = 2**63 - 1
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Words(django_filters.CharFilter):  # type: ignore[misc]
    shape = str


class Id(django_filters.Filter):  # type: ignore[misc]
    field_class = forms.IntegerField
    shape = {"type": "integer", "minimum": 1, "maximum": BIGGEST}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, min_value=1, max_value=BIGGEST, **more)


class One(django_filters.ChoiceFilter):  # type: ignore[misc]
    @property
    def shape(self) -> dict[str, Any]:
        return {"type": "string", "enum": [value for value, _label in self.extra["choices"]]}


class Several(django_filters.MultipleChoiceFilter):  # type: ignore[misc]
    @property
    def shape(self) -> dict[str, Any]:
        one = {"type": "string", "enum": [value for value, _label in self.extra["choices"]]}
        return {"type": "array", "items": one}


class Flag(django_filters.TypedChoiceFilter):  # type: ignore[misc]
    """``true`` or ``false``; anything else is refused, not taken for “all”."""

    shape = bool

    def __init__(self, *args: Any, **more: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=choices, coerce=lambda text: text == "true", **more)


class Day(django_filters.DateFilter):  # type: ignore[misc]
    shape = {"type": "string", "format": "date"}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **more)


class InUtc(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    """In UTC before it is compared: RFC 3339 has offsets to 23:59, PostgreSQL takes them below 16 hours only."""

    def to_python(self, value: Any) -> datetime | None:
        found: datetime | None = super().to_python(value)
        try:
            return found and found.astimezone(UTC)
        except OverflowError:  # before the year 1 or after 9999: as far as there are days
            assert found is not None
            return FIRST if found.year == 1 else LAST


class Moment(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = InUtc
    shape = {"type": "string", "format": "date-time"}


def blank(filters: type[django_filters.FilterSet], given: QueryDict) -> list[str]:
    """Filters that are named and left empty, where an empty text is none of their values: not taken for “all”."""
    return [name for name, one in filters.base_filters.items() if one.shape is not str and "" in given.getlist(name)]


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    stage = Several(choices=CaseStage.choices, label="stage, several are joined by or")
    disposition = One(choices=Disposition.choices)
    severity = One(choices=Severity.choices)
    urgency = One(choices=Urgency.choices)
    source = One(choices=Source.choices)
    reference = Words()
    street = Words(field_name="street__code", label="code of the street")
    grid = Words(field_name="grid__code", label="code of the grid")
    category = Words(field_name="category__code", label="code of the category")
    target = Id(field_name="target_id")
    merged_into = Id(field_name="merged_into_id")
    opened_after = Moment(field_name="opened_at", lookup_expr="gte")
    opened_before = Moment(field_name="opened_at", lookup_expr="lt")
    closed_after = Moment(field_name="closed_at", lookup_expr="gte")
    closed_before = Moment(field_name="closed_at", lookup_expr="lt")
    due_before = Moment(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Case
        fields: list[str] = []


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = Several(choices=OrderState.choices, label="state, several are joined by or")
    kind = One(choices=OrderKind.choices)
    urgency = One(choices=Urgency.choices)
    number = Words()
    street = Words(field_name="street__code", label="code of the street")
    target = Id(field_name="target_id")
    squad = Id(field_name="parts__squad_id", distinct=True, label="a squad that takes part")
    announced = Flag()
    urgent_first = Flag()
    planned_after = Day(field_name="planned_day", lookup_expr="gte")
    planned_before = Day(field_name="planned_day", lookup_expr="lt")
    issued_after = Moment(field_name="issued_at", lookup_expr="gte")
    issued_before = Moment(field_name="issued_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: list[str] = []


class TargetFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = One(choices=TargetKind.choices)
    name = Words(lookup_expr="icontains")
    address = Words(lookup_expr="icontains")
    uscc = Words()
    trade = Words()
    street = Words(field_name="street__code", label="code of the street")
    grid = Words(field_name="grid__code", label="code of the grid")
    active = Flag()
    no_disturb = Flag()
    merged = Flag(field_name="merged_into", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Target
        fields: list[str] = []


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = Several(choices=MessageState.choices, label="state, several are joined by or")
    kind = Words()
    fault = One(choices=Fault.choices)
    status = Id()
    created_after = Moment(field_name="created_at", lookup_expr="gte")
    created_before = Moment(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: list[str] = []
