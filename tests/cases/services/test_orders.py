"""The check-once order from its draft to the last moment before the visit."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from cases.clock.moment import now, pretend
from cases.models import (
    Case,
    CaseStage,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Event,
    Need,
    NeedState,
    Order,
    OrderState,
    Outbox,
    Part,
    PartState,
)
from cases.papers.chain import Link, verify_chain
from cases.services import followups, needs, orders, triage
from tests.cast import Cast, refused, unchanged
from tests.onscene import report_in, whistle
from tests.stage import issued_order, planned_case


def kinds(subject: Case | Order) -> list[str]:
    return list(subject.events.order_by("seq").values_list("kind", flat=True))


def chain_holds(subject: Case | Order) -> bool:
    prev, links = "0" * 64, []
    for event in subject.events.order_by("seq"):
        links.append(Link(event.seq, prev, event.body, event.hash))
        prev = event.hash
    return verify_chain(links, head=subject.chain.head) is None


def part_of(order: Order, cast: Cast, function: str) -> Part:
    return order.parts.exclude(state=PartState.RELEASED).get(squad=cast.squads[function])


def test_one_order_merges_two_complaints_about_one_party(cast: Cast) -> None:
    first, _ = planned_case(cast, functions=["market", "urban"])
    second, _ = planned_case(cast, functions=["urban", "fire"])
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    squads = {part.squad_id for part in order.parts.all()}
    assert squads == {cast.squads[f].pk for f in ("street", "market", "urban", "fire")}
    assert order.parts.get(is_lead=True).squad == cast.squads["street"]
    assert set(order.needs.values_list("case_id", flat=True)) == {first.pk, second.pk}
    assert set(Need.objects.values_list("state", flat=True)) == {NeedState.ORDERED}
    assert {part.items.count() > 0 for part in order.parts.all()} == {True}
    assert kinds(order) == ["order.drafted"]
    assert kinds(first)[-1] == "case.ordered"
    assert chain_holds(order)
    assert chain_holds(first)


def test_each_agency_brings_its_own_items(cast: Cast) -> None:
    planned_case(cast, functions=["market", "urban", "fire"])
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    asked = {
        part.agency.function: set(part.items.values_list("item__code", flat=True))
        for part in order.parts.select_related("agency")
    }
    assert asked["market"] == {"MK-01", "MK-02"}
    assert asked["urban"] == {"UR-01", "UR-02"}
    assert asked["fire"] == {"FI-01"}


def test_a_second_order_for_the_party_is_refused(cast: Cast) -> None:
    planned_case(cast)
    orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    planned_case(cast)
    with unchanged(), refused("live_order_exists"):
        orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)


def test_another_lead_needs_a_reason(cast: Cast) -> None:
    planned_case(cast)
    lead = cast.squads["urban"].pk
    with unchanged(), refused("lead_reason_needed"):
        orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk, lead_squad_id=lead)
    order = orders.order_open(
        actor=cast.act(cast.dispatcher), target_id=cast.target.pk, lead_squad_id=lead, lead_reason="街道队值守他处"
    )
    assert order.parts.get(is_lead=True).squad_id == lead
    assert order.lead_reason == "街道队值守他处"


@pytest.mark.parametrize("who", ["outsider", "checker", "auditor", "supervisor", "grid_worker", "leader"])
def test_only_the_streets_office_drafts(cast: Cast, who: str) -> None:
    planned_case(cast)
    with unchanged(), refused("not_allowed"):
        orders.order_open(actor=cast.act(getattr(cast, who)), target_id=cast.target.pk)


def test_an_order_that_is_not_urgent_waits_for_its_approval(cast: Cast) -> None:
    planned_case(cast)
    dispatcher = cast.act(cast.dispatcher)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    with unchanged(), refused("approval_needed"):
        orders.order_issue(actor=dispatcher, order_id=order.pk)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    with unchanged(), refused("not_allowed"):
        orders.order_approve(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    order = orders.order_issue(actor=dispatcher, order_id=order.pk)
    assert order.state == OrderState.ISSUED
    assert not order.urgent_first
    assert {part.state for part in order.parts.all()} == {PartState.CALLED}


def test_sent_back_needs_a_reason_and_returns_to_the_draft(cast: Cast) -> None:
    planned_case(cast)
    dispatcher, head = cast.act(cast.dispatcher), cast.act(cast.head)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    with unchanged(), refused("reason_needed"):
        orders.order_send_back(actor=head, order_id=order.pk, reason=" ")
    order = orders.order_send_back(actor=head, order_id=order.pk, reason="事项不全")
    assert order.state == OrderState.DRAFTED
    assert not Deadline.objects.filter(order=order, state=DeadlineState.RUNNING).exists()


def test_an_urgent_order_goes_first_and_its_approval_is_made_up(cast: Cast) -> None:
    order = issued_order(cast, urgency="urgent")
    assert order.urgent_first
    approval = Deadline.objects.get(order=order, kind=DeadlineKind.APPROVAL, state=DeadlineState.RUNNING)
    assert order.issued_at is not None
    assert approval.due_at - order.issued_at == pytest.approx(timedelta(hours=24), abs=timedelta(seconds=5))
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    approval.refresh_from_db()
    order.refresh_from_db()
    assert approval.state == DeadlineState.MET
    assert order.state == OrderState.ISSUED
    assert order.approved_at is not None
    assert kinds(order)[-1] == "order.approval_made_up"
    with unchanged(), refused("approved_already"):
        orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)


def test_issuing_puts_the_cases_on_the_way_and_starts_the_squads_clocks(cast: Cast) -> None:
    order = issued_order(cast)
    case = Case.objects.get(needs__orders=order)
    assert case.stage == CaseStage.DISPATCHED
    live = Deadline.objects.filter(part__order=order, state=DeadlineState.RUNNING)
    assert sorted(live.values_list("kind", flat=True)) == sorted(["acknowledge", "report_in"] * order.parts.count())
    nearest = Deadline.objects.filter(state=DeadlineState.RUNNING).order_by("due_at").first()
    assert nearest is not None
    assert case.due_at == nearest.due_at
    assert Outbox.objects.count() == Event.objects.count()


def test_acknowledged_by_all_is_acknowledged(cast: Cast) -> None:
    order = issued_order(cast)
    for function in ("street", "market"):
        officer = cast.officers_of(function)[0]
        orders.part_acknowledge(actor=cast.act(officer), part_id=part_of(order, cast, function).pk)
        order.refresh_from_db()
        assert order.state == OrderState.ISSUED
    late_moment = now() + timedelta(days=14)  # further than any row of days off
    with pretend(late_moment):
        orders.part_acknowledge(actor=cast.act(cast.urban_officers[0]), part_id=part_of(order, cast, "urban").pk)
    order.refresh_from_db()
    assert order.state == OrderState.ACKNOWLEDGED
    last = order.events.order_by("seq").last()
    assert last is not None
    assert last.late is True
    assert last.used_seconds == pytest.approx(14 * 86400, abs=5)


def test_a_squad_answers_only_for_itself(cast: Cast) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    for who in (cast.urban_officers[0], cast.dispatcher, cast.lab_technician):
        with unchanged(), refused("not_allowed"):
            orders.part_acknowledge(actor=cast.act(who), part_id=part.pk)


def test_returned_twice_then_the_first_recipient_handles_it(cast: Cast) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "urban")
    squad, office = cast.act(cast.urban_officers[0]), cast.act(cast.dispatcher)
    with unchanged(), refused("reason_needed"):
        orders.part_return(actor=squad, part_id=part.pk, reason="")
    for _time in range(2):
        orders.part_return(actor=squad, part_id=part.pk, reason="不属本队职责")
        with unchanged(), refused("wrong_stage"):
            orders.part_acknowledge(actor=squad, part_id=part.pk)
        orders.part_call_again(actor=office, part_id=part.pk, reason="会商后仍由你队处置")
    with unchanged(), refused("returns_used_up"):
        orders.part_return(actor=squad, part_id=part.pk, reason="不属本队职责")
    assert orders.part_acknowledge(actor=squad, part_id=part.pk).state == PartState.ACKNOWLEDGED


def test_returns_are_counted_across_the_squads_that_had_the_part(cast: Cast) -> None:
    order = issued_order(cast)
    part, office = part_of(order, cast, "urban"), cast.act(cast.dispatcher)
    for officer, other in ((cast.urban_officers[0], "fire"), (cast.officers_of("fire")[0], "urban")):
        orders.part_return(actor=cast.act(officer), part_id=part.pk, reason="不属本队职责")
        part = orders.part_reassign(actor=office, part_id=part.pk, squad_id=cast.squads[other].pk, reason="改派")
    with unchanged(), refused("returns_used_up"):
        orders.part_return(actor=cast.act(cast.urban_officers[0]), part_id=part.pk, reason="不属本队职责")


def test_a_squad_called_again_reports_in_by_the_planned_day(cast: Cast) -> None:
    planned_case(cast)
    day = timezone.localdate(now()) + timedelta(days=2)
    opened = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk, planned_day=day)
    part = part_of(whistle(cast, opened), cast, "urban")
    orders.part_return(actor=cast.act(cast.urban_officers[0]), part_id=part.pk, reason="不属本队职责")
    orders.part_call_again(actor=cast.act(cast.dispatcher), part_id=part.pk, reason="仍由你队处置")
    clock = Deadline.objects.get(part=part, kind=DeadlineKind.REPORT_IN, state=DeadlineState.RUNNING)
    assert timezone.localdate(clock.due_at) == day


def test_hours_over_midnight_end_on_the_next_day(cast: Cast) -> None:
    planned_case(cast)
    day = timezone.localdate(now()) + timedelta(days=2)
    opened = orders.order_open(
        actor=cast.act(cast.dispatcher),
        target_id=cast.target.pk,
        planned_day=day,
        planned_from=time(23),
        planned_until=time(1),
    )
    part = part_of(whistle(cast, opened), cast, "urban")
    clock = Deadline.objects.get(part=part, kind=DeadlineKind.REPORT_IN, state=DeadlineState.RUNNING)
    assert timezone.localtime(clock.due_at).replace(tzinfo=None) == datetime.combine(day + timedelta(days=1), time(1))


def test_an_order_does_not_move_to_a_party_that_lives_on_in_another(cast: Cast) -> None:
    order = issued_order(cast)
    cast.supermarket.merged_into = cast.target
    cast.supermarket.save(update_fields=["merged_into"])
    with unchanged(), refused("target_merged"):
        orders.order_change_target(
            actor=cast.act(cast.dispatcher), order_id=order.pk, target_id=cast.supermarket.pk, reason="演示"
        )


def test_reassigned_part_calls_the_other_squad_with_its_own_items(cast: Cast) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "urban")
    office = cast.act(cast.dispatcher)
    with unchanged(), refused("squad_joins_already"):
        orders.part_reassign(actor=office, part_id=part.pk, squad_id=cast.squads["market"].pk, reason="改派")
    with unchanged(), refused("squad_unknown"):
        orders.part_reassign(actor=office, part_id=part.pk, squad_id=cast.squads["laboratory"].pk, reason="改派")
    fresh = orders.part_reassign(actor=office, part_id=part.pk, squad_id=cast.squads["fire"].pk, reason="职责在消防")
    part.refresh_from_db()
    assert part.state == PartState.RELEASED
    assert fresh.state == PartState.CALLED
    assert set(fresh.items.values_list("item__code", flat=True)) == {"FI-01"}
    assert not Deadline.objects.filter(part=part, state=DeadlineState.RUNNING).exists()


def test_the_lead_is_not_released_but_a_joint_squad_is(cast: Cast) -> None:
    order = issued_order(cast)
    office = cast.act(cast.dispatcher)
    with unchanged(), refused("lead_needed"):
        orders.part_release(actor=office, part_id=part_of(order, cast, "street").pk, reason="不需要")
    part = orders.part_release(actor=office, part_id=part_of(order, cast, "urban").pk, reason="不需要")
    assert part.state == PartState.RELEASED


def test_urging_a_silent_squad_is_recorded(cast: Cast) -> None:
    order = issued_order(cast)
    orders.part_urge(actor=cast.act(cast.dispatcher), part_id=part_of(order, cast, "urban").pk)
    assert kinds(order)[-1] == "order.part_urged"


def test_cancelled_order_opens_its_needs_again(cast: Cast) -> None:
    order = issued_order(cast)
    office = cast.act(cast.dispatcher)
    with unchanged(), refused("reason_needed"):
        orders.order_cancel(actor=office, order_id=order.pk, reason="")
    order = orders.order_cancel(actor=office, order_id=order.pk, reason="对象停业")
    case = Case.objects.get()
    assert order.state == OrderState.CANCELLED
    assert {part.state for part in order.parts.all()} == {PartState.RELEASED}
    assert Need.objects.get().state == NeedState.OPEN
    assert case.stage == CaseStage.PLANNING
    assert not Deadline.objects.filter(part__order=order, state=DeadlineState.RUNNING).exists()
    again = orders.order_open(actor=office, target_id=cast.target.pk)
    assert again.needs.get() == Need.objects.get()
    assert chain_holds(order)
    assert chain_holds(case)


def test_a_need_that_arrives_joins_the_live_order(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    case, need = planned_case(cast, functions=["market", "fire"], due_day=timezone.localdate() + timedelta(days=3))
    joined = orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk)
    assert joined == order
    need.refresh_from_db()
    case.refresh_from_db()
    assert need.state == NeedState.ORDERED
    assert case.stage == CaseStage.DISPATCHED
    assert part_of(order, cast, "fire").state == PartState.CALLED
    event = order.events.order_by("seq").last()
    assert event is not None
    assert event.kind == "order.need_joined"
    assert f'"called":[{cast.squads["fire"].pk}]' in event.body


def test_a_need_taken_out_releases_the_squads_that_only_it_asked_for(cast: Cast) -> None:
    first, _ = planned_case(cast, functions=["market"])
    second, need = planned_case(cast, functions=["fire"])
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    orders.need_take_out(actor=cast.act(cast.dispatcher), need_id=need.pk, reason="并入他案")
    need.refresh_from_db()
    order.refresh_from_db()
    assert need.state == NeedState.WITHDRAWN
    assert order.state == OrderState.DRAFTED
    assert not order.parts.exclude(state=PartState.RELEASED).filter(squad=cast.squads["fire"]).exists()
    assert f'"squads":[{cast.squads["fire"].pk}]' in list(order.events.order_by("seq"))[-1].body
    orders.need_take_out(actor=cast.act(cast.dispatcher), need_id=Need.objects.get(case=first).pk, reason="居民撤诉")
    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert second.pk != first.pk


def test_order_moves_to_the_right_party(cast: Cast) -> None:
    order = issued_order(cast)
    office = cast.act(cast.dispatcher)
    with unchanged(), refused("other_street"):
        orders.order_change_target(actor=office, order_id=order.pk, target_id=cast.foreign_target.pk, reason="认错门")
    orders.order_change_target(actor=office, order_id=order.pk, target_id=cast.supermarket.pk, reason="认错门")
    assert {Order.objects.get().target_id, Need.objects.get().target_id, Case.objects.get().target_id} == {
        cast.supermarket.pk
    }


def test_handling_task_goes_to_one_squad_at_once(cast: Cast) -> None:
    case, need = planned_case(cast, functions=["urban"])
    needs.need_withdraw(actor=cast.act(cast.dispatcher), need=need, reason="改为处置任务")
    order = orders.task_open(
        actor=cast.act(cast.dispatcher), case_id=case.pk, squad_id=cast.squads["urban"].pk, note="清运暴露垃圾"
    )
    case.refresh_from_db()
    assert order.state == OrderState.ISSUED
    assert not order.urgent_first
    assert order.parts.get().items.count() == 0
    assert case.stage == CaseStage.DISPATCHED


def test_a_case_has_one_open_need(cast: Cast) -> None:
    case, _need = planned_case(cast)
    with unchanged(), refused("need_exists"):
        needs.need_open(
            actor=cast.act(cast.dispatcher),
            target_id=cast.target.pk,
            case=case,
            cause="case",
            agency_ids=cast.agency_ids("fire"),
        )


def test_a_case_that_was_visited_only_survives_a_join(cast: Cast) -> None:
    order = issued_order(cast)
    visited = Case.objects.get()
    report_in(cast, order, "street")
    visit = order.visits.get()
    silent = order.parts.exclude(squad=cast.squads["street"]).values_list("pk", flat=True)
    followups.visit_close(
        actor=cast.act(cast.leader), visit_id=visit.pk, outcome="not_found", absent_part_ids=list(silent), note="演示"
    )
    fresh, _need = planned_case(cast)
    office = cast.act(cast.dispatcher)
    with unchanged(), refused("visit_begun"):
        triage.case_join(actor=office, case_id=visited.pk, into_case_id=fresh.pk, reason="同一件事")
    assert triage.case_join(actor=office, case_id=fresh.pk, into_case_id=visited.pk, reason="同一件事") == visited


def test_an_approval_covers_the_party_and_its_agencies(cast: Cast) -> None:
    office, head = cast.act(cast.dispatcher), cast.act(cast.head)
    planned_case(cast, functions=["market"])
    order = orders.order_open(actor=office, target_id=cast.target.pk)
    orders.order_submit(actor=office, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
    _case, need = planned_case(cast, functions=["fire"])
    assert orders.need_place(actor=office, need_id=need.pk) == order
    order.refresh_from_db()
    assert (order.state, order.approved_at) == (OrderState.TO_APPROVE, None)
    with unchanged(), refused("approval_needed"):
        orders.order_issue(actor=office, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
    order = orders.order_change_target(actor=office, order_id=order.pk, target_id=cast.supermarket.pk, reason="认错门")
    assert order.state == OrderState.TO_APPROVE


def test_a_cancelled_task_goes_back_to_triage(cast: Cast) -> None:
    case, need = planned_case(cast, functions=["urban"])
    office = cast.act(cast.dispatcher)
    needs.need_withdraw(actor=office, need=need, reason="改为处置任务")
    order = orders.task_open(actor=office, case_id=case.pk, squad_id=cast.squads["urban"].pk, note="清运")
    orders.order_cancel(actor=office, order_id=order.pk, reason="已自行清走")
    case.refresh_from_db()
    assert case.stage == CaseStage.ACCEPTED
    assert not case.needs.exclude(state=NeedState.WITHDRAWN).exists()
