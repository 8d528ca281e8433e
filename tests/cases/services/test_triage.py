"""What the office decides about a case, and that a refused decision leaves nothing behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from cases.clock.moment import now
from cases.models import (
    Case,
    CaseStage,
    DeadlineKind,
    DeadlineState,
    Event,
    LineKind,
    Need,
    NeedState,
    Order,
    OrderKind,
    OrderState,
    ResidentLine,
    Source,
    Target,
    TargetKind,
)
from cases.papers.chain import GENESIS, Link, verify_chain
from cases.refusals import Refused
from cases.services import identity, intake, orders, triage
from cases.services.casefile import case_note
from teams.policies import RESIDENT
from tests.cast import Cast, make_cast, refused
from tests.stage import issued_order


def sent(cast: Cast, text: str = "演示路烧烤摊夜里吵", **facts: object) -> intake.Intake:
    given: dict[str, Any] = {"street_id": cast.street.pk, "source": Source.PORTAL, "text": text, **facts}
    return intake.complaint_create(actor=RESIDENT, **given)


def accepted(cast: Cast, **facts: object) -> intake.Intake:
    made = sent(cast, **facts)  # type: ignore[arg-type]
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=made.case.pk)
    return made


def decide(cast: Cast, case: Case, **facts: object) -> Case:
    given: dict[str, Any] = {
        "actor": cast.act(cast.dispatcher),
        "case_id": case.pk,
        "disposition": "inspection",
        "category_id": cast.categories["05-10"].pk,
        "target_id": cast.target.pk,
        "brief": "门前烧烤，夜间吵闹",
        "brief_confirmed": True,
        "agency_ids": cast.agency_ids("market", "urban"),
        **facts,
    }
    return triage.case_triage(**given)


def kinds(case: Case) -> list[str]:
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def verified(case: Case) -> bool:
    prev, links = GENESIS, []
    for event in case.events.order_by("seq"):
        links.append(Link(event.seq, prev, event.body, event.hash))
        prev = event.hash
    return verify_chain(links, head=case.chain.head) is None


def test_accepting_starts_the_triage_clock_and_names_the_owner(cast: Cast) -> None:
    case = triage.case_accept(actor=cast.act(cast.dispatcher), case_id=sent(cast).case.pk)
    assert (case.stage, case.owner) == (CaseStage.ACCEPTED, cast.dispatcher)
    assert case.deadlines.get(kind=DeadlineKind.REGISTER).state == DeadlineState.MET
    assert case.deadlines.get(kind=DeadlineKind.TRIAGE).state == DeadlineState.RUNNING
    event = case.events.get(kind="case.accepted")
    assert event.late is False
    assert event.used_seconds is not None


@pytest.mark.parametrize(
    ("moment", "nearest"),
    [
        (datetime(2026, 11, 25, 9, 0), DeadlineKind.TRIAGE),  # a Wednesday morning: two working hours
        (datetime(2026, 11, 27, 17, 10), DeadlineKind.CONTACT),  # a Friday evening: those end on Monday
    ],
    ids=["morning", "weekend"],
)
def test_the_nearest_clock_after_accepting_hangs_on_the_working_hours(
    cast: Cast, moment: datetime, nearest: DeadlineKind
) -> None:
    with time_machine.travel(timezone.make_aware(moment), tick=False):
        case = triage.case_accept(actor=cast.act(cast.dispatcher), case_id=sent(cast).case.pk)
    assert case.due_kind == nearest
    assert case.due_at == case.deadlines.get(kind=nearest).due_at


def test_an_inspection_becomes_a_need_of_its_party(cast: Cast) -> None:
    case = decide(cast, accepted(cast).case)
    assert case.stage == CaseStage.PLANNING
    assert case.target == cast.target
    assert case.title == "露天烧烤 · 演示·夜市烧烤店"
    assert case.severity == "B"
    assert case.brief_confirmed_by == cast.dispatcher
    need = Need.objects.get(case=case)
    assert need.state == NeedState.OPEN
    assert set(need.agencies.values_list("pk", flat=True)) == set(cast.agency_ids("market", "urban"))
    assert need.from_day == timezone.localdate(now()) < need.due_day
    assert kinds(case)[-2:] == ["case.triaged", "case.need_opened"]
    assert verified(case)


def test_an_urgent_inspection_is_due_the_same_day(cast: Cast) -> None:
    need = Need.objects.get(case=decide(cast, accepted(cast).case, urgency="urgent"))
    assert need.due_day == need.from_day


def test_without_a_party_a_place_is_made_and_found_again(cast: Cast) -> None:
    first = decide(cast, accepted(cast, address="演示路路口").case, target_id=None)
    second = decide(cast, accepted(cast, address="演示路路口").case, target_id=None)
    assert first.target is not None
    assert first.target.kind == TargetKind.PLACE
    assert first.target == second.target
    nowhere = accepted(cast).case
    with refused("place_needed", status=422):
        decide(cast, nowhere, target_id=None)


def test_a_new_party_is_registered_by_the_decision(cast: Cast) -> None:
    case = decide(
        cast,
        accepted(cast).case,
        target_id=None,
        new_party={"name": "演示·新烤串摊", "kind": "vendor", "address": "甲"},
    )
    assert case.target == Target.objects.get(name="演示·新烤串摊")


def test_a_need_joins_the_partys_live_order(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    case = decide(cast, accepted(cast).case, agency_ids=cast.agency_ids("urban"))
    assert Need.objects.get(case=case).state == NeedState.ORDERED
    assert case.stage == CaseStage.DISPATCHED
    assert order.parts.filter(squad=cast.squads["urban"], state="called").exists()


def test_a_handling_task_goes_to_one_squad_at_once(cast: Cast) -> None:
    case = decide(cast, accepted(cast).case, disposition="handling", squad_id=cast.squads["urban"].pk)
    order = Order.objects.get()
    assert (order.kind, order.state) == (OrderKind.HANDLING, OrderState.ISSUED)
    assert case.stage == CaseStage.DISPATCHED


def test_an_answer_reaches_every_complainant_and_closes(cast: Cast) -> None:
    made = accepted(cast)
    case = decide(cast, made.case, disposition="answered", reply="该处夜市经批准，营业至22时。")
    assert case.stage == CaseStage.CLOSED
    line = ResidentLine.objects.get(complaint=made.complaint)
    assert (line.kind, line.text) == (LineKind.RESULT, "该处夜市经批准，营业至22时。")
    assert case.result_text == line.text
    assert not case.deadlines.filter(state=DeadlineState.RUNNING).exists()
    assert not Event.objects.filter(body__contains="经批准").exists()


def test_mediation_is_settled_and_then_checked(cast: Cast) -> None:
    case = decide(cast, accepted(cast).case, disposition="mediation")
    assert case.stage == CaseStage.MEDIATING
    case = triage.case_settle(actor=cast.act(cast.dispatcher), case_id=case.pk, words="双方约定22时收摊")
    assert case.stage == CaseStage.CHECKING


def test_a_transfer_is_told_and_can_be_taken_back(cast: Cast) -> None:
    made = accepted(cast, language="en")
    case = decide(cast, made.case, disposition="transfer", transfer_to="演示·交通局")
    assert (case.stage, case.transferred_to) == (CaseStage.TRANSFERRED, "演示·交通局")
    assert "演示·交通局" in ResidentLine.objects.get(complaint=made.complaint).text
    case = triage.case_take_back(actor=cast.act(cast.dispatcher), case_id=case.pk, reason="交通局退回")
    assert case.stage == CaseStage.ACCEPTED
    assert case.due_kind == DeadlineKind.TRIAGE
    assert case.deadlines.filter(kind=DeadlineKind.WHOLE_CASE, state=DeadlineState.RUNNING).count() == 1


def test_a_rejection_needs_a_reason_which_the_complainant_reads(cast: Cast) -> None:
    made = sent(cast)
    with refused("reason_needed"):
        triage.case_reject(actor=cast.act(cast.dispatcher), case_id=made.case.pk, reason=" ")
    case = triage.case_reject(actor=cast.act(cast.dispatcher), case_id=made.case.pk, reason="不在本街道范围")
    assert case.stage == CaseStage.REJECTED
    assert "不在本街道范围" in ResidentLine.objects.get(complaint=made.complaint).text


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"brief_confirmed": False}, "brief_unconfirmed"),
        ({"brief": " "}, "brief_needed"),
        ({"category_id": None}, "category_needed"),
        ({"agency_ids": []}, "no_agency"),
        ({"disposition": "joined"}, "choice_wrong"),
        ({"disposition": "handling"}, "squad_needed"),
        ({"disposition": "answered"}, "text_needed"),
        ({"disposition": "transfer"}, "unit_needed"),
        ({"disposition": "rejected"}, "reason_needed"),
        ({"severity": "Z"}, "choice_wrong"),
        ({"target_id": 0, "place_name": ""}, "place_needed"),
    ],
)
def test_an_unsound_decision_leaves_nothing(cast: Cast, facts: dict[str, object], code: str) -> None:
    case = accepted(cast).case
    with refused(code, status=422):
        decide(cast, case, **facts)


def test_days_that_run_backwards_are_refused(cast: Cast) -> None:
    case = accepted(cast).case
    with refused("window_empty"):
        decide(cast, case, due_day=timezone.localdate(now()) - timedelta(days=1))


def test_a_party_of_another_street_is_refused(cast: Cast) -> None:
    case = accepted(cast).case
    with refused("other_street"):
        decide(cast, case, target_id=cast.foreign_target.pk)


def test_only_the_streets_own_dispatchers_decide(cast: Cast) -> None:
    case = accepted(cast).case
    for user in (cast.outsider, cast.checker, cast.leader, cast.auditor, cast.grid_worker):
        with refused("not_allowed", status=403):
            decide(cast, case, actor=cast.act(user))
        with refused("not_allowed", status=403):
            triage.case_reject(actor=cast.act(user), case_id=case.pk, reason="甲")


def test_nothing_is_decided_before_it_is_accepted_or_twice(cast: Cast) -> None:
    made = sent(cast)
    with refused("wrong_stage"):
        decide(cast, made.case)
    triage.case_accept(actor=cast.act(cast.dispatcher), case_id=made.case.pk)
    decide(cast, made.case)
    with refused("wrong_stage"):
        decide(cast, made.case)
    with refused("wrong_stage"):
        triage.case_accept(actor=cast.act(cast.dispatcher), case_id=made.case.pk)


def test_a_question_waits_and_the_office_may_go_on_without(cast: Cast) -> None:
    made = accepted(cast)
    actor = cast.act(cast.dispatcher)
    case = triage.case_ask(actor=actor, case_id=made.case.pk, complaint_id=made.complaint.pk, question="哪一家？")
    assert case.stage == CaseStage.ASKING
    assert case.deadlines.get(kind=DeadlineKind.CONTACT).state == DeadlineState.MET
    assert triage.case_resume(actor=actor, case_id=case.pk).stage == CaseStage.ACCEPTED
    other = sent(cast)
    with refused("nobody_to_ask"):
        triage.case_ask(actor=actor, case_id=case.pk, complaint_id=other.complaint.pk, question="哪一家？")


def test_joining_moves_complaints_and_each_chain_names_the_other(cast: Cast) -> None:
    first, second = accepted(cast), accepted(cast)
    decide(cast, first.case)
    survivor = triage.case_join(actor=cast.act(cast.dispatcher), case_id=second.case.pk, into_case_id=first.case.pk)
    joined = Case.objects.get(pk=second.case.pk)
    assert (joined.stage, joined.merged_into) == (CaseStage.JOINED, survivor)
    assert survivor.complaint_count == 2
    assert set(survivor.complaints.all()) == {first.complaint, second.complaint}
    assert survivor.complaint_links.get(complaint=second.complaint).original_case == joined
    assert not joined.deadlines.filter(state=DeadlineState.RUNNING).exists()
    assert joined.chain.head in survivor.events.get(kind="case.absorbed").body
    assert kinds(joined)[-1] == "case.merged_into"
    assert verified(joined)
    assert verified(survivor)
    assert ResidentLine.objects.get(complaint=second.complaint).kind == LineKind.NOTICE
    assert not ResidentLine.objects.filter(complaint=first.complaint).exists()


def test_joining_takes_the_need_out_of_its_order(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    survivor = Case.objects.get()
    case = decide(cast, accepted(cast).case, agency_ids=cast.agency_ids("urban"))
    triage.case_join(actor=cast.act(cast.dispatcher), case_id=case.pk, into_case_id=survivor.pk)
    assert Need.objects.get(case=case).state == NeedState.WITHDRAWN
    assert order.parts.get(squad=cast.squads["urban"]).state == "released"


def test_cases_of_different_parties_or_streets_are_not_joined(cast: Cast) -> None:
    actor = cast.act(cast.dispatcher)
    first = decide(cast, accepted(cast).case)
    other = decide(cast, accepted(cast).case, target_id=cast.supermarket.pk)
    with refused("other_target"):
        triage.case_join(actor=actor, case_id=first.pk, into_case_id=other.pk)
    with refused("same_case"):
        triage.case_join(actor=actor, case_id=first.pk, into_case_id=first.pk)
    foreign = sent(cast, street_id=cast.other_street.pk).case
    with refused("other_street"):
        triage.case_join(actor=actor, case_id=first.pk, into_case_id=foreign.pk)
    with refused("not_allowed", status=403):
        triage.case_join(actor=actor, case_id=foreign.pk, into_case_id=first.pk)


def test_an_ended_case_takes_nothing_up(cast: Cast) -> None:
    ended = triage.case_reject(actor=cast.act(cast.dispatcher), case_id=sent(cast).case.pk, reason="甲")
    case = sent(cast).case
    with refused("survivor_ended"):
        triage.case_join(actor=cast.act(cast.dispatcher), case_id=case.pk, into_case_id=ended.pk)


def test_a_case_comes_back_from_planning_with_a_reason(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    case = Case.objects.get()
    with refused("reason_needed"):
        triage.case_return(actor=cast.act(cast.dispatcher), case_id=case.pk, reason="")
    case = triage.case_return(actor=cast.act(cast.dispatcher), case_id=case.pk, reason="类别有误")
    assert case.stage == CaseStage.ACCEPTED
    assert case.due_kind == DeadlineKind.TRIAGE
    assert Need.objects.get(case=case).state == NeedState.WITHDRAWN
    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert decide(cast, case).stage == CaseStage.PLANNING


def test_a_note_is_internal_and_not_in_the_journal(cast: Cast) -> None:
    case = sent(cast).case
    note = case_note(actor=cast.act(cast.checker), case_id=case.pk, text="已电话核实")
    assert note.written_by == cast.checker
    assert kinds(case)[-1] == "case.noted"
    assert not Event.objects.filter(body__contains="核实").exists()
    with refused("text_needed"):
        case_note(actor=cast.act(cast.checker), case_id=case.pk, text="")
    with refused("not_found", status=404):
        case_note(actor=cast.act(cast.checker), case_id=0, text="甲")


def test_revealing_a_contact_is_logged_and_bound_to_a_purpose(cast: Cast) -> None:
    made = sent(cast, name="演示·某甲", phone="13900000000")
    actor = cast.act(cast.dispatcher)
    with refused("purpose_needed"):
        identity.identity_reveal(actor=actor, complaint_id=made.complaint.pk, purpose="curiosity")
    for user in (cast.outsider, cast.leader, cast.auditor):
        with refused("not_allowed", status=403):
            identity.identity_reveal(actor=cast.act(user), complaint_id=made.complaint.pk, purpose="contact")
    shown = identity.identity_reveal(actor=actor, complaint_id=made.complaint.pk, purpose="contact", note="回访")
    assert shown == {"name": "演示·某甲", "phone": "13900000000", "note": ""}
    assert made.complaint.identity is not None
    assert made.complaint.identity.reveals.get().user == cast.dispatcher
    assert kinds(made.case)[-1] == "case.identity_revealed"
    nameless = sent(cast).complaint
    with refused("no_identity"):
        identity.identity_reveal(actor=actor, complaint_id=nameless.pk, purpose="contact")


def at_once(*calls: Any) -> list[Refused | None]:
    """Each call in its own thread and connection; what each was refused with, None for those that went through."""
    outcome: list[Refused | None] = [None] * len(calls)
    gate = Barrier(len(calls))

    def run(place: int) -> None:
        try:
            gate.wait()
            calls[place]()
        except Refused as refusal:
            outcome[place] = refusal
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_decide_at_once_and_one_reads_why_not() -> None:
    cast = make_cast()
    case = accepted(cast).case
    outcome = at_once(lambda: decide(cast, case), lambda: decide(cast, case, disposition="answered", reply="已答复"))
    assert sorted(refusal.code if refusal else "" for refusal in outcome) == ["", "wrong_stage"]
    assert case.events.filter(kind="case.triaged").count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_cases_joined_into_each_other_at_once_leave_one() -> None:
    cast = make_cast()
    first, second = sent(cast).case, sent(cast).case
    actor = cast.act(cast.dispatcher)
    outcome = at_once(
        lambda: triage.case_join(actor=actor, case_id=first.pk, into_case_id=second.pk),
        lambda: triage.case_join(actor=actor, case_id=second.pk, into_case_id=first.pk),
    )
    assert [bool(refusal) for refusal in outcome].count(True) == 1
    assert Case.objects.filter(stage=CaseStage.JOINED).count() == 1
    assert all(verified(case) for case in Case.objects.all())


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_decision_and_the_issuing_of_the_partys_order_do_not_block_each_other() -> None:
    cast = make_cast()
    head, dispatcher = cast.act(cast.head), cast.act(cast.dispatcher)
    decide(cast, accepted(cast).case)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
    late = [accepted(cast).case for _ in range(3)]
    outcome = at_once(
        lambda: orders.order_issue(actor=dispatcher, order_id=order.pk),
        *[lambda case=case: decide(cast, case) for case in late],
    )
    assert outcome == [None] * 4
    assert set(Case.objects.values_list("stage", flat=True)) == {CaseStage.DISPATCHED}
