"""Tokens and webhooks in the administration: shown once, ended at once, every call seen, each change in the history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.services import intake
from dispatch.notify.models import Delivery, Message, Webhook
from dispatch.notify.relay import relay
from dispatch.notify.webhooks import services
from dispatch.notify.webhooks.sender import post_due
from dispatch.web import tokens
from dispatch.web.models import ApiToken
from dispatch.web.templatetags.look import day_words
from teams.models import Change, Role, User
from teams.policies import RESIDENT, SYSTEM
from tests.api.client import Program
from tests.cast import Cast, person, unchanged
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
ADMIN = "/console/admin/"


@pytest.fixture
def security(cast: Cast) -> Client:
    return logged_in(person("secadmin", "安全管理员", Role.SECURITY_ADMIN))


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_LOOPBACK = True
    with receiving() as server:
        yield server


def logged_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def shown(answer: Any) -> str:
    """The secret on the page that shows it."""
    found = re.search(r'class="linkbox mono">([^<]+)<', answer.content.decode())
    assert found, answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    return found[1]


def text(answer: Any) -> str:
    return str(answer.content.decode())


TOKEN = {"account": "dispatcher", "name": "演示·热线", "scopes": ["cases:read"], "last_day": "", "reason": "演示·联调"}


def test_a_token_is_handed_out_used_seen_and_revoked(cast: Cast, security: Client) -> None:
    last = timezone.localdate() + timedelta(days=3)
    secret = shown(security.post(f"{ADMIN}tokens/new/", TOKEN | {"last_day": last.isoformat()}))
    row = ApiToken.objects.get()
    assert timezone.localtime(row.expires_at).date() == last + timedelta(days=1), "the whole last day counts"
    assert Program(f"Bearer {secret}").get("me/")["user"]["name"] == cast.dispatcher.name
    page = text(security.get(f"{ADMIN}tokens/"))
    assert "演示·热线" in page
    assert f"until {day_words(last)}" in page
    assert secret not in page + text(security.get(f"{ADMIN}tokens/{row.pk}/"))
    assert Message.objects.filter(text="token_issued", recipient=cast.dispatcher, channel="in_app").count() == 1

    with unchanged():
        answer = security.post(f"{ADMIN}tokens/{row.pk}/revoke/", {"reason": ""})
    assert answer.status_code == 422
    security.post(f"{ADMIN}tokens/{row.pk}/revoke/", {"reason": "演示·结束"})
    program = Program(f"Bearer {secret}")
    program.get("me/")
    program.refused(401, "token_invalid")
    assert "演示·热线" not in text(security.get(f"{ADMIN}tokens/"))
    assert "演示·热线" in text(security.get(f"{ADMIN}tokens/?state=ended"))
    history = text(logged_in(cast.auditor).get(f"{ADMIN}history/?kind=token"))
    assert "演示·结束" in history
    assert "read cases, orders and parties" in history
    assert secret not in history + str(list(Change.objects.values()))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"account": "nobody-at-all"}, "Nobody active has this user name"),
        ({"scopes": []}, "This is still missing"),
        ({"last_day": "2020-01-01"}, "This day is over"),
        ({"name": " "}, "This is still missing"),
        ({"scopes": ["all:everything"]}, "all:everything"),
    ],
)
def test_a_wrong_token_form_says_why_and_keeps_what_was_typed(
    cast: Cast, security: Client, more: dict[str, Any], words: str
) -> None:
    with unchanged():
        answer = security.post(f"{ADMIN}tokens/new/", TOKEN | more)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "演示·联调" in text(answer)


def test_others_look_and_do_not_touch(cast: Cast, security: Client, receiver: Receiver) -> None:
    row, _text = tokens.token_issue(actor=SYSTEM, user=cast.dispatcher, name="演示·甲", scopes=["cases:read"])
    hook, _secret = services.webhook_create(
        actor=cast.act(cast.dispatcher), user=cast.dispatcher, name="演示·乙", url=receiver.url, kinds=["case.closed"]
    )
    for user in (cast.system_admin, cast.auditor):
        client = logged_in(user)
        for path in (f"tokens/{row.pk}/", f"webhooks/{hook.pk}/", "tokens/", "webhooks/"):
            page = text(client.get(ADMIN + path))
            for act in ("revoke/", "pause/", "secret/", "remove/", "/new/", "/test/"):
                assert act not in page, path


HOOK = {
    "account": "dispatcher",
    "name": "演示·推送",
    "url": "",
    "kinds": ["case.received", "case.closed"],
    "reason": "演示·对接",
}


def test_a_webhook_is_set_up_tried_paused_and_removed(cast: Cast, security: Client, receiver: Receiver) -> None:
    secret = shown(security.post(f"{ADMIN}webhooks/new/", HOOK | {"url": receiver.url}))
    hook = Webhook.objects.get()
    here = f"{ADMIN}webhooks/{hook.pk}/"
    assert "Nothing was sent yet" in text(security.get(here))
    receiver.behave = 503
    security.post(f"{here}test/")
    post_due()
    page = text(security.get(here))
    assert "not accepted (503)" in page
    assert "of=us" not in page, "the query may hold a secret of the receiver"
    assert secret not in page
    receiver.behave = 204
    row = Delivery.objects.get()
    assert security.post(f"{ADMIN}deliveries/{row.pk}/retry/").status_code == 302
    post_due()
    case = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·吵", phone="13900001234"
    ).case
    relay()
    post_due()
    page = text(security.get(here))
    assert case.reference in page
    assert "A case was received" in page
    assert "could not be sent" not in page

    security.post(f"{here}pause/", {"reason": "演示·检修"})
    assert "paused by hand" in text(security.get(f"{ADMIN}webhooks/"))
    security.post(f"{here}pause/", {"reason": ""})
    assert Webhook.objects.get().paused_at is None
    assert shown(security.post(f"{here}secret/", {"reason": ""})) != secret
    changed = HOOK | {"url": receiver.url, "kinds": ["case.closed"], "reason": "演示·少一些"}
    assert security.post(f"{here}edit/", changed).status_code == 302
    assert Webhook.objects.get().kinds == ["case.closed"]
    assert security.post(f"{here}remove/", {"reason": "演示·停用"}).status_code == 302
    assert not Webhook.objects.exists()
    history = text(logged_in(cast.auditor).get(f"{ADMIN}history/?kind=webhook"))
    for words in ("演示·检修", "演示·少一些", "演示·停用", "secret renewed", "a case was closed", "paused by hand"):
        assert words in history


def test_an_address_inside_the_house_is_refused_beside_its_field(cast: Cast, security: Client) -> None:
    for url, words in (
        ("https://192.168.1.1/hook", "not a public one"),
        ("http://example.org/", "must begin with https"),
        ("https://postgres:5432/", "not a public one"),
    ):
        with unchanged():
            answer = security.post(f"{ADMIN}webhooks/new/", HOOK | {"url": url})
        assert answer.status_code == 422
        assert words in text(answer)
        assert url in text(answer)
    with unchanged():
        answer = security.post(
            f"{ADMIN}webhooks/new/", HOOK | {"account": "sysadmin", "url": "https://example.org/hook"}
        )
    assert "would hear of nothing" in text(answer)


def test_a_pause_that_happened_by_itself_leads_to_its_page(cast: Cast, security: Client, receiver: Receiver) -> None:
    security.post(f"{ADMIN}webhooks/new/", HOOK | {"url": receiver.url})
    receiver.behave = 410
    intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·吵")
    relay()
    post_due()
    hook = Webhook.objects.get()
    page = text(security.get("/console/notices/"))
    assert f"/console/admin/webhooks/{hook.pk}/" in page
    assert "gone for good" in page
    assert "Let it go on" in text(security.get(f"{ADMIN}webhooks/{hook.pk}/"))
    dispatcher = text(logged_in(cast.dispatcher).get("/console/notices/"))
    assert "gone for good" in dispatcher
    assert "/console/admin/" not in dispatcher
    services.webhook_remove(actor=SYSTEM, webhook_id=hook.pk)
    assert "/console/admin/webhooks/" not in text(security.get("/console/notices/")).partition("<main")[2]


def test_what_hangs_on_a_deactivated_account_says_so(cast: Cast, security: Client, receiver: Receiver) -> None:
    security.post(f"{ADMIN}tokens/new/", TOKEN)
    security.post(f"{ADMIN}webhooks/new/", HOOK | {"url": receiver.url})
    User.objects.filter(pk=cast.dispatcher.pk).update(is_active=False)
    assert "account deactivated" in text(security.get(f"{ADMIN}tokens/?state=ended"))
    assert "account deactivated" in text(security.get(f"{ADMIN}webhooks/"))


def test_lists_ask_as_often_for_many_as_for_few(cast: Cast, security: Client, receiver: Receiver) -> None:
    actor = cast.act(cast.dispatcher)
    counts: dict[str, list[int]] = {}
    first = 0
    for _round in range(2):
        for _more in range(3):
            tokens.token_issue(actor=SYSTEM, user=cast.dispatcher, name="演示", scopes=["cases:read"])
            hook, _secret = services.webhook_create(
                actor=actor, user=cast.dispatcher, name="演示", url=receiver.url, kinds=["case.received"]
            )
        first = first or hook.pk
        for _more in range(3):
            intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·吵")
        relay()
        for name, path in (("tokens", "tokens/"), ("hooks", "webhooks/"), ("hook", f"webhooks/{first}/")):
            security.get(ADMIN + path)
            with CaptureQueriesContext(connection) as caught:
                security.get(ADMIN + path)
            counts.setdefault(name, []).append(len(caught))
    for name, (few, many) in counts.items():
        assert many <= few <= 20, (name, few, many)
