"""The outbox becomes messages: for the right people, once, and a bad row harms nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from cases.clock.moment import now, pretend
from cases.models import Event, Outbox
from cases.services import casefile, intake, journal, orders
from dispatch.notify import relay as relaying
from dispatch.notify.models import ChannelName, Message, MessageState
from dispatch.notify.relay import relay
from dispatch.notify.selectors import inbox, stuck, unread_count
from dispatch.notify.services import messages_mark_read, outbox_retry
from teams.models import User
from teams.policies import SYSTEM
from tests.cast import Cast, make_cast, refused
from tests.notify.conftest import at_once
from tests.stage import issued_order, planned_case


def told(text: str, channel: str = "in_app") -> set[User]:
    rows = Message.objects.filter(text=text, channel=channel)
    return set(User.objects.filter(pk__in=rows.values("recipient_id")))


def test_a_whistle_calls_leaders_and_officers_of_every_squad_in_both_channels(cast: Cast) -> None:
    issued_order(cast)
    relay()
    street = {cast.leader, *cast.street_officers, cast.expired_officer}
    called = street | set(cast.market_officers) | set(cast.urban_officers)
    assert told("called") == called
    assert told("called", "email") == called
    assert set(Message.objects.filter(channel="in_app").values_list("state", flat=True)) == {MessageState.SENT}
    assert set(Message.objects.filter(channel="email").values_list("state", flat=True)) == {MessageState.WAITING}
    assert not Outbox.objects.exists()


def test_a_message_names_the_order_its_party_and_the_moment(cast: Cast) -> None:
    order = issued_order(cast)
    relay()
    words = [note.words for note in inbox(cast.act(cast.leader), language="en")]
    assert any(order.number in line and cast.target.name in line and "Acknowledge by" in line for line in words)


def test_the_head_hears_what_waits_for_approval_and_nobody_hears_of_what_they_did(cast: Cast) -> None:
    planned_case(cast)
    dispatcher = cast.act(cast.dispatcher)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    relay()
    assert told("to_approve") == {cast.head}
    assert told("approved") == {cast.dispatcher}
    assert told("case_received") == set(), "the dispatcher took the case"


def test_a_returned_part_is_told_to_the_office_of_that_street_only(cast: Cast) -> None:
    order = issued_order(cast)
    part = order.parts.get(squad=cast.squads["market"])
    orders.part_return(actor=cast.act(cast.market_officers[0]), part_id=part.pk, reason="演示·不属本队")
    orders.part_acknowledge(
        actor=cast.act(cast.urban_officers[0]), part_id=order.parts.get(squad=cast.squads["urban"]).pk
    )
    relay()
    assert told("returned") == told("acknowledged") == {cast.dispatcher}
    line = next(note.words for note in inbox(cast.act(cast.dispatcher), language="en") if "returned" in note.words)
    assert "市场监管" in line
    assert "不属本队" not in line, "reasons stay on the page"


def test_squads_hear_of_nothing_before_the_order_is_issued(cast: Cast) -> None:
    planned_case(cast)
    dispatcher = cast.act(cast.dispatcher)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    orders.order_cancel(actor=dispatcher, order_id=order.pk, reason="演示·重复")
    relay()
    assert told("called") == told("cancelled") == set()


def test_a_cancelled_order_tells_those_on_their_way(cast: Cast) -> None:
    order = issued_order(cast, functions=["market"])
    orders.order_cancel(actor=cast.act(cast.dispatcher), order_id=order.pk, reason="演示·已撤")
    relay()
    assert set(cast.market_officers) <= told("cancelled")


def test_nothing_of_the_complainant_is_in_any_message(cast: Cast) -> None:
    secret, phone = "演示我家住在三楼东户的原话", "13900001234"
    with pretend(now() - timedelta(minutes=1)):
        intake.complaint_create(
            actor=SYSTEM, street_id=cast.street.pk, source="portal", text=secret, name="演示·反映人", phone=phone
        )
    issued_order(cast)
    relay()
    assert Message.objects.exists()
    stored = str(list(Message.objects.values()))
    for word in (secret, phone, "反映人"):
        assert word not in stored


def test_many_new_cases_make_one_message_that_counts(cast: Cast) -> None:
    def receive() -> None:
        casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="hotline", title="演示·工单")

    for _ in range(5):
        receive()
    relay()
    message = Message.objects.get(recipient=cast.dispatcher, text="case_received")
    assert message.more == 4
    receive()
    relay()
    message.refresh_from_db()
    assert message.more == 5
    assert "5 more" in inbox(cast.act(cast.dispatcher), language="en")[0].words
    assert not Message.objects.filter(channel=ChannelName.EMAIL).exists()
    messages_mark_read(actor=cast.act(cast.dispatcher))
    receive()
    relay()
    assert Message.objects.filter(recipient=cast.dispatcher).count() == 2


def test_the_same_event_relayed_twice_tells_once(cast: Cast) -> None:
    issued_order(cast)
    relay()
    before = Message.objects.count()
    Outbox.objects.bulk_create([Outbox(event=event) for event in Event.objects.filter(kind="order.issued")])
    relay()
    assert Message.objects.count() == before
    assert not Outbox.objects.exists()


def test_a_bad_row_is_tried_again_then_set_aside_and_blocks_nobody(cast: Cast) -> None:
    order = issued_order(cast)
    with transaction.atomic():
        bad = journal.record(subject=order, kind="order.part_acknowledged", actor=SYSTEM, body={})
        journal.record(subject=order, kind="order.part_urged", actor=SYSTEM, body={"squad": cast.squads["market"].pk})
    done = relay()
    assert done.failed == 1
    assert told("urged") == set(cast.market_officers)
    row = Outbox.objects.get()
    assert (row.event_id, row.attempts) == (bad.pk, 1)
    assert "squad" in row.last_error
    assert relay().taken == 0, "it waits for its next try"
    moment = now()
    for _ in range(relaying.TRIES):
        moment += timedelta(hours=1)
        with pretend(moment):
            relay()
    row.refresh_from_db()
    assert row.set_aside_at is not None
    with pretend(moment + timedelta(days=30)):
        assert relay().taken == 0
    assert [one.pk for one in stuck(cast.act(cast.system_admin))] == [bad.pk]
    assert outbox_retry(actor=cast.act(cast.system_admin), event_id=bad.pk)
    assert relay().failed == 1
    with refused("not_allowed", status=403):
        outbox_retry(actor=cast.act(cast.auditor), event_id=bad.pk)


def test_inbox_counts_and_reads_only_ones_own(cast: Cast) -> None:
    issued_order(cast)
    relay()
    leader, market = cast.act(cast.leader), cast.act(cast.market_officers[0])
    assert unread_count(leader) == unread_count(market) == 1
    theirs = [note.id for note in inbox(market, language="en")]
    assert messages_mark_read(actor=leader, ids=theirs) == 0
    assert messages_mark_read(actor=leader) == 1
    assert (unread_count(leader), unread_count(market)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_share_the_outbox() -> None:
    cast = make_cast()
    for _ in range(12):
        casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示", urgency="general")
    issued_order(cast)
    answers = at_once(*[lambda: relay(limit=3) for _ in range(4)])
    assert sum(done.taken for done in answers) > 3
    while relay().taken:
        pass
    assert not Outbox.objects.exists()
    counted = Message.objects.filter(recipient=cast.dispatcher, text="case_received")
    assert sum(1 + message.more for message in counted) == 12
    calls = Message.objects.filter(text="called", channel="in_app").values_list("recipient_id", flat=True)
    assert len(calls) == len(set(calls))
