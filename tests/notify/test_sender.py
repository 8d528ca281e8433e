"""Messages go out by real SMTP: tried again when it passes, given up when it doesn't, never lost with a sender."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from cases.clock.moment import now, pretend
from dispatch.embedded.process import free_port
from dispatch.notify.models import Message, MessageState
from dispatch.notify.relay import relay
from dispatch.notify.selectors import messages
from dispatch.notify.sender import LEASE, PAUSES, TRIES, send_due
from dispatch.notify.services import message_retry
from tests.cast import Cast, make_cast, refused
from tests.notify.conftest import Post, at_once
from tests.stage import issued_order

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def by_post(settings: Any, post: Post) -> Post:
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", post.server_address[1]
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    return post


def called(cast: Cast, functions: tuple[str, ...] = ("market",)) -> int:
    """Messages waiting for the post after an order went out."""
    issued_order(cast, functions=functions)
    relay()
    return Message.objects.filter(state=MessageState.WAITING).count()


def test_everything_due_is_sent_in_the_readers_language(cast: Cast) -> None:
    cast.market_officers[0].language = "en"
    cast.market_officers[0].save()
    waiting = called(cast)
    assert send_due().sent == waiting == len(mail.outbox)
    letter = next(one for one in mail.outbox if one.to == [cast.market_officers[0].email])
    assert "You are called: order" in letter.subject
    assert cast.target.name in letter.body
    assert letter.extra_headers["Message-ID"].startswith("<message-")
    assert not Message.objects.exclude(state=MessageState.SENT).exists()
    assert send_due().sent == 0


def test_a_silent_post_office_puts_letters_off_with_growing_pauses_and_then_gives_up(
    cast: Cast, settings: Any, by_post: Post
) -> None:
    settings.EMAIL_PORT = free_port()
    waiting = called(cast)
    done = send_due()
    assert (done.sent, done.put_off) == (0, 1), "the first failure says that the post office is away"
    tried = Message.objects.get(attempts=1)
    assert tried.state == MessageState.WAITING
    assert "refused" in tried.last_error.lower()
    assert tried.next_try_at is not None
    assert tried.next_try_at - now() > PAUSES[0] - timedelta(seconds=5)
    moment = now()
    for _ in range(waiting * TRIES):
        moment += timedelta(days=1)
        with pretend(moment):
            send_due()
    assert set(Message.objects.filter(channel="email").values_list("state", "attempts")) == {
        (MessageState.FAILED, TRIES)
    }
    rows = messages(cast.act(cast.auditor), language="en", state="failed")
    assert len(rows) == waiting
    assert rows[0].message.last_error


def test_a_refused_address_fails_at_once_and_the_next_letter_goes(cast: Cast, by_post: Post) -> None:
    gone = cast.market_officers[0]
    by_post.refuse[gone.email] = "550 no such box"
    waiting = called(cast)
    done = send_due()
    assert (done.failed, done.sent) == (1, waiting - 1)
    failed = Message.objects.get(state=MessageState.FAILED)
    assert failed.recipient == gone
    assert "550" in failed.last_error
    assert len(by_post.letters) == waiting - 1
    by_post.refuse.clear()
    with refused("not_allowed", status=403):
        message_retry(actor=cast.act(cast.auditor), message_id=failed.pk)
    assert message_retry(actor=cast.act(cast.system_admin), message_id=failed.pk)
    assert send_due().sent == 1


def test_a_full_box_is_tried_again(cast: Cast, by_post: Post) -> None:
    by_post.refuse[cast.market_officers[0].email] = "452 box full"
    called(cast)
    assert send_due().put_off == 1
    by_post.refuse.clear()
    with pretend(now() + timedelta(minutes=1)):
        assert send_due().sent == 1


def test_a_message_left_by_a_dead_sender_is_taken_after_its_lease(cast: Cast) -> None:
    waiting = called(cast)
    Message.objects.filter(state=MessageState.WAITING).update(
        state=MessageState.SENDING, attempts=1, next_try_at=now() + LEASE
    )
    assert send_due().sent == 0, "its sender may be at it"
    with pretend(now() + LEASE * 2):
        assert send_due().sent == waiting


def test_a_message_whose_senders_all_die_is_given_up(cast: Cast) -> None:
    called(cast)
    Message.objects.filter(state=MessageState.WAITING).update(
        state=MessageState.SENDING, attempts=TRIES, next_try_at=now()
    )
    assert send_due().sent == 0
    assert not Message.objects.filter(state=MessageState.SENDING).exists()
    assert Message.objects.filter(state=MessageState.FAILED).exclude(last_error="").exists()


def test_somebody_without_an_address_gets_no_letter(cast: Cast) -> None:
    first = cast.market_officers[0]
    first.email = ""
    first.save()
    called(cast)
    assert set(Message.objects.filter(recipient=first).values_list("channel", flat=True)) == {"in_app"}


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_letter_once(by_post: Post) -> None:
    waiting = called(make_cast(), ("market", "urban"))
    answers = at_once(*[send_due for _ in range(4)])
    assert sum(done.sent for done in answers) == waiting == len(by_post.letters)
    assert set(Message.objects.filter(channel="email").values_list("attempts", flat=True)) == {1}
