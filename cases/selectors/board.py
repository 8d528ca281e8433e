"""The office's board: queues with their counts, rows by the nearest deadline in keyset pages, and the filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import BooleanField, CharField, ExpressionWrapper, F, Q, Value
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases import flow
from cases.clock.moment import now
from cases.models import (
    Case,
    CaseQuerySet,
    CaseStage,
    Category,
    Deadline,
    DeadlineState,
    Feedback,
    OrderNeed,
    OrderState,
    Part,
    PartState,
    ReworkState,
    Severity,
    Source,
    Urgency,
)
from teams.models import Street
from teams.policies import Actor

S = CaseStage
STAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "accept": (S.RECEIVED,),
        "triage": (S.ACCEPTED,),
        "asking": (S.ASKING,),
        "plan": (S.PLANNING,),
        "way": (S.DISPATCHED, S.VISITING),
        "rule": (S.RULING,),
        "recheck": (S.RECTIFYING,),
        "mediate": (S.MEDIATING,),
        "close": (S.CHECKING,),
    }
)
"""One queue a task, and the stages whose cases stand in it. ``late`` and ``all`` cut across them."""

QUEUES = (*STAGES, "late", "all")
OPEN_STAGES = tuple(stage for stage in CaseStage.values if stage not in flow.ENDED)
CAP = 100
"""Counts end here: a badge says 99+."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class QueueCount:
    """At most ``CAP`` each."""

    count: int = 0
    late: int = 0


def queue_rule(queue: str) -> Q:
    """Which cases stand in the queue. KeyError for a queue that doesn't exist."""
    if queue == "all":
        return Q(stage__in=OPEN_STAGES)
    if queue == "late":
        return Q(stage__in=OPEN_STAGES, due_at__lt=now())
    return Q(stage__in=STAGES[queue])


def queues(actor: Actor) -> dict[str, QueueCount]:
    """Counts of all queues, and of ratings that ask for ``rework``, in one query.

    Each reads ``CAP`` rows of an index at most, the late ones first.
    """
    moment = now()
    visible = Case.objects.visible_to(actor)
    late = ExpressionWrapper(Q(due_at__lt=moment), output_field=BooleanField())
    parts = [
        visible.filter(queue_rule(queue))
        .order_by("due_at")
        .annotate(queue=Value(queue, output_field=CharField()), is_late=late)
        .values_list("queue", "is_late")[:CAP]
        for queue in QUEUES
    ]
    rework = (
        Feedback.objects.filter(rework=ReworkState.ASKED, case__in=visible)
        .annotate(queue=Value("rework", output_field=CharField()), is_late=Value(False))
        .values_list("queue", "is_late")[:CAP]
    )
    found: dict[str, list[int]] = {queue: [0, 0] for queue in (*QUEUES, "rework")}
    for queue, is_late in parts[0].union(*parts[1:], rework, all=True):
        found[queue][0] += 1
        found[queue][1] += bool(is_late)
    return {queue: QueueCount(count, late_count) for queue, (count, late_count) in found.items()}


AGES = ((1, _("more than a day old")), (3, _("more than 3 days old")), (7, _("more than a week old")))
LIGHTS = (("late", _("late")), ("soon", _("due soon")), ("ok", _("in time")))


class CaseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of the board. ``actor`` limits the streets offered; unknown values are errors of the form."""

    street = django_filters.ModelChoiceFilter(
        queryset=Street.objects.none(), label=_("street"), empty_label=_("Street")
    )
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.none(), label=_("category"), empty_label=_("Category")
    )
    source = django_filters.ChoiceFilter(choices=Source.choices, label=_("source"), empty_label=_("Source"))
    urgency = django_filters.ChoiceFilter(choices=Urgency.choices, label=_("urgency"), empty_label=_("Urgency"))
    severity = django_filters.ChoiceFilter(choices=Severity.choices, label=_("severity"), empty_label=_("Severity"))
    light = django_filters.ChoiceFilter(choices=LIGHTS, label=_("light"), empty_label=_("Light"), method="by_light")
    age = django_filters.ChoiceFilter(choices=AGES, label=_("age"), empty_label=_("Age"), method="by_age")
    text = django_filters.CharFilter(label=_("text"), method="by_text", max_length=80)

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any] | None, queryset: CaseQuerySet, *, actor: Actor) -> None:
        super().__init__(data, queryset)
        streets = Street.objects.all()
        if actor.streets() or actor.districts:
            streets = streets.filter(Q(pk__in=actor.streets()) | Q(district_id__in=actor.districts))
        self.filters["street"].extra["queryset"] = streets
        self.filters["category"].extra["queryset"] = Category.objects.filter(active=True, parent__isnull=False)

    def by_light(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        moment = now()
        if value == "late":
            return rows.filter(due_at__lt=moment)
        if value == "soon":
            return rows.filter(warn_at__lte=moment, due_at__gte=moment)
        return rows.filter(Q(warn_at__gt=moment) | Q(due_at__isnull=True))

    def by_age(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        return rows.filter(opened_at__lt=now() - timedelta(days=int(value)))

    def by_text(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        return rows.filter(text_rule(value))


def text_rule(value: str) -> Q:
    """Cases whose reference, title, address or party holds the words."""
    words = value.strip()
    return (
        Q(reference__icontains=words)
        | Q(title__icontains=words)
        | Q(address__icontains=words)
        | Q(target__name__icontains=words)
        | Q(target__address__icontains=words)
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the board. ``cursor`` asks for the next one; None at the end."""

    cases: list[Case]
    cursor: str | None


def board_rows(
    *,
    actor: Actor,
    queue: str,
    filters: Mapping[str, Any] | None = None,
    cursor: str | None = None,
    size: int = PAGE,
) -> tuple[Page, CaseFilter]:
    """A page of a queue by nearest deadline (without one: last), and the filter form that was applied.

    A filter value that is not offered selects nothing of itself; the form says so. A cursor that can't be read
    starts from the beginning.
    """
    chosen = CaseFilter(filters or {}, Case.objects.visible_to(actor).filter(queue_rule(queue)), actor=actor)
    rows = chosen.qs.select_related("target", "category", "street", "grid", "chain")
    rows = after(rows, cursor).order_by(F("due_at").asc(nulls_last=True), "pk")
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, cursor_of(found[-1]) if more else None), chosen


def cursor_of(case: Case) -> str:
    return f"{case.due_at.isoformat() if case.due_at else '-'}~{case.pk}"


def after(rows: CaseQuerySet, cursor: str | None) -> CaseQuerySet:
    """The rows that follow the cursor in board order (due moment, then id)."""
    moment, _sep, key = (cursor or "").partition("~")
    if not key.isdigit():
        return rows
    if moment == "-":
        return rows.filter(due_at__isnull=True, pk__gt=int(key))
    due = parse_datetime(moment)
    if due is None:
        return rows
    return rows.filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=int(key)) | Q(due_at__isnull=True))


@dataclass(frozen=True, slots=True)
class PartGlance:
    """A squad's part as the board shows it; the names are what the tag ``squads`` reads."""

    name: str
    state: str
    late: bool
    lead: bool


@dataclass(slots=True)
class OrderGlance:
    """The order that a case stands in now."""

    id: int
    number: str
    state: str
    seq: int
    parts: list[PartGlance] = field(default_factory=list)


def orders_of(case_ids: Iterable[int]) -> dict[int, OrderGlance]:
    """The present order of each case (the newest that was not cancelled), without its parts. One query."""
    links = (
        OrderNeed.objects.filter(need__case_id__in=list(case_ids), released_at__isnull=True)
        .exclude(order__state=OrderState.CANCELLED)
        .order_by("order_id")
        .values_list("need__case_id", "order_id", "order__number", "order__state", "order__chain__seq")
    )
    return {case_id: OrderGlance(order_id, number, state, seq or 0) for case_id, order_id, number, state, seq in links}


def parts_fill(orders: Iterable[OrderGlance]) -> None:
    """Write the parts of the orders into them. Two queries."""
    wanted: dict[int, list[OrderGlance]] = {}
    for order in orders:
        wanted.setdefault(order.id, []).append(order)
    if not wanted:
        return
    late = set(
        Deadline.objects.filter(part__order_id__in=wanted, state=DeadlineState.RUNNING, due_at__lt=now()).values_list(
            "part_id", flat=True
        )
    )
    rows = (
        Part.objects.filter(order_id__in=wanted)
        .exclude(state=PartState.RELEASED)
        .select_related("squad")
        .order_by("-is_lead", "pk")
    )
    for part in rows:
        squad = part.squad
        for order in wanted[part.order_id]:
            order.parts.append(PartGlance(squad_name(squad), part.state, part.pk in late, part.is_lead))


def squad_name(squad: Any) -> str:
    """The short name of a squad in the reader's language."""
    if (get_language() or "").startswith("en") and squad.name_en:
        return str(squad.short_name_en or squad.name_en)
    return str(squad.short_name or squad.name)


def since_group(due: datetime | None, moment: datetime) -> str:
    """The group of the board that a deadline falls into: ``late hour day later``."""
    if due is None:
        return "later"
    if due < moment:
        return "late"
    if due < moment + timedelta(hours=1):
        return "hour"
    return "day" if due < moment + timedelta(days=1) else "later"
