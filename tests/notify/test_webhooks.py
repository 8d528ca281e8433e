"""Other systems hear of events by signed calls: of what their account sees, again until it arrives, and then an end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cases.clock.moment import now, pretend
from cases.models import Case, Event
from cases.selectors.event_words import SENTENCES
from cases.services import intake
from dispatch.notify.models import Delivery, Fault, Message, MessageState, PauseCause, Webhook
from dispatch.notify.relay import relay
from dispatch.notify.selectors import inbox
from dispatch.notify.sender import LEASE
from dispatch.notify.webhooks import services
from dispatch.notify.webhooks.kinds import KINDS
from dispatch.notify.webhooks.sender import KEPT, PAUSES, TRIES, deliveries_forget, post_due
from dispatch.notify.webhooks.signing import signature
from teams.models import Assignment, Change, Role, User
from teams.policies import RESIDENT
from tests.cast import Cast, make_cast, person, refused
from tests.notify.conftest import at_once
from tests.receiver import Receiver, receiving

TEXT = "演示·夜里油烟，请找张三，电话13900001234"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_LOOPBACK = True
    with receiving() as server:
        yield server


def listening(cast: Cast, receiver: Receiver, user: User | None = None, *kinds: str) -> tuple[Webhook, str]:
    who = user or cast.dispatcher
    return services.webhook_create(
        actor=cast.act(who), user=who, name="演示·热线", url=receiver.url, kinds=kinds or ["case.received"]
    )


def received(cast: Cast, street: Any = None) -> Case:
    made = intake.complaint_create(
        actor=RESIDENT,
        street_id=(street or cast.street).pk,
        source="portal",
        text=TEXT,
        name="演示·甲",
        phone="13900001234",
    )
    relay()
    return made.case


def verified(secret: str, call: Any) -> bool:
    """As a receiver would, from the standard's text and not with our code."""
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in call.headers["webhook-signature"].split()


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification."""
    body = b'{"event_type":"ping","data":{"success":true}}'
    made = signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, body)
    assert made == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_every_kind_is_one_that_the_journal_knows() -> None:
    assert set(KINDS) <= set(SENTENCES)


def test_an_event_arrives_signed_with_nothing_but_where_to_read_on(cast: Cast, receiver: Receiver) -> None:
    hook, secret = listening(cast, receiver)
    case = received(cast)
    assert post_due().sent == 1
    (call,) = receiver.calls
    assert verified(secret, call)
    event = Event.objects.get(case=case, kind="case.received")
    assert call.headers["webhook-id"] == f"evt_{event.pk}"
    assert abs(int(call.headers["webhook-timestamp"]) - now().timestamp()) < 60
    assert call.headers["content-type"] == "application/json"
    assert set(call.json) == {"type", "timestamp", "data"}
    assert call.json["type"] == "case.received"
    assert call.json["data"] == {
        "id": f"evt_{event.pk}",
        "subject": "case",
        "case_id": case.pk,
        "reference": case.reference,
        "url": f"http://127.0.0.1:8000/api/v1/cases/{case.pk}/",
    }
    for word in ("13900001234", "油烟", "张三", "演示"):
        assert word not in json.dumps(call.json, ensure_ascii=False)
        assert word not in str(call.headers)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts, delivery.fault) == (MessageState.SENT, 204, 1, "")
    hook.refresh_from_db()
    assert hook.last_success_at is not None
    assert post_due().sent == 0


def test_a_secret_is_shown_once_and_stands_nowhere(cast: Cast, receiver: Receiver) -> None:
    _hook, secret = listening(cast, receiver)
    assert secret.startswith("whsec_")
    stored = str([*Webhook.objects.values(), *Change.objects.values()])
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored
    assert "of=us" not in str(list(Change.objects.values())), "a receiver's own secret may stand in the query"


def test_for_a_day_after_a_change_both_secrets_sign(cast: Cast, receiver: Receiver) -> None:
    hook, first = listening(cast, receiver)
    _hook, second = services.webhook_secret_renew(actor=cast.act(cast.dispatcher), webhook_id=hook.pk)
    assert first != second
    received(cast)
    post_due()
    assert verified(first, receiver.calls[0])
    assert verified(second, receiver.calls[0])
    with pretend(now() + timedelta(days=1, minutes=1)):
        received(cast)
        post_due()
    assert verified(second, receiver.calls[1])
    assert not verified(first, receiver.calls[1])


def test_an_account_hears_of_what_it_sees_and_of_what_it_asked_for(cast: Cast, receiver: Receiver) -> None:
    hook, _secret = listening(cast, receiver)
    received(cast, cast.other_street)
    assert not Delivery.objects.exists()
    listening(cast, receiver, cast.auditor)
    received(cast, cast.other_street)
    assert [row.webhook.user for row in Delivery.objects.all()] == [cast.auditor]
    Webhook.objects.filter(pk=hook.pk).update(kinds=["case.closed"])
    received(cast)
    assert not Delivery.objects.filter(webhook=hook).exists()


@pytest.mark.parametrize("end", ["role", "account"])
def test_a_role_that_ended_hears_nothing_more(cast: Cast, receiver: Receiver, end: str) -> None:
    listening(cast, receiver)
    received(cast)
    if end == "role":
        yesterday = now().date() - timedelta(days=2)
        Assignment.objects.filter(user=cast.dispatcher).update(ends_on=yesterday)
    else:
        User.objects.filter(pk=cast.dispatcher.pk).update(is_active=False)
    done = post_due()
    assert (done.failed, receiver.calls) == (1, [])
    assert Delivery.objects.get().fault == Fault.UNSEEN
    received(cast)
    assert Delivery.objects.count() == 1, "nor is anything new put down for it"


def test_somebody_without_the_desk_would_hear_of_nothing(cast: Cast, receiver: Receiver) -> None:
    for user in (cast.leader, cast.lab_technician, cast.grid_worker, cast.system_admin):
        with refused("account_sees_nothing", status=422):
            listening(cast, receiver, user)


def test_what_is_refused_is_tried_again_with_growing_pauses_and_then_ends(cast: Cast, receiver: Receiver) -> None:
    hook, secret = listening(cast, receiver)
    receiver.behave = 500
    security = person("secadmin", "安全管理员", Role.SECURITY_ADMIN)
    received(cast)
    moment = now()
    for number, pause in enumerate(PAUSES, start=1):
        with pretend(moment):
            assert post_due().put_off == 1
            assert post_due().put_off == 0, "not before its time"
        row = Delivery.objects.get()
        assert (row.state, row.attempts, row.status, row.fault) == ("waiting", number, 500, "status")
        moment += pause + timedelta(seconds=1)
    assert list(PAUSES) == sorted(PAUSES)
    with pretend(moment):
        assert post_due().failed == 1
    assert len(receiver.calls) == TRIES
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len({call.body for call in receiver.calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == TRIES
    assert all(verified(secret, call) for call in receiver.calls)
    row = Delivery.objects.get()
    assert (row.state, row.next_try_at) == ("failed", None)
    assert "secret words" not in str(list(Delivery.objects.values()) + list(Message.objects.values()))
    hook.refresh_from_db()
    assert hook.pause_cause == PauseCause.FAILING
    told = set(Message.objects.filter(text="webhook_paused").values_list("recipient__username", flat=True))
    assert told == {"secadmin", "sysadmin", "dispatcher"}
    line = inbox(cast.act(security), language="en")[0]
    assert (line.subject, line.subject_id) == ("webhook", hook.pk)
    assert "演示·热线" in line.words
    assert "two days" in line.words
    assert Change.objects.filter(subject_kind="webhook", actor__isnull=True).count() == 1


def test_while_it_is_paused_nothing_goes_and_going_on_sends_what_waited(cast: Cast, receiver: Receiver) -> None:
    hook, _secret = listening(cast, receiver)
    received(cast)
    actor = cast.act(cast.dispatcher)
    services.webhook_change(actor=actor, webhook_id=hook.pk, paused=True)
    received(cast)
    assert post_due().sent == 0
    assert Delivery.objects.count() == 1, "what happens meanwhile is read by the API afterwards"
    services.webhook_change(actor=actor, webhook_id=hook.pk, paused=False)
    assert post_due().sent == 1


@pytest.mark.parametrize(("how", "cause"), [("410", PauseCause.GONE), ("inside", PauseCause.ADDRESS)])
def test_an_address_that_can_never_do_is_paused_at_once(
    cast: Cast, receiver: Receiver, settings: Any, how: str, cause: PauseCause
) -> None:
    listening(cast, receiver)
    receiver.behave = 410
    settings.WEBHOOK_LOOPBACK = how == "410"
    received(cast)
    assert post_due().failed == 1
    assert Webhook.objects.get().pause_cause == cause
    assert len(receiver.calls) == (1 if how == "410" else 0)


def test_one_bad_delivery_among_good_ones_pauses_nothing(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    received(cast)
    Delivery.objects.update(attempts=TRIES - 1)
    receiver.behave = 500
    received(cast)
    Delivery.objects.filter(attempts=0).update(next_try_at=now() - timedelta(hours=1))
    receiver.behave = 204
    assert post_due(limit=1).sent == 1
    receiver.behave = 422
    assert post_due().failed == 1
    assert Webhook.objects.get().paused_at is None


def test_who_does_not_answer_holds_up_nobody(cast: Cast, receiver: Receiver, settings: Any) -> None:
    silent, _secret = listening(cast, receiver)
    with receiving() as gone:
        Webhook.objects.filter(pk=silent.pk).update(url=gone.url)
    good, _secret = listening(cast, receiver, cast.head)
    for _case in range(3):
        received(cast)
    done = post_due()
    assert (done.sent, done.put_off) == (3, 1), "the silent one is tried once a round"
    assert set(Delivery.objects.filter(webhook=good).values_list("state", flat=True)) == {"sent"}


def test_a_delivery_left_by_a_dead_sender_is_taken_after_its_lease(cast: Cast, receiver: Receiver) -> None:
    listening(cast, receiver)
    received(cast)
    Delivery.objects.update(state=MessageState.SENDING, attempts=1, next_try_at=now() + LEASE)
    assert post_due().sent == 0
    with pretend(now() + LEASE * 2):
        assert post_due().sent == 1
    received(cast)
    Delivery.objects.filter(state="waiting").update(state="sending", attempts=TRIES, next_try_at=now())
    assert post_due().sent == 0
    assert Delivery.objects.filter(state="failed", fault=Fault.LOST).count() == 1


def test_a_test_goes_out_once_and_is_no_reason_to_pause(cast: Cast, receiver: Receiver) -> None:
    hook, secret = listening(cast, receiver)
    actor = cast.act(cast.dispatcher)
    services.webhook_test(actor=actor, webhook_id=hook.pk)
    with refused("test_waiting"):
        services.webhook_test(actor=actor, webhook_id=hook.pk)
    receiver.behave = 404
    assert post_due().failed == 1
    assert receiver.calls[0].json["type"] == "webhook.test"
    assert verified(secret, receiver.calls[0])
    row = Delivery.objects.get()
    assert Webhook.objects.get().paused_at is None
    receiver.behave = 204
    assert services.delivery_retry(actor=actor, delivery_id=row.pk)
    assert not services.delivery_retry(actor=actor, delivery_id=row.pk)
    assert post_due().sent == 1


def test_only_the_account_itself_and_the_security_administrator_change_it(cast: Cast, receiver: Receiver) -> None:
    hook, _secret = listening(cast, receiver)
    for user in (cast.head, cast.auditor, cast.system_admin, cast.outsider):
        actor = cast.act(user)
        with refused("not_allowed", status=403):
            services.webhook_change(actor=actor, webhook_id=hook.pk, name="x")
        with refused("not_allowed", status=403):
            services.webhook_remove(actor=actor, webhook_id=hook.pk)
        with refused("not_allowed", status=403):
            services.webhook_secret_renew(actor=actor, webhook_id=hook.pk)
        with refused("not_allowed", status=403):
            services.webhook_create(
                actor=actor, user=cast.dispatcher, name="x", url=receiver.url, kinds=["case.closed"]
            )
    with refused("no_webhook", status=404):
        services.webhook_test(actor=cast.act(cast.dispatcher), webhook_id=0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name_needed"),
        ({"kinds": []}, "kind_needed"),
        ({"kinds": ["case.identity_revealed"]}, "kind_unknown"),
        ({"url": "https://10.0.0.1/"}, "url_not_public"),
    ],
)
def test_a_wrong_change_leaves_it_as_it_was(cast: Cast, receiver: Receiver, change: dict[str, Any], code: str) -> None:
    hook, _secret = listening(cast, receiver)
    with refused(code, status=422):
        services.webhook_change(actor=cast.act(cast.dispatcher), webhook_id=hook.pk, **change)


def test_deliveries_are_forgotten_and_go_with_their_webhook(cast: Cast, receiver: Receiver) -> None:
    hook, _secret = listening(cast, receiver)
    received(cast)
    assert deliveries_forget() == 0
    with pretend(now() + KEPT + timedelta(minutes=1)):
        assert deliveries_forget() == 1
    received(cast)
    services.webhook_remove(actor=cast.act(cast.dispatcher), webhook_id=hook.pk, reason="演示")
    assert not Delivery.objects.exists()
    assert Change.objects.filter(subject_kind="webhook", action="ended", reason="演示").exists()


def test_at_most_twenty_of_an_account(cast: Cast, receiver: Receiver) -> None:
    for _number in range(services.MOST):
        listening(cast, receiver)
    with refused("too_many", status=422):
        listening(cast, receiver)


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_call_once(receiver: Receiver) -> None:
    cast = make_cast()
    listening(cast, receiver)
    for _case in range(4):
        received(cast)
    answers = at_once(*[post_due for _ in range(3)])
    assert sum(done.sent for done in answers) == 4 == len(receiver.calls)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
