"""On scene: squads of the cast report in, answer, finish; the lead closes. By the services that phones call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from cases.clock.moment import pretend
from cases.models import Case, Finding, ItemKind, Order, Part, PartItem, PartState, ReportIn, Result, Ruling, Visit
from cases.services import followups, orders, visits
from tests.cast import LAT, LNG, Cast


@contextmanager
def at(text: str) -> Iterator[datetime]:
    """The services live at this moment of Beijing time, ``2026-07-14 22:30``."""
    moment = timezone.make_aware(datetime.fromisoformat(text))
    with pretend(moment):
        yield moment


def kinds(subject: Case | Order) -> list[str]:
    return list(subject.events.order_by("seq").values_list("kind", flat=True))


def part_of(order: Order, cast: Cast, function: str) -> Part:
    return Part.objects.exclude(state=PartState.RELEASED).get(order=order, squad=cast.squads[function])


def report_in(cast: Cast, order: Order, function: str, **more: object) -> ReportIn:
    """Two officers of the function's squad are there; the first of them reports."""
    people = cast.officers_of(function)[:2]
    facts: dict[str, object] = {
        "officer_ids": [person.pk for person in people],
        "lat": LAT,
        "lng": LNG,
        "identity_shown": True,
        **more,
    }
    return visits.visit_report_in(
        actor=cast.act(people[0]),
        part_id=part_of(order, cast, function).pk,
        **facts,  # type: ignore[arg-type]
    )


def answer(cast: Cast, order: Order, code: str, result: str | None = Result.CONFORMS, **more: object) -> None:
    """The reporting officer of the item's squad answers it."""
    part_item = PartItem.objects.select_related("part__agency").get(part__order=order, item__code=code)
    visits.answer_submit(
        actor=cast.act(cast.officers_of(part_item.part.agency.function)[0]),
        part_item_id=part_item.pk,
        result=result,
        **more,  # type: ignore[arg-type]
    )


def answer_rest(cast: Cast, order: Order, function: str) -> None:
    """Everything that is not answered yet conforms; what only a laboratory could say is not applicable."""
    part = part_of(order, cast, function)
    for part_item in part.items.filter(answers__isnull=True).select_related("item"):
        item = part_item.item
        more: dict[str, object] = {}
        result: str = Result.NOT_APPLICABLE if item.kind == ItemKind.LAB else Result.CONFORMS
        if item.kind in (ItemKind.NUMBER, ItemKind.MEASURED):
            more["value"] = Decimal(40)
        if item.kind == ItemKind.CHOICE:
            more["text_value"] = item.choices[0]
        answer(cast, order, item.code, result, note="演示·见现场" if item.photo_required else "", **more)


def all_there(cast: Cast, order: Order, functions: Iterable[str]) -> None:
    for function in functions:
        report_in(cast, order, function)


def all_finish(cast: Cast, order: Order, functions: Iterable[str]) -> None:
    for function in functions:
        answer_rest(cast, order, function)
        officer = cast.officers_of(function)[0]
        visits.part_finish(actor=cast.act(officer), part_id=part_of(order, cast, function).pk)


def close(cast: Cast, order: Order, outcome: str = "done", lead: str = "street", **more: object) -> Visit:
    visit = Visit.objects.get(order=order)
    return followups.visit_close(
        actor=cast.act(cast.officers_of(lead)[0]),
        visit_id=visit.pk,
        outcome=outcome,
        **more,  # type: ignore[arg-type]
    )


def rule(cast: Cast, finding: Finding, outcome: str, **more: object) -> Ruling:
    """A leader of the finding's own agency decides."""
    facts: dict[str, object] = {"reason": "演示·依法处理", **more}
    return followups.ruling_issue(
        actor=cast.act(cast.officers_of(finding.agency.function)[0]),
        finding_id=finding.pk,
        outcome=outcome,
        **facts,  # type: ignore[arg-type]
    )


def whistle(cast: Cast, order: Order) -> Order:
    """Submit, approve and issue a drafted order."""
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
    return orders.order_issue(actor=dispatcher, order_id=order.pk)
