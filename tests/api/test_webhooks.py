"""Webhooks over the API: one's own, secrets once, outdated states refused; and the receiver of docs/api.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from cases.services import intake
from dispatch.api.models import Sending
from dispatch.notify.models import Delivery, Webhook
from dispatch.notify.relay import relay
from dispatch.notify.webhooks.sender import post_due
from teams.models import Change
from teams.policies import RESIDENT
from tests.api.client import program_of
from tests.cast import Cast, unchanged
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_LOOPBACK = True
    with receiving() as server:
        yield server


def body(receiver: Receiver, **more: Any) -> dict[str, Any]:
    return {"name": "演示·热线", "url": receiver.url, "kinds": ["case.received", "case.closed"]} | more


def test_a_whole_life(cast: Cast, receiver: Receiver) -> None:
    program = program_of(cast.dispatcher, "webhooks:manage", "cases:read")
    made = program.post("webhooks/", body(receiver))
    assert program.answer.status_code == 201, made
    etag, path = program.answer["ETag"], f"webhooks/{made['id']}/"
    assert made["secret"].startswith("whsec_")
    assert "secret" not in program.get(path)
    assert [row["id"] for row in program.get("webhooks/")["results"]] == [made["id"]]

    test = program.post(f"{path}test/")
    assert (program.answer.status_code, test["state"], test["event"]) == (202, "waiting", None)
    post_due()
    assert program.get(f"{path}deliveries/?state=sent")["results"][0]["status"] == 204

    changed = program._send("PATCH", path, {"paused": True, "kinds": ["case.closed"]}, {"If_Match": etag})
    assert (changed["paused"], changed["pause_cause"], changed["kinds"]) == (True, "by_hand", ["case.closed"])
    with unchanged():
        program._send("PATCH", path, {"paused": False}, {"If_Match": etag})
    program.refused(412, "changed_meanwhile")
    with unchanged():
        program.post(f"{path}test/")
    program.refused(409, "paused")

    renewed = program.post(f"{path}secret/")
    assert renewed["secret"] != made["secret"]
    program._send("DELETE", path, None, {})
    assert program.answer.status_code == 204
    program.get(path)
    program.refused(404, "not_found")
    acts = list(Change.objects.filter(subject_kind="webhook").order_by("pk").values_list("action", flat=True))
    assert acts == ["created", "changed", "renewed", "ended"]


def test_a_secret_is_not_kept_for_a_repeated_answer(cast: Cast, receiver: Receiver) -> None:
    program = program_of(cast.dispatcher)
    first = program.post("webhooks/", body(receiver), Idempotency_Key="k1")
    again = program.post("webhooks/", body(receiver), Idempotency_Key="k1")
    assert Webhook.objects.count() == 1
    assert again == first | {"secret": None}
    assert first["secret"] not in str(Sending.objects.values())


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"url": "https://169.254.169.254/latest"}, 422, "url_not_public"),
        ({"url": "http://example.org/"}, 422, "url_not_https"),
        ({"kinds": []}, 400, "invalid"),
        ({"kinds": ["case.identity_revealed"]}, 400, "invalid"),
        ({"name": " "}, 400, "invalid"),
    ],
)
def test_wrong_ones_are_refused(cast: Cast, receiver: Receiver, more: dict[str, Any], status: int, code: str) -> None:
    program = program_of(cast.dispatcher)
    with unchanged():
        program.post("webhooks/", body(receiver, **more))
    program.refused(status, code)


def test_who_may_not_read_cases_does_not_hear_of_them(cast: Cast, receiver: Receiver) -> None:
    program = program_of(cast.dispatcher, "webhooks:manage")
    with unchanged():
        program.post("webhooks/", body(receiver))
    program.refused(403, "not_allowed")
    assert "cases:read" in program.answer.json()["detail"]
    admin = program_of(cast.system_admin)
    admin.post("webhooks/", body(receiver))
    admin.refused(422, "account_sees_nothing")


def test_a_failed_delivery_is_tried_anew(cast: Cast, receiver: Receiver) -> None:
    program = program_of(cast.dispatcher)
    made = program.post("webhooks/", body(receiver))
    receiver.behave = 500
    program.post(f"webhooks/{made['id']}/test/")
    post_due()
    row = program.get(f"webhooks/{made['id']}/deliveries/?fault=status&status=500&kind=webhook.test")["results"][0]
    assert (row["state"], row["fault"], row["status"]) == ("failed", "status", 500)
    assert program.post(f"webhooks/deliveries/{row['id']}/retry/")["state"] == "waiting"
    receiver.behave = 204
    post_due()
    assert Delivery.objects.get().state == "sent"


def test_the_receiver_of_the_document_accepts_ours_and_refuses_others(cast: Cast, receiver: Receiver) -> None:
    """The code in docs/api.md, as it stands there."""
    text = (Path(project.BASE_DIR) / "docs" / "api.md").read_text(encoding="utf-8")
    (code,) = [part for part in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def verified" in part]
    names: dict[str, Any] = {}
    exec(code, names)
    verified = names["verified"]

    program = program_of(cast.dispatcher)
    secret = program.post("webhooks/", body(receiver))["secret"]
    intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·夜间吵闹")
    relay()
    post_due()
    call = receiver.calls[0]
    told = verified(secret, call.headers, call.body)
    assert told["type"] == "case.received"
    assert program.get(told["data"]["url"].partition("/api/v1/")[2])["reference"] == told["data"]["reference"]
    late = call.headers | {"webhook-timestamp": "1700000000"}
    for wrong in (
        (secret, call.headers, call.body + b" "),
        ("whsec_" + "A" * 43 + "=", call.headers, call.body),
        (secret, late, call.body),
        (secret, call.headers | {"webhook-id": "evt_0"}, call.body),
    ):
        with pytest.raises(ValueError):
            verified(*wrong)
