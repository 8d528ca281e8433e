"""The guard at work: planned checks are told off or need a reason; whoever waits is never held up."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from cases.clock.moment import now
from cases.models import Answer, Event, Need, NeedCause, Order, OrderKind, PartItem, Setting, Target, Visit
from cases.services import needs, orders
from tests.cast import Cast, refused
from tests.stage import planned_case


def today() -> date:
    return timezone.localdate(now())


def planned(cast: Cast, *functions: str, items: list[str] | None = None, target: Target | None = None) -> Need:
    agencies = cast.agency_ids(*(functions or ("market",)))
    return needs.need_open(
        actor=cast.act(cast.dispatcher),
        target_id=(target or cast.target).pk,
        cause=NeedCause.PLANNED,
        agency_ids=agencies,
        from_day=today(),
        due_day=today() + timedelta(days=30),
        items={agencies[0]: [cast.items[code].pk for code in items]} if items else None,
    )


def visited(cast: Cast, days_ago: int, *, kind: str = OrderKind.ROUTINE) -> Order:
    """An inspection that took place, as history has it."""
    at = now() - timedelta(days=days_ago)
    return Order.objects.create(
        number=f"JC-{kind[:4]}-{days_ago}",
        target=cast.target,
        street=cast.street,
        kind=kind,
        state="done",
        drafted_at=at,
        issued_at=at,
        on_scene_at=at,
        done_at=at,
    )


def answered(cast: Cast, order: Order, code: str, function: str = "market") -> None:
    part = order.parts.create(squad=cast.squads[function], agency=cast.agencies[function], state="done")
    item = PartItem.objects.create(part=part, item=cast.items[code])
    at = order.done_at or now()
    visit = Visit.objects.create(order=order, started_at=at, state="closed", closed_at=at)
    Answer.objects.create(
        visit=visit,
        part_item=item,
        result="conforms",
        answered_by=cast.officers_of(function)[0],
        answered_at=at,
    )


def opened(cast: Cast, **more: object) -> Order:
    return orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk, **more)  # type: ignore[arg-type]


def told(order: Order) -> list[str]:
    return [note["code"] for note in order.explanation if note["code"].startswith("guard_")]


def test_an_order_of_planned_checks_that_nothing_speaks_against(cast: Cast) -> None:
    planned(cast)
    order = opened(cast, guard_reason="演示·无须说明")
    assert (order.kind, told(order), order.guard_reason) == (OrderKind.ROUTINE, [], "")


def test_too_soon_is_told_and_by_setting_refused(cast: Cast) -> None:
    visited(cast, 3)
    planned(cast)
    Setting.objects.create(key="guard_refuses", street=cast.street, value=["cooling_off"])
    with refused("guard_reason_needed", status=422) as caught:
        opened(cast)
    assert caught.value.field == "guard_reason"
    Setting.objects.update(value=[])
    assert told(opened(cast)) == ["guard_cooling_off"]


def test_the_cap_needs_a_reason_that_is_recorded(cast: Cast) -> None:
    Target.objects.filter(pk=cast.target.pk).update(yearly_cap=1)
    visited(cast, 0)
    Setting.objects.create(key="cooling_off_days", value=0)
    planned(cast)
    with refused("guard_reason_needed", status=422):
        opened(cast)
    order = opened(cast, guard_reason=" 演示·上级专项部署 ")
    assert (order.guard_reason, told(order)) == ("演示·上级专项部署", ["guard_yearly_cap", "guard_overridden"])
    body = Event.objects.get(kind="order.drafted").body
    assert "演示·上级专项部署" in body
    assert "guard_yearly_cap" in body


def test_which_kinds_count_is_the_offices_rule(cast: Cast) -> None:
    Setting.objects.create(key="yearly_cap", value=1)
    Setting.objects.create(key="cooling_off_days", value=0)
    visited(cast, 0, kind=OrderKind.CASE_LED)
    planned(cast)
    counts = Setting.objects.create(key="cap_counts", value=["routine", "case_led"])
    with refused("guard_reason_needed"):
        opened(cast)
    counts.delete()
    assert told(opened(cast)) == []


def test_who_waits_is_never_held_up(cast: Cast) -> None:
    Target.objects.filter(pk=cast.target.pk).update(yearly_cap=1, no_disturb=True, no_disturb_reason="演示")
    visited(cast, 1)
    alone = planned(cast)
    with refused("guard_reason_needed"):
        opened(cast)
    planned_case(cast, functions=["urban"], due_day=today() + timedelta(days=5))
    order = opened(cast)
    assert alone in order.needs.all(), "it rides along"
    assert (order.kind, told(order)) == (OrderKind.CASE_LED, [])


def test_the_no_disturb_list_ends_on_its_day(cast: Cast) -> None:
    row = Target.objects.filter(pk=cast.target.pk)
    row.update(no_disturb=True, no_disturb_reason="演示", no_disturb_until=today())
    planned(cast)
    with refused("guard_reason_needed"):
        opened(cast)
    assert told(opened(cast, planned_day=today() + timedelta(days=1))) == []


def test_what_was_checked_counts_also_when_another_agency_asked(cast: Cast) -> None:
    Setting.objects.create(key="cooling_off_days", value=0)
    answered(cast, visited(cast, 40), "MK-01")
    planned(cast, items=["MK-01"])
    with refused("guard_reason_needed"):
        opened(cast)
    type(cast.items["MK-01"]).objects.filter(pk=cast.items["MK-01"].pk).update(key_item=True)
    assert told(opened(cast)) == [], "a key item counts for thirty days only"


def test_the_same_clause_of_another_agency(cast: Cast) -> None:
    Setting.objects.create(key="cooling_off_days", value=0)
    type(cast.items["FI-01"]).objects.filter(pk=cast.items["FI-01"].pk).update(clause_group="licence")
    answered(cast, visited(cast, 10), "MK-01")
    planned(cast, "fire", items=["FI-01"])
    with refused("guard_reason_needed"):
        opened(cast)
    assert told(opened(cast, guard_reason="演示·线索指向消防通道")) == [
        "guard_recognised",
        "guard_overridden",
    ]


def test_a_planned_check_joins_no_order_for_what_was_checked(cast: Cast) -> None:
    answered(cast, visited(cast, 10), "MK-01")
    planned_case(cast, functions=["urban"], due_day=today() + timedelta(days=5))
    order = opened(cast)
    actor = cast.act(cast.dispatcher)
    again = planned(cast, items=["MK-01"])
    assert orders.need_place(actor=actor, need_id=again.pk) is None
    fresh = planned(cast, items=["MK-02"])
    assert orders.need_place(actor=actor, need_id=fresh.pk) == order
