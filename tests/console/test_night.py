"""The night plan in the browser's words: what it drafted, what it left to a person, how far it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from cases.clock.moment import now, pretend
from cases.models import NightParty, NightPlan, Order, Setting, Target
from cases.services import nightplans
from teams.policies import SYSTEM
from tests.cases.services.test_nightplans import check
from tests.cast import Cast, unchanged
from tests.console.conftest import Login
from tests.stage import planned_case

URL = "/console/night/"


def test_what_the_night_did_and_left(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    desk = login(cast.dispatcher)
    assert "No night was planned yet" in desk.get(URL).content.decode()
    planned_case(cast)
    Target.objects.filter(pk=cast.supermarket.pk).update(no_disturb=True, no_disturb_reason="演示")
    check(cast, target=cast.supermarket, last=2)
    for number in range(12):
        target = Target.objects.create(street=cast.street, name=f"演示·不扰{number}", no_disturb=True)
        check(cast, target=target, last=2)
    plan = nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk)
    html = desk.get(URL).content.decode()
    assert "0 / 14" in html
    assert "every 3s" in html
    nightplans.night_execute(plan_id=plan.pk)
    with django_assert_max_num_queries(16):
        html = desk.get(URL).content.decode()
    assert "every 3s" not in html
    assert "14 / 14" in html
    assert cast.supermarket.name in html
    assert "On the no-disturb list" in html
    assert "Nothing goes at night that needs a written reason" in html
    assert "needs a written reason: 13" in html
    assert "Who waits at once, planned checks ride along" in html
    assert f"/console/parties/{cast.supermarket.pk}/order/" in html
    order = Order.objects.get()
    page = desk.get(f"/console/orders/{order.pk}/").content.decode()
    assert "Proposed by the night plan" in page
    for path in ("/console/plan/", URL):
        assert "Night plan" in desk.get(path).content.decode()


def test_the_district_reads_and_another_street_sees_nothing(cast: Cast, login: Login) -> None:
    planned_case(cast)
    nightplans.night_execute(plan_id=nightplans.night_begin(actor=SYSTEM, street_id=cast.street.pk).pk)
    NightParty.objects.update(order=None, code="guarded", notes=[{"code": "night_guarded", "params": {}}])
    seen = login(cast.supervisor).get(URL).content.decode()
    assert str(cast.street) in seen
    assert cast.target.name in seen
    assert f"/console/parties/{cast.target.pk}/order/" not in seen
    assert "Night plan" in login(cast.supervisor).get("/console/district/").content.decode()
    assert cast.target.name not in login(cast.outsider).get(URL).content.decode()


def test_earlier_nights_and_pages(cast: Cast, login: Login) -> None:
    today = timezone.localdate(now())
    for days in range(3):
        with pretend(now() - timedelta(days=days)):
            plan = NightPlan.objects.create(
                street=cast.street, day=today - timedelta(days=days), rule="riding", state="done", created_at=now()
            )
    for number in range(51):
        target = Target.objects.create(street=cast.street, name=f"演示·店{number:02}")
        NightParty.objects.create(plan=plan, target=target, code="waits", notes=[])
    desk = login(cast.dispatcher)
    assert "演示·店00" not in desk.get(URL).content.decode(), "the last night is shown first"
    first = desk.get(URL, {"day": plan.day.isoformat()})
    assert first.content.decode().count("演示·店") == 50
    second = desk.get(first.context["next_url"]).content.decode()
    assert second.count("演示·店") == 1
    asked = desk.get(URL, {"run": plan.pk})
    assert asked.context["here"].endswith(plan.day.isoformat()), "the notice leads to its own night"
    elsewhere = login(cast.outsider).get(URL, {"run": plan.pk}).context
    assert (elsewhere["plans"], elsewhere["here"]) == ([], URL), "another street's run does not even name its day"
    for nonsense in ("2026-02-31", "x", "²"):
        assert desk.get(URL, {"day": nonsense, "after": nonsense, "run": nonsense}).status_code == 200


def test_the_rule_of_a_street_is_chosen_from_a_list(cast: Cast, login: Login) -> None:
    Setting.objects.create(key="plan_rule", value="riding")
    general = Setting.objects.create(key="plan_weekday", value=3)
    admin = login(cast.system_admin)
    page = admin.get(reverse("console:admin_setting", args=["plan_weekday"])).content.decode()
    assert '<option value="3" selected>Wednesday</option>' in page
    url = reverse("console:admin_setting", args=["plan_rule"])
    assert "planned checks on the street&#x27;s day of the week" in admin.get(url).content.decode()
    given = {"street": cast.street.pk, "value": "weekly", "source": "演示", "reason": "演示·周三"}
    assert admin.post(url, given).status_code == 302
    assert Setting.objects.get(key="plan_rule", street=cast.street).value == "weekly"
    with unchanged():
        answer = admin.post(reverse("console:admin_setting", args=["plan_weekday"]), given | {"value": "8"})
    assert answer.status_code == 409
    assert "Write one of these: 1, 2, 3, 4, 5, 6, 7." in answer.content.decode()
    assert admin.post(url, given | {"value": ""}).status_code == 302
    assert not Setting.objects.filter(street=cast.street).exists(), "the general rule counts again"
    general.refresh_from_db()
    assert general.value == 3
