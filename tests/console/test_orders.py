"""Plan, order, approval, whistle, and what the office does to a squad's part."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Deadline, Need, Order, Part, PartState, Result, Target
from cases.selectors.board import squad_name
from cases.selectors.orderlist import orders_page
from cases.services import needs, orders
from tests.cast import Cast, unchanged
from tests.console.conftest import Login
from tests.onscene import all_finish, all_there, close
from tests.onscene import answer as answer_item
from tests.stage import issued_order, planned_case


def test_the_plan_groups_needs_by_party(cast: Cast, login: Login) -> None:
    planned_case(cast)
    planned_case(cast, category="01-16", functions=("ecology",))
    planned_case(cast, target=cast.supermarket)
    answer = login(cast.dispatcher).get(reverse("console:plan"))
    plans = answer.context["now_plans"]
    assert {plan.target: len(plan.needs) for plan in plans} == {cast.target: 2, cast.supermarket: 1}
    foreign = login(cast.outsider).get(reverse("console:plan"))
    assert foreign.context["now_plans"] == []


def test_from_need_to_whistle(cast: Cast, login: Login) -> None:
    case, need = planned_case(cast)
    office, head = login(cast.dispatcher), login(cast.head)
    url = reverse("console:order_open", args=[cast.target.pk])
    preview = office.get(url).content.decode()
    for squad in ("street", "market", "urban", "fire"):
        assert str(cast.squads[squad]) in preview
    office.post(url, {"needs": [need.pk], "open": "1"})
    order = Order.objects.get()
    page = reverse("console:order", args=[order.pk])
    assert "Submit for approval" in office.get(page).content.decode()
    office.post(reverse("console:order_submit", args=[order.pk]))
    assert "The head of office approves." in office.get(page).content.decode(), "refused actions say why"
    head.post(reverse("console:order_approve", args=[order.pk]), {"note": "演示·同意"})
    office.post(reverse("console:order_issue", args=[order.pk]))
    order.refresh_from_db()
    case.refresh_from_db()
    assert (order.state, case.stage) == ("issued", "dispatched")
    assert "The squads are called" in office.get(page).content.decode()


def test_opening_is_refused_with_what_was_typed(cast: Cast, login: Login) -> None:
    _case, need = planned_case(cast)
    url = reverse("console:order_open", args=[cast.target.pk])
    typed = {"needs": [need.pk], "lead_squad": cast.squads["market"].pk, "lead_reason": "", "open": "1"}
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(url, typed)
    assert answer.status_code in (409, 422)
    assert answer.context["form"].errors["lead_reason"]
    assert answer.context["form"]["lead_squad"].value() == str(cast.squads["market"].pk)


def test_an_order_begins_with_a_day_that_it_takes(cast: Cast, login: Login) -> None:
    """A recheck has a first day: the form proposes that one, never today."""
    _case, need = planned_case(cast)
    first = timezone.localdate() + timedelta(days=4)
    Need.objects.filter(pk=need.pk).update(from_day=first, due_day=first + timedelta(days=3))
    asked = login(cast.dispatcher).get(reverse("console:order_open", args=[cast.target.pk]))
    assert asked.context["form"]["planned_day"].value() == first


def test_the_head_sees_how_many_orders_wait(cast: Cast, login: Login) -> None:
    planned_case(cast)
    drafted = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    orders.order_submit(actor=cast.act(cast.dispatcher), order_id=drafted.pk)

    def waiting(client: Client) -> object:
        works = client.get(reverse("console:orders")).context["works"]
        return next(row["count"] for row in works if row["url"] == reverse("console:orders"))

    assert waiting(login(cast.head)) == 1
    assert waiting(login(cast.dispatcher)) is None, "who may not approve has nothing waiting there"


def test_a_preview_writes_nothing(cast: Cast, login: Login) -> None:
    _case, need = planned_case(cast)
    url = reverse("console:order_open", args=[cast.target.pk])
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(
            url,
            {"needs": [need.pk], "preview": "1", "chosen": "on", "squads": [cast.squads["market"].pk]},
            headers={"HX-Request": "true"},
        )
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<form")


def test_a_preview_says_what_drafting_would_refuse(cast: Cast, login: Login) -> None:
    _case, one = planned_case(cast)
    _other, two = planned_case(cast, category="01-16", functions=("ecology",))
    Need.objects.filter(pk=two.pk).update(alone=True)
    url = reverse("console:order_open", args=[cast.target.pk])
    client = login(cast.dispatcher)
    asked = {"needs": [one.pk, two.pk], "planned_day": timezone.localdate().isoformat()}
    with unchanged():
        told = client.post(url, asked | {"preview": "1"}, headers={"HX-Request": "true"})
        drafted = client.post(url, asked | {"open": "1"})
    assert (told.status_code, drafted.status_code) == (200, 409)
    for answer in (told, drafted):
        assert "can't share one visit" in str(answer.context["form"].non_field_errors().data)
    assert told.context["preview"] is None, "a visit that nobody can draft is not shown"
    late = {"needs": [one.pk], "planned_day": (timezone.localdate() - timedelta(days=1)).isoformat(), "preview": "1"}
    passed = client.post(url, late)
    assert passed.context["form"].errors["planned_day"]
    assert passed.context["preview"].parts


def test_who_approves_reads_there_who_goes(cast: Cast, login: Login) -> None:
    planned_case(cast)
    drafted = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    orders.order_submit(actor=cast.act(cast.dispatcher), order_id=drafted.pk)
    page = login(cast.head).get(reverse("console:order_approve", args=[drafted.pk])).content.decode()
    for squad in ("street", "market", "urban", "fire"):
        assert str(cast.squads[squad]) in page


def test_a_second_live_order_is_refused(cast: Cast, login: Login) -> None:
    issued_order(cast)
    url = reverse("console:order_open", args=[cast.target.pk])
    _case, need = planned_case(cast, category="01-16", functions=("ecology",))
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(url, {"needs": [need.pk], "open": "1"})
    assert answer.status_code == 409
    assert "already has an order under way" in answer.content.decode()


def test_an_urgent_order_goes_first_and_says_so(cast: Cast, login: Login) -> None:
    planned_case(cast, urgency="urgent")
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    client = login(cast.dispatcher)
    page = reverse("console:order", args=[order.pk])
    assert "Issue at once" in client.get(page).content.decode()
    client.post(reverse("console:order_issue", args=[order.pk]))
    said = client.get(page).content.decode()
    assert "approval to be made up" in said


def test_wrong_moves_are_refused_and_change_nothing(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse("console:order_submit", args=[order.pk]))
    assert answer.status_code == 409
    assert (
        "can&#x27;t be done any more" in answer.content.decode() or "can't be done any more" in answer.content.decode()
    )


def test_urge_return_call_again_and_reassign(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    client = login(cast.dispatcher)
    part = Part.objects.get(order=order, squad=cast.squads["market"])
    page = reverse("console:order", args=[order.pk])
    assert reverse("console:part_urge", args=[part.pk]) in client.get(page).content.decode()
    client.post(reverse("console:part_urge", args=[part.pk]))
    assert order.events.filter(kind="order.part_urged").exists()
    orders.part_return(actor=cast.act(cast.market_officers[0]), part_id=part.pk, reason="演示·不归我们管")
    said = client.get(page).content.decode()
    assert "演示·不归我们管" in said
    asking = client.get(reverse("console:part_call-again", args=[part.pk])).content.decode()
    assert "演示·不归我们管" in asking, "whoever answers the squad reads what it said"
    client.post(reverse("console:part_call-again", args=[part.pk]), {"reason": "演示·首接负责"})
    part.refresh_from_db()
    assert part.state == PartState.CALLED
    with unchanged():
        wrong = client.post(reverse("console:part_reassign", args=[part.pk]), {"squad": cast.squads["ecology"].pk})
    assert wrong.status_code == 422
    client.post(
        reverse("console:part_reassign", args=[part.pk]),
        {"squad": cast.squads["ecology"].pk, "reason": "演示·改派", "next": page},
    )
    assert Part.objects.filter(order=order, squad=cast.squads["ecology"]).exists()


def test_cancel_and_change_of_party(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    client = login(cast.dispatcher)
    with unchanged():
        wrong = client.post(
            reverse("console:order_change-target", args=[order.pk]),
            {"target": cast.foreign_target.pk, "reason": "演示"},
        )
    assert wrong.status_code == 422
    client.post(
        reverse("console:order_change-target", args=[order.pk]),
        {"target": cast.supermarket.name, "reason": "演示·认错了"},
    )
    order.refresh_from_db()
    assert order.target == cast.supermarket
    client.post(reverse("console:order_cancel", args=[order.pk]), {"reason": "演示·不去了"})
    order.refresh_from_db()
    assert order.state == "cancelled"


def ruling_order(cast: Cast) -> Order:
    """The visit is over; the officer of market supervision has one finding to rule on."""
    order = issued_order(cast)
    squads = ("street", "market", "urban")
    all_there(cast, order, squads)
    answer_item(cast, order, "MK-01", Result.FAILS, note="演示·执照未悬挂")
    all_finish(cast, order, squads)
    close(cast, order)
    return order


def test_a_ruling_names_whose_turn_it_is_and_a_late_one_is_urged(cast: Cast, login: Login) -> None:
    order, client = ruling_order(cast), login(cast.dispatcher)
    page = reverse("console:order", args=[order.pk])
    of_case = reverse("console:case", args=[Case.objects.get().pk])
    agency = str(cast.agencies["market"])
    for url in (page, of_case):
        assert f"1 finding to rule on: {agency}" in client.get(url).content.decode()
        assert "The time for it is over" not in client.get(url).content.decode()
    Deadline.objects.filter(kind="ruling").update(due_at=timezone.now() - timedelta(days=1))
    part = Part.objects.get(order=order, squad=cast.squads["market"])
    urge = reverse("console:part_urge", args=[part.pk])
    for url in (page, of_case):
        said = client.get(url).content.decode()
        assert "The time for it is over" in said
        assert urge in said
    client.post(urge)
    urged = order.events.get(kind="order.part_urged")
    assert json.loads(urged.body)["data"]["squad"] == cast.squads["market"].pk
    with unchanged():
        client.post(reverse("console:part_urge", args=[order.parts.get(squad=cast.squads["urban"]).pk]))


def test_the_list_begins_with_the_nearest_clock_and_goes_on_there(cast: Cast, login: Login) -> None:
    ruled = ruling_order(cast)
    planned_case(cast, target=cast.supermarket)
    draft = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.supermarket.pk)
    assert draft.pk > ruled.pk
    actor = cast.act(cast.dispatcher)
    assert [order.pk for order in orders_page(actor)[0]] == [ruled.pk, draft.pk], "a draft has no clock"
    first, more = orders_page(actor, size=1)
    assert (first, more) == ([ruled], ruled.pk)
    assert orders_page(actor, size=1, after=more) == ([draft], None)
    Deadline.objects.filter(kind="ruling").update(due_at=timezone.now() - timedelta(days=1))
    page = login(cast.dispatcher).get(reverse("console:orders"))
    row = page.context["rows"][0]
    assert (row["clock"].kind, row["who"]) == ("ruling", squad_name(cast.squads["market"]))


def test_lists_and_budgets(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    order = issued_order(cast)
    client = login(cast.dispatcher)
    client.get(reverse("console:orders"))
    with django_assert_max_num_queries(12):
        listed = client.get(reverse("console:orders"), {"group": "way"})
    assert order.number in listed.content.decode()
    assert order.number not in client.get(reverse("console:orders"), {"group": "ended"}).content.decode()
    with django_assert_max_num_queries(26):
        client.get(reverse("console:order", args=[order.pk]))
    assert order.number not in login(cast.outsider).get(reverse("console:orders")).content.decode()


def test_what_speaks_against_planned_checks_stands_on_the_page(cast: Cast, login: Login) -> None:
    Target.objects.filter(pk=cast.target.pk).update(no_disturb=True, no_disturb_reason="演示")
    need = needs.need_open(
        actor=cast.act(cast.dispatcher),
        target_id=cast.target.pk,
        cause="planned",
        agency_ids=cast.agency_ids("market"),
        note="演示·年度计划",
    )
    desk = login(cast.dispatcher)
    url = reverse("console:order_open", args=[cast.target.pk])
    page = desk.get(url).content.decode()
    assert "On the no-disturb list" in page
    assert "演示·年度计划" in page
    typed = {"needs": [need.pk], "planned_from": "09:00", "open": "1"}
    with unchanged():
        answer = desk.post(url, typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["guard_reason"]
    assert 'value="09:00"' in answer.content.decode(), "nothing typed is lost"
    assert desk.post(url, {**typed, "guard_reason": "演示·上级部署"}).status_code == 302
    order = Order.objects.get()
    page = desk.get(reverse("console:order", args=[order.pk])).content.decode()
    assert "Why although guarded against" in page
    assert page.count("演示·上级部署") >= 2, "on paper and in the timeline"
