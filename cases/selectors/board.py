"""The office's board: queues with their counts, rows by the nearest deadline in keyset pages, and the filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
)
from django.utils.translation import get_language

from cases import flow
from cases.clock.moment import now
from cases.models import (
    BoardView,
    Case,
    CaseQuerySet,
    CaseStage,
    Deadline,
    DeadlineState,
    Event,
    Feedback,
    Order,
    OrderNeed,
    OrderState,
    Part,
    PartState,
    ReworkState,
)
from cases.selectors.boardfilters import CaseFilter, Options, rule_of
from cases.selectors.boardsort import FIRST, Page, ordered, page_found, page_of, slots_of
from cases.selectors.event_words import actor_words
from teams.policies import Actor
from teams.statements import Slot, Statement, among, for_readers

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
_QUEUES_OF = {stage: (queue, "all") for queue, stages in STAGES.items() for stage in stages}
CAP = 100
"""Counts end here: a badge says 99+."""
PAGE = 100
NOW: Any = Slot("now", DateTimeField())
ME: Any = Slot("me")


@dataclass(frozen=True, slots=True)
class QueueCount:
    """At most ``CAP`` each."""

    count: int = 0
    late: int = 0


def queue_rule(queue: str, moment: Any = None) -> Q:
    """Which cases stand in the queue at the moment, now if none is given. KeyError for a queue that doesn't exist."""
    if queue == "all":
        return Q(stage__in=OPEN_STAGES)
    if queue == "late":
        return Q(stage__in=OPEN_STAGES, due_at__lt=moment or now())
    return Q(stage__in=STAGES[queue])


def queues(actor: Actor, views: Iterable[BoardView] = ()) -> dict[str, QueueCount]:
    """Counts of all queues, of ratings that ask for ``rework``, and of the views (``view7``), in one query.

    Of each stage, of ratings and of views ``CAP`` rows are read at most, late ones first: what waits may pile up.
    """
    shapes = tuple((f"view{view.pk}", view.queue, tuple(view.filters.items())) for view in views)
    found: dict[str, list[int]] = {name: [0, 0] for name in (*QUEUES, *(name for name, *_of in shapes), "rework")}
    for name, is_late, count in _counts(actor, shapes)(now=now(), me=actor.user_id):
        for queue in _QUEUES_OF.get(name, (name,)):
            found[queue][0] += count
            found[queue][1] += count if is_late else 0
    found["late"] = [found["all"][1]] * 2
    return {name: QueueCount(min(count, CAP), min(of_them, CAP)) for name, (count, of_them) in found.items()}


@for_readers
def _counts(reader: Actor, shapes: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]) -> Statement[Any]:
    return Statement(lambda: _counting(reader, shapes), around=_HOW_MANY)


_HOW_MANY = "SELECT queue, is_late, count(*) AS n FROM ({}) AS counted GROUP BY queue, is_late"


def _counting(reader: Actor, shapes: Iterable[tuple[str, str, Iterable[tuple[str, str]]]]) -> QuerySet[Any, Any]:
    """A row for each that counts, ``CAP`` of a name at most, the late ones among them."""
    visible = Case.objects.visible_to(reader)
    late: Any = ExpressionWrapper(Q(due_at__lt=NOW), output_field=BooleanField())
    one = Value(1, output_field=BigIntegerField())

    def named(name: str, rows: QuerySet[Any, Any], is_late: Any = late) -> QuerySet[Any, Any]:
        counted = rows.annotate(queue=Value(name, output_field=CharField()), is_late=is_late, n=one)
        found: QuerySet[Any, Any] = counted.values_list("queue", "is_late", "n")[:CAP]
        return found

    stages = [named(stage, visible.filter(stage=stage).order_by("due_at")) for stage in OPEN_STAGES]
    views = [
        named(name, visible.filter(queue_rule(queue, NOW)).filter(rule_of(dict(filters), ME, NOW)).order_by("due_at"))
        for name, queue, filters in shapes
    ]
    rework = named("rework", Feedback.objects.filter(rework=ReworkState.ASKED, case__in=visible), Value(False))
    rows: QuerySet[Any, Any] = rework.union(*stages, *views, all=True)
    return rows


def views_of(actor: Actor) -> list[BoardView]:
    """The person's saved views, in the order in which they were made."""
    return VIEWS(user=actor.user_id) if actor.user_id else []


VIEWS: Statement[BoardView] = Statement(lambda: BoardView.objects.filter(user_id=Slot("user")))


def board_rows(
    *,
    actor: Actor,
    queue: str,
    filters: Mapping[str, Any] | None = None,
    sort: str = FIRST,
    cursor: str | None = None,
    before: str | None = None,
    size: int = PAGE,
    options: Options | None = None,
) -> tuple[Page[Glance], CaseFilter]:
    """A page of a queue in one of the orders of ``SORTS``, and the filter form that was applied.

    A filter value that is not offered selects nothing of itself; the form says so. A cursor that can't be read
    starts from the beginning. KeyError for a queue or an order that doesn't exist.
    """
    visible = Case.objects.visible_to(actor).filter(queue_rule(queue))
    chosen = CaseFilter(filters, visible, actor=actor, options=options)
    held = chosen.chosen

    def find(values: Sequence[Any] | None, back: bool) -> list[Glance]:
        empty = None if values is None else tuple(value is None for value in values)
        given = {f"key{n}": value for n, value in enumerate(values or ())}
        rows = _page(actor, queue, tuple(held.items()), sort, empty, back, size + 1)
        return rows(now=chosen.moment, me=actor.user_id, **given)

    place: Any = {"sort": sort, "after": cursor, "before": before, "size": size}
    if "text" in held:  # words are seldom the same twice: nothing of them is kept
        return page_of(_glances(chosen.qs), **place), chosen
    return page_found(find, **place), chosen


@for_readers
def _page(
    reader: Actor,
    queue: str,
    held: tuple[tuple[str, str], ...],
    sort: str,
    empty: tuple[bool, ...] | None,
    back: bool,
    most: int,
) -> Statement[Glance]:
    """Rows of a queue under these filters, beyond a cursor of this shape: which of its values are ``empty``."""
    visible = Case.objects.visible_to(reader).filter(queue_rule(queue, NOW)).filter(rule_of(dict(held), ME, NOW))
    values = None if empty is None else slots_of(sort, empty)
    return Statement(lambda: ordered(_glances(visible), sort, values, back=back)[:most])


def rows_again(*, actor: Actor, queue: str, ids: Iterable[int]) -> list[tuple[Glance, bool]]:
    """Those of the cases that the actor sees, and whether they still stand in the queue. One query."""
    return [(Glance(*row[:-1]), row[-1]) for row in _again(actor, queue)(cases=list(ids), now=now())]


@for_readers
def _again(reader: Actor, queue: str) -> Statement[tuple[Any, ...]]:
    stays = ExpressionWrapper(queue_rule(queue, NOW), output_field=BooleanField())
    found = Case.objects.visible_to(reader).filter(among("id", "cases")).annotate(stays=stays).order_by("pk")
    return Statement(lambda: _with_target(found).values_list(*Glance._fields, "stays"))


class Glance(NamedTuple):
    """What tells how a case stands on the board: enough to find a row that was drawn before, and its place."""

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


def _with_target(cases: CaseQuerySet) -> CaseQuerySet:
    return cases.annotate(seq=F("chain__seq"), target_name=F("target__name"), target_address=F("target__address"))


def _glances(cases: CaseQuerySet) -> QuerySet[Case, Glance]:
    return cast("QuerySet[Case, Glance]", _with_target(cases).values_list(*Glance._fields, named=True))


@dataclass(frozen=True, slots=True)
class PartGlance:
    """A squad's part as the board shows it; the names are what the tag ``squads`` reads."""

    name: str
    state: str
    late: bool
    lead: bool
    id: int = 0


@dataclass(slots=True)
class OrderGlance:
    """The order that a case stands in now."""

    id: int
    number: str
    state: str
    seq: int
    parts: list[PartGlance] = field(default_factory=list)


PRESENT_ORDERS: Statement[tuple[int, int, str, str, int | None]] = Statement(
    lambda: (
        OrderNeed.objects.filter(among("need__case_id", "cases"), released_at__isnull=True)
        .exclude(order__state=OrderState.CANCELLED)
        .order_by("order_id")
        .values_list("need__case_id", "order_id", "order__number", "order__state", "order__chain__seq")
    )
)


def orders_of(case_ids: Iterable[int]) -> dict[int, OrderGlance]:
    """The present order of each case (the newest that was not cancelled), without its parts. One query."""
    links = PRESENT_ORDERS(cases=list(case_ids))
    return {case_id: OrderGlance(order_id, number, state, seq or 0) for case_id, order_id, number, state, seq in links}


def parts_fill(orders: Iterable[OrderGlance]) -> None:
    """Write the parts of the orders into them. Two queries."""
    wanted: dict[int, list[OrderGlance]] = {}
    for order in orders:
        wanted.setdefault(order.id, []).append(order)
    if not wanted:
        return
    late = {part_id for (part_id,) in LATE_PARTS(orders=list(wanted), now=now())}
    for part_id, order_id, state, lead, *names in PARTS(orders=list(wanted)):
        part = PartGlance(short_of(*names), state, part_id in late, lead, part_id)
        for order in wanted[order_id]:
            order.parts.append(part)


LATE_PARTS: Statement[tuple[int]] = Statement(
    lambda: Deadline.objects.filter(
        among("part__order_id", "orders"), state=DeadlineState.RUNNING, due_at__lt=NOW
    ).values_list("part_id")
)
PARTS: Statement[tuple[Any, ...]] = Statement(
    lambda: (
        Part.objects.filter(among("order_id", "orders"))
        .exclude(state=PartState.RELEASED)
        .order_by("-is_lead", "pk")
        .values_list(
            *("pk", "order_id", "state", "is_lead"),
            *(f"squad__{name}" for name in ("name", "name_en", "short_name", "short_name_en")),
        )
    )
)


def last_change(subject: Case | Order) -> tuple[str, datetime] | None:
    """Who wrote the last event of the case or order and when, in words for the office."""
    mine = {"case" if isinstance(subject, Case) else "order": subject}
    event = Event.objects.filter(**mine).select_related("actor").order_by("-seq").first()
    return (actor_words(event), event.at) if event else None


def squad_name(squad: Any) -> str:
    """The short name of a squad in the reader's language."""
    return short_of(squad.name, squad.name_en, squad.short_name, squad.short_name_en)


def short_of(name: str, name_en: str, short_name: str, short_name_en: str) -> str:
    """The same of a squad's columns."""
    if (get_language() or "").startswith("en") and name_en:
        return short_name_en or name_en
    return short_name or name


def since_group(due: datetime | None, moment: datetime) -> str:
    """The group of the board that a deadline falls into: ``late hour day later``."""
    if due is None:
        return "later"
    if due < moment:
        return "late"
    if due < moment + timedelta(hours=1):
        return "hour"
    return "day" if due < moment + timedelta(days=1) else "later"
