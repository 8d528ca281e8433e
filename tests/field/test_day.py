"""The squad's day: kept cards are true at once, and nobody is handed another reader's."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from cases.clock.moment import now
from cases.models import Deadline, Finding, Order, Target
from cases.selectors.cards import card_of, whistle_among, whistle_of, worklist
from cases.services import orders
from teams.models import Role, User
from tests.cast import Cast
from tests.field.conftest import Phone
from tests.onscene import all_finish, all_there, answer, close, part_of, report_in
from tests.stage import issued_order, planned_case

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches["rows"].clear()


def cards(client: Client, **query: str) -> str:
    """The cards of the day as one text, without the token that differs each time."""
    page = client.get(reverse("field:today"), query, headers={"HX-Request": "true"}).content.decode()
    return TOKEN.sub("token", page)


def another(cast: Cast, name: str, urgency: str = "general") -> Order:
    target = Target.objects.create(street=cast.street, name=name, noise_zone=2)
    planned_case(cast, functions=("market", "urban"), urgency=urgency, target=target)
    made = orders.order_open(actor=cast.act(cast.dispatcher), target_id=target.pk)
    if urgency == "general":
        orders.order_submit(actor=cast.act(cast.dispatcher), order_id=made.pk)
        orders.order_approve(actor=cast.act(cast.head), order_id=made.pk)
    return orders.order_issue(actor=cast.act(cast.dispatcher), order_id=made.pk)


def test_what_a_card_shows_is_seen_as_soon_as_it_changes(cast: Cast, phone: Phone) -> None:
    """Each change on its own: what is kept of the card before it may not stand there once more."""
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    client = phone(cast.market_officers[0])
    seen = [cards(client)]
    assert cards(client) == seen[0]

    def changed(told: str) -> None:
        text = cards(client)
        assert text not in seen, told
        assert text == cards(client), told
        caches["rows"].clear()
        assert text == cards(client), f"{told}: as kept as it is drawn anew"
        seen.append(text)

    Target.objects.filter(pk=order.target_id).update(name="演示·改了名的店")
    changed("name of the party")
    Target.objects.filter(pk=order.target_id).update(address="演示·迎泽街道新地址 8 号")
    changed("its address")
    Target.objects.filter(pk=order.target_id).update(lat=37.8602, lng=112.5803)
    changed("its place")
    Target.objects.filter(pk=order.target_id).update(radius_m=80)
    changed("its radius")
    Deadline.objects.filter(part=part).update(due_at=now() + timedelta(hours=9))
    changed("the moment it is due")
    Deadline.objects.filter(part=part).update(warn_at=now() + timedelta(hours=8))
    changed("the moment of its warning")
    other = part_of(order, cast, "urban")
    Deadline.objects.filter(part=other).update(due_at=now() - timedelta(hours=1))
    changed("another squad is late")
    orders.part_acknowledge(actor=cast.act(cast.officers_of("urban")[0]), part_id=other.pk)
    changed("another squad has acknowledged")
    type(cast.squads["urban"]).objects.filter(pk=other.squad_id).update(short_name="演示城管")
    changed("another squad's name")
    orders.part_acknowledge(actor=cast.act(cast.market_officers[0]), part_id=part.pk)
    changed("acknowledged")
    Order.objects.filter(pk=order.pk).update(planned_day=timezone.localdate(now()))
    changed("the day")
    Order.objects.filter(pk=order.pk).update(planned_from=time(9, 30))
    changed("from when")
    Order.objects.filter(pk=order.pk).update(planned_until=time(11, 0))
    changed("until when")
    Order.objects.filter(pk=order.pk).update(urgency="urgent")
    changed("urgent now")
    report_in(cast, order, "market")
    changed("on scene")
    answer(cast, order, "MK-01")
    changed("an answer")
    part.items.filter(answers__isnull=True).first().delete()  # type: ignore[union-attr]
    changed("an item less")


def test_a_finding_to_rule_stands_in_the_card_with_its_present_words(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast, functions=("market",))
    all_there(cast, order, ("street", "market"))
    answer(cast, order, "MK-01", "fails", note="演示·无证")
    all_finish(cast, order, ("street", "market"))
    close(cast, order)
    client = phone(cast.market_officers[0])
    finding = Finding.objects.get(visit__order=order)
    link = reverse("field:finding", args=[finding.pk])
    with translation.override("zh-hans"):
        before = cards(client)
        assert before.count(link) == 2  # the finding and the main action
        assert finding.shown in before
        Finding.objects.filter(pk=finding.pk).update(text="演示·另有事实")
        after = cards(client)
        assert "演示·另有事实" in after
        assert finding.shown not in after
    card = card_of(part_of(order, cast, "market").pk)
    clock = Deadline.objects.filter(finding=finding, state="running").first()
    assert (card.step, card.due_at) == ("rule", clock.due_at if clock else None)


def test_who_may_not_act_is_never_shown_the_officers_card(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "street")
    act = reverse("field:acknowledge", args=[part.pk])
    assert act in cards(phone(cast.leader))
    assert act not in cards(phone(cast.auxiliary))
    assert act in cards(phone(cast.leader))


def test_a_kept_card_speaks_the_readers_language(cast: Cast, phone: Phone) -> None:
    issued_order(cast)
    client = phone(cast.leader)
    chinese = cards(client)
    client.cookies["django_language"] = "en"
    english = cards(client)
    assert "Acknowledge" in english
    assert "Acknowledge" not in chinese
    del client.cookies["django_language"]
    assert cards(client) == chinese


def test_each_reader_sends_a_token_of_their_own_and_it_is_taken(cast: Cast) -> None:
    first, second = (another(cast, f"演示·店{n}") for n in (1, 2))

    def reader(user: User) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    for user, order in ((cast.market_officers[0], first), (cast.market_officers[1], second)):
        client = reader(user)
        page = client.get(reverse("field:today")).content.decode()
        assert "<!--" not in page.split('id="live"')[1].split("</main>")[0]
        form = page.split(f'action="{reverse("field:acknowledge", args=[part_of(order, cast, "market").pk])}"')[1]
        found = TOKEN.search(form)
        assert found
        sent: dict[str, Any] = {"csrfmiddlewaretoken": found[1]}
        url = reverse("field:acknowledge", args=[part_of(order, cast, "market").pk])
        assert client.post(url, {"csrfmiddlewaretoken": found[1][::-1]}).status_code == 403
        assert client.post(url, sent).status_code == 302


@pytest.mark.parametrize("calls", [0, 1, 3, 11])
def test_the_call_on_top_is_the_same_with_and_without_the_days_cards(cast: Cast, calls: int) -> None:
    another(cast, "演示·不急")
    for number in range(calls):
        another(cast, f"演示·急{number}", "urgent")
    for person in (cast.leader, cast.auxiliary, cast.market_officers[0], cast.fire_officers[0]):
        actor = cast.act(person)
        listed = worklist(actor)
        officer_in = actor.squads(Role.OFFICER, Role.SQUAD_LEADER)
        found = whistle_of(actor)
        assert whistle_among([*listed.today, *listed.later], officer_in) == found
        assert bool(found) == bool(calls and person not in (cast.auxiliary, cast.fire_officers[0]))
    if calls:
        call = whistle_of(cast.act(cast.leader))
        assert call is not None
        assert (call.target, call.more) == (f"演示·急{calls - 1}", min(calls, 10) - 1)


def test_the_day_is_of_the_own_squads_alone(cast: Cast) -> None:
    """At each place of an order: called, done while others are still there, ended."""
    order = issued_order(cast)
    own, stranger = cast.act(cast.market_officers[0]), cast.act(cast.fire_officers[0])
    part = part_of(order, cast, "market")

    def own_part_alone(row: str) -> None:
        assert [card.part_id for card in getattr(worklist(own), row)] == [part.pk]
        assert not getattr(worklist(stranger), row)

    own_part_alone("today")
    all_there(cast, order, ("street", "market", "urban"))
    all_finish(cast, order, ("market", "urban"))
    own_part_alone("today")
    all_finish(cast, order, ("street",))
    close(cast, order)
    own_part_alone("ended")


def test_what_ended_today_stands_below_the_newest_first(cast: Cast, phone: Phone) -> None:
    names = ("演示·早", "演示·晚")
    for name in names:
        order = another(cast, name)
        all_there(cast, order, ("street", "market", "urban"))
        all_finish(cast, order, ("street", "market", "urban"))
        close(cast, order)
        assert not Finding.objects.filter(visit__order=order).exists()
    ended = worklist(cast.act(cast.leader)).ended
    assert [row.target for row in ended] == list(reversed(names))
    page = phone(cast.leader).get(reverse("field:today"), {"show": "ended"}).content.decode()
    assert page.index(names[1]) < page.index(names[0])
    yesterday = now() - timedelta(days=1)
    visits_of_old = part_of(order, cast, "street")
    type(visits_of_old).objects.filter(pk=visits_of_old.pk).update(done_at=yesterday)
    assert [row.target for row in worklist(cast.act(cast.leader)).ended] == [names[0]]
