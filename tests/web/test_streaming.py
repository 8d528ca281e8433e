"""After the commit everyone whose page shows the subject gets a hint, by ids alone; without Redis nothing is felt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from cases.models import Case
from cases.services import casefile, intake, orders
from dispatch.embedded.process import free_port
from dispatch.embedded.valkey import Valkey
from dispatch.notify.relay import relay
from dispatch.web import streaming
from dispatch.web.breaker import Breaker
from dispatch.web.live import hints as publishing
from teams.policies import RESIDENT, SYSTEM
from tests.cast import Cast, make_cast
from tests.stage import issued_order, planned_case

pytestmark = pytest.mark.django_db(transaction=True)
Hints = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def hints(settings: Any, own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Hints:
    """What was published to a topic so far."""
    settings.REDIS_URL = own_valkey.url
    monkeypatch.setattr(publishing, "_client", None)
    monkeypatch.setattr(publishing, "_breaker", Breaker(rest=2.0))
    monkeypatch.setattr(publishing, "TIMEOUT", 10.0)  # what is hinted, not how long a busy machine needs
    client: Any = Redis.from_url(own_valkey.url, decode_responses=True)
    client.flushall()

    def read(topic: str) -> list[dict[str, Any]]:
        return [json.loads(fields["d"]) for _id, fields in client.xrange(publishing.PREFIX + topic)]

    return read


def test_office_and_called_squads_hear_of_an_order_others_do_not(hints: Hints) -> None:
    cast = make_cast()
    order = issued_order(cast, functions=["market"])
    heard = hints(f"office:{cast.street.pk}")
    assert {"kind": "order", "id": order.pk, "seq": order.chain.seq} in heard
    case = Case.objects.get()
    assert heard[-1] in (
        {"kind": "order", "id": order.pk, "seq": order.chain.seq},
        {"kind": "case", "id": case.pk, "seq": case.chain.seq},
    )
    assert [hint["kind"] for hint in hints(f"squad:{cast.squads['market'].pk}")] == ["order"]
    assert hints(f"squad:{cast.squads['fire'].pk}") == []
    assert hints(f"office:{cast.other_street.pk}") == []


def test_a_squad_hears_nothing_before_the_order_is_issued_and_still_hears_that_it_was_excused(hints: Hints) -> None:
    cast = make_cast()
    planned_case(cast, functions=["market"])
    dispatcher = cast.act(cast.dispatcher)
    order = orders.order_open(actor=dispatcher, target_id=cast.target.pk)
    market = f"squad:{cast.squads['market'].pk}"
    assert hints(market) == []
    orders.order_submit(actor=dispatcher, order_id=order.pk)
    orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
    orders.order_issue(actor=dispatcher, order_id=order.pk)
    before = len(hints(market))
    part = order.parts.get(squad=cast.squads["market"])
    orders.part_release(actor=dispatcher, part_id=part.pk, reason="演示·不需要")
    assert len(hints(market)) == before + 1


def test_a_resident_hears_of_the_own_report_without_any_id_of_ours(hints: Hints) -> None:
    cast = make_cast()
    made = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="演示·夜里吵", client_key="演示-钥匙-0001"
    )
    token_hash = made.complaint.token_hash
    casefile.case_note(actor=cast.act(cast.dispatcher), case_id=made.case.pk, text="演示")
    assert hints(f"complaint:{token_hash}")
    assert {(hint["kind"], hint["id"]) for hint in hints(f"complaint:{token_hash}")} == {("complaint", 0)}


def test_the_relay_rings_the_bells(hints: Hints) -> None:
    cast = make_cast()
    issued_order(cast, functions=["market"])
    relay()
    assert hints(f"user:{cast.leader.pk}") == [{"kind": "message", "id": cast.leader.pk, "seq": 0}]
    assert hints(f"user:{cast.lab_technician.pk}") == []


def test_an_import_makes_one_hint_a_street(hints: Hints) -> None:
    cast = make_cast()
    with transaction.atomic():
        for _ in range(streaming.MANY + 1):
            casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="hotline", title="演示")
    assert len(hints(f"office:{cast.street.pk}")) == 1


def test_nothing_is_hinted_before_the_commit_or_after_a_rollback(hints: Hints) -> None:
    cast = make_cast()
    with transaction.atomic():
        casefile.case_open(actor=SYSTEM, street_id=cast.street.pk, source="portal", title="演示")
        assert hints(f"office:{cast.street.pk}") == []
        transaction.set_rollback(True)
    assert hints(f"office:{cast.street.pk}") == []


def test_without_redis_writes_go_on_and_hardly_notice(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(publishing, "_client", None)
    monkeypatch.setattr(publishing, "_breaker", Breaker(rest=2.0))
    cast: Cast = make_cast()
    issued_order(cast)
    assert publishing._breaker.blocked(), "after a failure nobody tries for a while"
    assert Case.objects.get().stage == "dispatched"
