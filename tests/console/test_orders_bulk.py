"""Several orders at once: each by itself, what is refused is named, what changed meanwhile is not decided on unread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Chain, Event, Order, OrderState, Part, PartState, Target
from cases.services import orders
from tests.cast import LAT, LNG, Cast, refused, unchanged
from tests.console.conftest import Login
from tests.stage import issued_order, planned_case


def drafts(cast: Cast, count: int, *, submitted: bool = False, approved: bool = False) -> list[Order]:
    """So many orders at parties of their own."""
    made = []
    for n in range(count):
        target = Target.objects.create(
            street=cast.street, kind="business", name=f"演示·小店{n}", address=f"演示路{n}号", lat=LAT, lng=LNG
        )
        planned_case(cast, target=target, functions=("market", "urban"))
        order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=target.pk)
        if submitted or approved:
            orders.order_submit(actor=cast.act(cast.dispatcher), order_id=order.pk)
        if approved:
            orders.order_approve(actor=cast.act(cast.head), order_id=order.pk)
        made.append(Order.objects.get(pk=order.pk))
    return made


def ask(client: Client, act: str, chosen: list[Order], **data: object) -> Any:
    return client.post(reverse(f"console:order_bulk_{act}"), {"pick": [order.pk for order in chosen], **data})


def seen(*chosen: Order) -> list[str]:
    places = dict(Chain.objects.filter(order__in=chosen).values_list("order_id", "seq"))
    return [f"{order.pk}:{places[order.pk]}" for order in chosen]


def said(answer: Any) -> str:
    return "\n".join(str(message) for message in answer.context["messages"])


def states(chosen: list[Order]) -> list[str]:
    by_id = dict(Order.objects.filter(pk__in=[order.pk for order in chosen]).values_list("pk", "state"))
    return [by_id[order.pk] for order in chosen]


def test_twelve_orders_go_their_way_in_three_acts(cast: Cast, login: Login) -> None:
    desk, head, twelve = login(cast.dispatcher), login(cast.head), drafts(cast, 12)
    listed = desk.get(reverse("console:orders"), {"group": "draft"}).content.decode()
    assert listed.count("data-pick ") + listed.count("data-pick>") == 12
    for client, act, state in (
        (desk, "submit", "to_approve"),
        (head, "approve", "approved"),
        (desk, "issue", "issued"),
    ):
        with unchanged():
            page = ask(client, act, twelve, group="draft")
        assert len(page.context["ready"]) == 12
        assert not page.context["barred"]
        done = client.post(
            reverse(f"console:order_bulk_{act}"),
            {"pick": [o.pk for o in twelve], "seen": seen(*twelve), "sure": "1", "note": "演示·同意", "group": "draft"},
            follow=True,
        )
        assert done.redirect_chain == [(reverse("console:orders") + "?group=draft", 302)]
        assert said(done).count("12 orders") == 1
        assert states(twelve) == [state] * 12
    assert Part.objects.filter(order__in=twelve, state=PartState.CALLED).count() == 12 * 3
    assert set(Order.objects.values_list("approval_note", flat=True)) == {"演示·同意"}


def test_the_page_says_before_what_becomes_of_each(cast: Cast, login: Login) -> None:
    [draft], [ready] = drafts(cast, 1), drafts(cast, 1, approved=True)
    under_way, desk = issued_order(cast), login(cast.dispatcher)
    with unchanged():
        page = ask(desk, "issue", [draft, ready, under_way])
    assert [row.order for row in page.context["ready"]] == [ready]
    assert {row.order: bool(row.bar) for row in page.context["barred"]} == {draft: True, under_way: True}
    text = page.content.decode()
    assert "An inspection needs approval first." in text
    assert "Issuing can&#x27;t be undone" in text
    assert "3 calls to squads" in text
    assert "Issue 1 order <kbd" in text
    assert f'name="seen" value="{seen(ready)[0]}"' in text
    with unchanged():
        none = ask(desk, "issue", [under_way])
    assert 'name="sure"' not in none.content.decode(), "nothing can be done: only the reason and the way back"


def test_what_changed_meanwhile_is_refused_by_name_and_the_rest_is_done(cast: Cast, login: Login) -> None:
    _first, second, third = chosen = drafts(cast, 3, submitted=True)
    read = seen(*chosen)
    other = Target.objects.create(
        street=cast.street, kind="business", name="演示·另一家", address="演示路99号", lat=LAT, lng=LNG
    )
    orders.order_change_target(
        actor=cast.act(cast.dispatcher), order_id=second.pk, target_id=other.pk, reason="演示·认错了"
    )
    orders.order_send_back(actor=cast.act(cast.head), order_id=third.pk, reason="演示·再想想")
    head = login(cast.head)
    done = head.post(
        reverse("console:order_bulk_approve"),
        {"pick": [o.pk for o in chosen], "seen": read, "sure": "1", "note": ""},
        follow=True,
    )
    words = said(done)
    assert "1 order approved." in words
    assert f"{second.number} 演示·另一家: It has changed since you read it" in words
    assert cast.dispatcher.name in words, "who changed it"
    assert f"{third.number} " in words
    assert states(chosen) == ["approved", "to_approve", "drafted"]
    with unchanged():
        unread = head.post(
            reverse("console:order_bulk_approve"), {"pick": [second.pk], "sure": "1", "note": ""}, follow=True
        )
    assert "It has changed since you read it" in said(unread), "what was never shown is not decided on"


def test_the_services_refuse_an_order_that_went_on(cast: Cast) -> None:
    [draft] = drafts(cast, 1)
    desk = cast.act(cast.dispatcher)
    with refused("changed_meanwhile"), unchanged():
        orders.order_submit(actor=desk, order_id=draft.pk, seen=0)
    place = Chain.objects.get(order=draft).seq
    orders.order_submit(actor=desk, order_id=draft.pk, seen=place)
    with refused("changed_meanwhile"), unchanged():
        orders.order_approve(actor=cast.act(cast.head), order_id=draft.pk, seen=place)
    with refused("not_allowed", status=403), unchanged():
        orders.order_approve(actor=desk, order_id=draft.pk, seen=place)


def test_rights_are_those_of_the_single_act_street_by_street(cast: Cast, login: Login) -> None:
    chosen = drafts(cast, 2, submitted=True)
    desk, auditor, outsider = login(cast.dispatcher), login(cast.auditor), login(cast.outsider)
    with unchanged():
        assert ask(desk, "approve", chosen).status_code == 403
        assert ask(auditor, "submit", chosen).status_code == 403
        foreign = ask(outsider, "submit", chosen)
    assert foreign.status_code == 302, "orders of another street fall out: nothing is chosen"
    page = auditor.get(reverse("console:orders")).content.decode()
    assert "data-pick" not in page
    assert "bulk-form" not in page
    assert "data-pick" not in login(cast.head).get(reverse("console:orders"), {"group": "ended"}).content.decode()


def test_an_opinion_that_is_too_long_comes_back_with_the_list(cast: Cast, login: Login) -> None:
    chosen, head = drafts(cast, 2, submitted=True), login(cast.head)
    with unchanged():
        answer = ask(head, "approve", chosen, seen=seen(*chosen), sure="1", note="长" * 241)
    assert answer.status_code == 422
    assert len(answer.context["ready"]) == 2


def test_asking_costs_the_same_for_one_and_for_twelve(
    cast: Cast, login: Login, django_assert_max_num_queries: Any
) -> None:
    twelve, client = drafts(cast, 12, submitted=True), login(cast.head)
    ask(client, "approve", twelve)
    with django_assert_max_num_queries(17):
        ask(client, "approve", twelve[:1])
    with django_assert_max_num_queries(17):
        ask(client, "approve", twelve)


def test_sent_twice_it_is_done_once(cast: Cast, login: Login) -> None:
    chosen, desk = drafts(cast, 3, approved=True), login(cast.dispatcher)
    read = seen(*chosen)
    ask(desk, "issue", chosen, seen=read, sure="1")
    assert Event.objects.filter(order__in=chosen, kind="order.issued").count() == 3
    with unchanged():
        again = ask(desk, "issue", chosen, seen=read, sure="1")
    assert again.status_code == 302


@pytest.mark.parametrize("forged", ["²", "9" * 5000, "1:2:3", "x", "0"])
def test_a_forged_place_decides_nothing(cast: Cast, login: Login, forged: str) -> None:
    [draft], desk = drafts(cast, 1), login(cast.dispatcher)
    with unchanged():
        ask(desk, "submit", [draft], seen=[f"{draft.pk}:{forged}", forged], sure="1")


def test_why_an_order_exists_and_what_could_have_waited(cast: Cast, login: Login) -> None:
    """The order's page names each reason; the one with the nearest last day decides, the others ride along."""
    soon = timezone.localdate() + timedelta(days=1)
    case, _need = planned_case(cast, due_day=soon)
    planned_case(cast, category="01-16", functions=("ecology",), due_day=soon + timedelta(days=9))
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    page = login(cast.dispatcher).get(reverse("console:order", args=[order.pk]))
    assert [row["reason"].decides for row in page.context["reasons"]] == [True, False]
    text = page.content.decode()
    assert case.reference in text
    assert text.index("its last day decides until when") < text.index("rides along: it could have waited until")
    orders.order_cancel(actor=cast.act(cast.dispatcher), order_id=order.pk, reason="演示")
    assert Order.objects.get(pk=order.pk).state == OrderState.CANCELLED
    kept = login(cast.dispatcher).get(reverse("console:order", args=[order.pk]))
    assert len(kept.context["reasons"]) == 2, "a cancelled order still says why it was there"
