"""The map's points: gathered by the database, placed no closer than they may be, for whom they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, CaseStage, Target
from cases.selectors.map import View, case_list, case_points, open_cases, party_points
from tests.cast import LAT, LNG, Cast
from tests.console.conftest import Login

FAR = View((112.5, 37.8, 112.7, 37.9), 12)
NEAR = View((112.5, 37.8, 112.7, 37.9), 18)


def case(cast: Cast, lat: float | None = LAT, lng: float | None = LNG, **more: Any) -> Case:
    now = timezone.now()
    facts: dict[str, Any] = {
        "street": cast.street,
        "stage": CaseStage.ACCEPTED,
        "source": "portal",
        "title": "演示·甲的家",
    }
    number = Case.objects.count()
    return Case.objects.create(
        reference=f"m-{number:05}", opened_at=now, stage_at=now, lat=lat, lng=lng, **(facts | more)
    )


def points(cast: Cast, view: View = FAR, **filters: str) -> list[dict[str, Any]]:
    rows, _form = open_cases(cast.act(cast.dispatcher), filters)
    return [{**one["properties"], "at": one["geometry"]["coordinates"]} for one in case_points(rows, view)]


def test_squares_count_what_is_near_and_come_apart_when_near(cast: Cast) -> None:
    late = timezone.now() - timedelta(hours=1)
    for n in range(5):
        case(cast, LAT + n * 0.002, due_at=late if n < 2 else None)
    [square] = points(cast, View((112.5, 37.8, 112.7, 37.9), 8))
    assert (square["kind"], square["count"], square["late"]) == ("cluster", 5, 2)
    assert square["box"] == [LNG, LAT, LNG, pytest.approx(LAT + 0.008)]
    apart = points(cast, NEAR)
    assert sum(one.get("count", 1) for one in apart) == 5
    assert len(apart) == 5


def test_many_cases_of_one_party_are_one_mark(cast: Cast) -> None:
    due = timezone.now() + timedelta(hours=2)
    for n in range(3):
        case(cast, None, None, target=cast.target, due_at=due + timedelta(hours=n))
    [mark] = points(cast)
    assert (mark["id"], mark["count"], mark["label"]) == (f"target:{cast.target.pk}", 3, cast.target.name)
    assert mark["due"] == due.isoformat(timespec="seconds"), "the nearest of its deadlines"
    case(cast, cast.target.lat, cast.target.lng)  # a report without a party at the same place: no longer one party's
    [square] = points(cast)
    assert square["kind"] == "cluster"


def test_a_place_that_is_not_a_party_is_told_to_a_hundred_metres(cast: Cast) -> None:
    case(cast, 37.8612345, 112.5598765)
    [mark] = points(cast, NEAR)
    assert mark["at"] == [112.56, 37.861]
    assert mark["about"] is True
    assert "演示·甲的家" not in str(mark), "the title may be a complainant's words"


def test_filters_are_the_boards(cast: Cast) -> None:
    case(cast, source="hotline")
    case(cast, source="portal", stage=CaseStage.CLOSED)
    case(cast, source="portal", street=cast.other_street)
    assert len(points(cast)) == 1
    assert points(cast, source="grid") == []
    assert points(cast, View((1, 1, 2, 2), 12)) == []


def test_parties_of_the_own_street(cast: Cast) -> None:
    def count(user: Any) -> int:
        return sum(one["properties"].get("count", 1) for one in party_points(cast.act(user), FAR))

    own = Target.objects.filter(street=cast.street, lat__isnull=False).count()
    assert count(cast.dispatcher) == own
    assert count(cast.auditor) == Target.objects.filter(lat__range=(37.8, 37.9), lng__range=(112.5, 112.7)).count()
    assert count(cast.system_admin) == 0


def test_four_thousand_points_are_few_marks_and_two_questions(
    cast: Cast, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    now = timezone.now()
    Case.objects.bulk_create(
        Case(
            reference=f"b-{n:05}",
            street=cast.street,
            stage=CaseStage.ACCEPTED,
            source="portal",
            title="演示",
            opened_at=now,
            stage_at=now,
            lat=37.84 + (n % 63) * 0.0006,
            lng=112.55 + (n // 63) * 0.0007,
        )
        for n in range(4000)
    )
    rows, _form = open_cases(cast.act(cast.dispatcher))
    with django_assert_max_num_queries(2):
        marks = case_points(rows, View((112.5, 37.8, 112.7, 37.9), 13))
    assert sum(one["properties"]["count"] for one in marks) == 4000
    assert len(marks) < 120
    assert len(case_list(rows)) == 60


def test_the_page_and_its_points(cast: Cast, login: Login) -> None:
    made = case(cast, target=cast.target)
    client = login(cast.dispatcher)
    page = client.get(reverse("console:map")).content.decode()
    assert reverse("console:case", args=[made.pk]) in page
    assert f'data-map-at="target:{cast.target.pk}"' in page
    part = client.get(reverse("console:map"), {"bbox": "1,1,2,2"}, headers={"hx-request": "true"}).content.decode()
    assert "No open case in view" in part
    assert "<html" not in part
    answer = client.get(reverse("console:map_points"), {"bbox": "112.5,37.8,112.7,37.9", "zoom": "18"})
    [one] = answer.json()["features"]
    assert one["properties"]["url"] == reverse("console:case", args=[made.pk])
    assert answer["Cache-Control"] == "private, no-store"
    again = client.get(
        reverse("console:map_points"),
        {"bbox": "112.5,37.8,112.7,37.9", "zoom": "18"},
        headers={"if-none-match": answer["ETag"]},
    )
    assert again.status_code == 304
    for query in ({"bbox": "x", "zoom": "y"}, {"show": "parties"}, {"show": "streets"}, {"show": "nonsense"}):
        assert client.get(reverse("console:map_points"), query).status_code == 200
        assert client.get(reverse("console:map"), query).status_code == 200


def test_the_register_s_map_begins_where_its_parties_are(cast: Cast, login: Login) -> None:
    page = login(cast.dispatcher).get(reverse("console:party_map"))
    west, south, east, north = (float(side) for side in page.context["fit"].split(","))
    assert west < LNG < east
    assert south < LAT < LAT + 0.005 < north, "the supermarket is in it"
    assert north - south < 0.02, "no whole district"
    none = login(cast.dispatcher).get(reverse("console:party_map"), {"text": "没有这样的对象"})
    assert none.context["fit"] == ""
