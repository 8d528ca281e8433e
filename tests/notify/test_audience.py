"""Who hears what, from the whistle to the ruling, and how lateness climbs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from cases.clock.moment import now, pretend
from cases.models import Deadline, DeadlineKind, Event, Finding, PartItem, Result
from cases.services import escalation, followups, needs, orders, patrols, visits
from dispatch.notify.audience import RULES
from dispatch.notify.models import Message
from dispatch.notify.relay import relay
from dispatch.notify.selectors import inbox
from dispatch.notify.texts import TEXTS, render
from teams.models import User
from tests.cast import LAT, LNG, Cast
from tests.notify.test_relay import told
from tests.onscene import all_finish, all_there, answer, at, close, rule, whistle
from tests.stage import issued_order, planned_case


def fresh() -> dict[str, set[User]]:
    """Relay, and who was told what in the system since the last time."""
    seen = set(Message.objects.values_list("pk", flat=True))
    while relay().taken:
        pass
    heard: dict[str, set[User]] = {}
    for message in Message.objects.filter(channel="in_app").exclude(pk__in=seen).select_related("recipient"):
        heard.setdefault(message.text, set()).add(message.recipient)
    return heard


def test_from_the_visit_to_the_laboratory_and_the_ruling(cast: Cast) -> None:
    squads = ("street", "urban")
    with at("2026-07-14 10:00"):
        planned_case(cast, functions=["urban"], category="05-10")
        order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
        whistle(cast, order)
        fresh()
    with at("2026-07-14 11:00"):
        all_there(cast, order, squads)
        answer(cast, order, "ST-01", Result.FAILS, note="演示·喧哗")
        test = visits.lab_commission(
            actor=cast.act(cast.urban_officers[0]),
            part_item_id=PartItem.objects.get(part__order=order, item__code="UR-02").pk,
            laboratory_id=cast.squads["laboratory"].pk,
        )
        assert fresh() == {"lab_commissioned": {cast.lab_technician}}
        all_finish(cast, order, squads)
        close(cast, order)
        heard = fresh()
        assert heard["to_rule"] == {*cast.street_officers, cast.expired_officer}, "the leader closed the visit himself"
        rule(cast, Finding.objects.get(), "guidance")
        assert fresh()["ruled"] == {cast.dispatcher}
    with at("2026-07-15 11:00"):
        followups.lab_report(
            actor=cast.act(cast.lab_technician),
            lab_test_id=test.pk,
            value=Decimal(1),
            method="演示法",
            report_number="演-1",
        )
        assert fresh()["lab_reported"] == set(cast.urban_officers)


def test_a_need_that_joins_calls_those_it_adds_and_tells_the_others(cast: Cast) -> None:
    issued_order(cast, functions=["market"])
    fresh()
    _case, need = planned_case(cast, functions=["fire"])
    order = orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk)
    assert order is not None
    heard = fresh()
    assert heard["called"] == set(cast.fire_officers)
    assert set(cast.market_officers) <= heard["need_joined"]
    assert not heard["need_joined"] & set(cast.fire_officers)


def test_the_laboratory_and_the_squad_hear_that_a_test_is_called_off(cast: Cast) -> None:
    order = issued_order(cast, functions=["urban"])
    all_there(cast, order, ["street", "urban"])
    test = visits.lab_commission(
        actor=cast.act(cast.urban_officers[0]),
        part_item_id=PartItem.objects.get(part__order=order, item__code="UR-02").pk,
        laboratory_id=cast.squads["laboratory"].pk,
    )
    fresh()
    followups.lab_cancel(actor=cast.act(cast.dispatcher), lab_test_id=test.pk, reason="演示")
    assert fresh()["lab_cancelled"] == {cast.lab_technician, *cast.urban_officers}


def test_squads_are_told_that_an_order_became_urgent(cast: Cast) -> None:
    issued_order(cast, functions=["market"])
    fresh()
    _case, need = planned_case(cast, functions=["market"], urgency="urgent")
    assert orders.need_place(actor=cast.act(cast.dispatcher), need_id=need.pk) is not None
    heard = fresh()
    assert set(cast.market_officers) <= heard["need_joined_urgent"]
    assert "need_joined" not in heard


def test_a_patrol_that_did_it_all_at_once_calls_nobody(cast: Cast) -> None:
    first, second = cast.street_officers
    patrols.patrol_record(
        actor=cast.act(first),
        squad_id=cast.squads["street"].pk,
        partner_ids=[second.pk],
        target_id=cast.supermarket.pk,
        category_id=cast.categories["05-07"].pk,
        text="演示·门外堆放",
        outcome="caution_card",
        reason="演示·轻微",
        corrected_on_spot=True,
        lat=LAT + 0.005,
        lng=LNG,
    )
    heard = fresh()
    assert "called" not in heard
    assert heard["ruled"] == {cast.dispatcher}
    assert heard["to_approve"] == {cast.head}


def test_the_head_hears_at_once_of_what_goes_out_before_its_approval(cast: Cast) -> None:
    planned_case(cast, urgency="urgent")
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    fresh()
    orders.order_issue(actor=cast.act(cast.dispatcher), order_id=order.pk)
    assert fresh()["to_approve"] == {cast.head}


def test_a_whistle_relayed_late_does_not_call_those_who_have_come(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    all_there(cast, order, ["street"])
    heard = fresh()
    assert heard["called"] == set(cast.market_officers)


def test_lateness_goes_to_the_leader_then_the_head_then_the_district(cast: Cast) -> None:
    start = now()
    with pretend(start):
        order = issued_order(cast, urgency="urgent", functions=["market"])
        row = Deadline.objects.get(part__order=order, part__squad=cast.squads["market"], kind=DeadlineKind.ACKNOWLEDGE)
        Deadline.objects.exclude(pk=row.pk).update(next_at=None)
        fresh()
    leader, officer = cast.market_officers
    for minutes, text, people in (
        (25, "squad_warned", {leader, officer}),
        (30, "squad_passed", {leader}),
        (60, "squad_escalated", {leader, cast.head}),
        (90, "squad_escalated", {leader, cast.head, cast.supervisor}),
    ):
        with pretend(start + timedelta(minutes=minutes)):
            assert escalation.deadlines_sweep().fired == 1
            assert fresh() == {text: people}
    assert told("squad_escalated", "email") == {leader, cast.head, cast.supervisor}
    line = inbox(cast.act(cast.supervisor), language="en")[0].words
    assert line.startswith("Supervision level 3")
    assert order.number in line


def test_a_head_hears_of_an_approval_that_is_late(cast: Cast) -> None:
    with pretend(now() - timedelta(days=20)):
        planned_case(cast)
        order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
        orders.order_submit(actor=cast.act(cast.dispatcher), order_id=order.pk)
        Deadline.objects.exclude(kind=DeadlineKind.APPROVAL).update(next_at=None)
        fresh()
    assert escalation.deadlines_sweep().fired == 1
    assert fresh() == {"deadline_escalated": {cast.head, cast.supervisor}}


def test_every_text_speaks_in_both_languages_with_the_facts_that_rules_give() -> None:
    facts = {
        "number": "J1",
        "target": "演示·店",
        "squad": {"zh": "演示·队", "en": "Demo squad"},
        "clock": "acknowledge",
        "level": 2,
        "due": now().isoformat(),
        "until": now().isoformat(),
    }
    for text in TEXTS:
        for language in ("en", "zh-hans"):
            words = render(text, facts, language, more=3)
            assert words != text
            assert "%(" not in words
            assert "{" not in words
    assert render("of an older version", facts, "en").startswith("of an older version")


def test_a_withdrawn_need_is_told_to_nobody(cast: Cast) -> None:
    _case, need = planned_case(cast)
    needs.need_withdraw(actor=cast.act(cast.dispatcher), need=need, reason="演示")
    assert "case.need_withdrawn" not in RULES
    assert Event.objects.filter(kind="case.need_withdrawn").exists()
    assert fresh() == {}
