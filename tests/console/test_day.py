"""The day plan's page: planned, moved by form, checked again, confirmed; stale pages and strangers are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.clock.moment import now
from cases.models import DayPlan, DayVisit, Event, Order
from cases.services import orders
from tests.cast import Cast, unchanged
from tests.console.conftest import Login
from tests.stage import planned_case

pytestmark = pytest.mark.django_db
DAY = "/console/day/"
PART = {"HX-Request": "true", "HX-Target": "day-board"}


def drafted(cast: Cast, **more: Any) -> Order:
    planned_case(cast, functions=["market"], due_day=timezone.localdate(now()) + timedelta(days=9), **more)
    return orders.order_open(actor=cast.act(cast.dispatcher), target_id=(more.get("target") or cast.target).pk)


def test_a_day_from_nothing_to_confirmed(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    tomorrow = timezone.localdate(now()) + timedelta(days=1)
    at = {"day": tomorrow.isoformat(), "street": str(cast.street.pk)}
    rows = [drafted(cast), drafted(cast, target=cast.supermarket)]
    desk = login(cast.dispatcher)
    empty = desk.get(DAY, at)
    assert "2 orders can be visited this day" in empty.content.decode()
    assert not DayPlan.objects.exists()
    assert desk.post(f"{DAY}make/", at).status_code == 302
    plan = DayPlan.objects.get()
    with django_assert_max_num_queries(32):
        page = desk.get(DAY, at)
    html = page.content.decode()
    assert "Team 1" in html
    assert "Confirm 2 changes" in html
    assert page.context["level"] == "ok"
    url = f"{DAY}{plan.pk}/"
    points = desk.get(f"{url}points/").json()["features"]
    assert [one["geometry"]["type"] for one in points] == ["LineString", "Point", "Point"]
    with unchanged():
        stale = desk.post(f"{url}move/", {"order": rows[0].pk, "team": "", "version": "99"}, headers=PART)
    assert stale.status_code == 409
    assert "changed meanwhile" in stale.content.decode()
    told = desk.post(f"{url}move/", {"order": rows[0].pk, "team": ""}, headers=PART)
    assert "It would fit" in told.content.decode()
    assert "<html" not in told.content.decode()
    team = plan.teams.get()
    put = {"order": rows[0].pk, "team": team.pk, "position": "1"}
    with django_assert_max_num_queries(24):  # the day is read once
        desk.post(f"{url}move/", put, headers=PART)
    assert desk.post(f"{url}move/", put).status_code == 302
    assert [(v.order_id, v.position) for v in DayVisit.objects.filter(team=team)] == [(rows[0].pk, 1), (rows[1].pk, 2)]
    assert "put here by hand" in desk.get(DAY, at).content.decode()
    assert desk.post(f"{url}confirm/", {"version": "4"}).status_code == 302
    assert Event.objects.filter(kind="order.planned").count() == 2
    later = {"order": rows[0].pk, "to": "day", "day": (tomorrow + timedelta(days=1)).isoformat()}
    assert "It waits on" in desk.post(f"{url}move/", later, headers=PART).content.decode()
    with unchanged():
        bad = desk.post(f"{url}move/", {"order": rows[1].pk, "to": "day", "day": "31."}, headers=PART)
    assert bad.status_code == 422
    assert "Write the day" in bad.content.decode()


def test_a_team_is_changed_on_its_page(cast: Cast, login: Login) -> None:
    desk = login(cast.head)
    assert desk.post(f"{DAY}make/", {}).status_code == 302
    plan = DayPlan.objects.get()
    url = f"{DAY}{plan.pk}/team/"
    first = plan.teams.get()
    assert desk.get(f"{url}?team={first.pk}").status_code == 200
    assert desk.get(f"{url}?team=99999999").status_code == 404
    with unchanged():
        assert desk.post(url, {"starts": "09:00", "ends": "12:00"}).status_code == 422
    night = {"squads": [cast.squads["street"].pk], "starts": "20:00", "ends": "02:00", "most": "3"}
    assert desk.post(url, night).status_code == 302
    second = plan.teams.get(number=2)
    assert (second.starts, second.ends, second.most) == (1200, 1560, 3)
    assert "02:00 the next day" in desk.get(DAY).content.decode()
    assert desk.post(f"{url}?team={second.pk}", {"drop": "1"}).status_code == 302
    assert plan.teams.count() == 1


def test_who_looks_on_sees_no_buttons_and_an_odd_address_shows_today(cast: Cast, login: Login) -> None:
    assert login(cast.dispatcher).post(f"{DAY}make/", {}).status_code == 302
    html = login(cast.auditor).get(DAY, {"day": "0001-01-01", "street": str(cast.street.pk)}).content.decode()
    assert "Team 1" in html
    assert "/move/" not in html
    assert login(cast.dispatcher).get(DAY, {"street": "999"}).status_code == 404
    stranger = login(cast.outsider)
    with unchanged():
        assert stranger.post(f"{DAY}make/", {"street": cast.street.pk}).status_code == 404
