"""What lists may be narrowed by. A test finds columns of the answers that nobody decided about."""

from __future__ import annotations

import django_filters

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


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    stage = django_filters.MultipleChoiceFilter(choices=CaseStage.choices, label="stage, several are joined by or")
    disposition = django_filters.ChoiceFilter(choices=Disposition.choices)
    severity = django_filters.ChoiceFilter(choices=Severity.choices)
    urgency = django_filters.ChoiceFilter(choices=Urgency.choices)
    source = django_filters.ChoiceFilter(choices=Source.choices)
    reference = django_filters.CharFilter()
    street = django_filters.CharFilter(field_name="street__code", label="code of the street")
    grid = django_filters.CharFilter(field_name="grid__code", label="code of the grid")
    category = django_filters.CharFilter(field_name="category__code", label="code of the category")
    target = django_filters.NumberFilter(field_name="target_id")
    merged_into = django_filters.NumberFilter(field_name="merged_into_id")
    opened_after = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")
    closed_after = django_filters.IsoDateTimeFilter(field_name="closed_at", lookup_expr="gte")
    closed_before = django_filters.IsoDateTimeFilter(field_name="closed_at", lookup_expr="lt")
    due_before = django_filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Case
        fields: list[str] = []


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(choices=OrderState.choices, label="state, several are joined by or")
    kind = django_filters.ChoiceFilter(choices=OrderKind.choices)
    urgency = django_filters.ChoiceFilter(choices=Urgency.choices)
    number = django_filters.CharFilter()
    street = django_filters.CharFilter(field_name="street__code", label="code of the street")
    target = django_filters.NumberFilter(field_name="target_id")
    squad = django_filters.NumberFilter(field_name="parts__squad_id", distinct=True, label="a squad that takes part")
    announced = django_filters.BooleanFilter()
    urgent_first = django_filters.BooleanFilter()
    planned_after = django_filters.DateFilter(field_name="planned_day", lookup_expr="gte")
    planned_before = django_filters.DateFilter(field_name="planned_day", lookup_expr="lt")
    issued_after = django_filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="gte")
    issued_before = django_filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: list[str] = []


class TargetFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=TargetKind.choices)
    name = django_filters.CharFilter(lookup_expr="icontains")
    address = django_filters.CharFilter(lookup_expr="icontains")
    uscc = django_filters.CharFilter()
    trade = django_filters.CharFilter()
    street = django_filters.CharFilter(field_name="street__code", label="code of the street")
    grid = django_filters.CharFilter(field_name="grid__code", label="code of the grid")
    active = django_filters.BooleanFilter()
    no_disturb = django_filters.BooleanFilter()
    merged = django_filters.BooleanFilter(field_name="merged_into", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Target
        fields: list[str] = []


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(choices=MessageState.choices, label="state, several are joined by or")
    kind = django_filters.CharFilter()
    fault = django_filters.ChoiceFilter(choices=Fault.choices)
    status = django_filters.NumberFilter()
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: list[str] = []
