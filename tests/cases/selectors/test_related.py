"""What stands around a case: near by its party's point or its own, and the newest of a party that has had much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Finding, Order, OrderState, Part, Target, Visit, VisitState
from cases.selectors.related import MOST, NEAR_M, related
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LAT, LNG = 37.8600, 112.5800
STEP = 0.5 * NEAR_M / 111_320
"""Degrees of latitude of half the way."""


def case(cast: Cast, n: int, **more: Any) -> Case:
    moment = timezone.now() + timedelta(minutes=n)
    facts = {"street": cast.street, "stage": "accepted", "source": "office", "title": f"演示·第{n}件"}
    return Case.objects.create(reference=f"n-{n}", opened_at=moment, stage_at=moment, **(facts | more))


def party(cast: Cast, n: int, lat: float | None, lng: float | None = LNG) -> Target:
    return Target.objects.create(
        street=cast.street, name=f"演示·邻{n}", address=f"演示路{n}号", lat=lat, lng=lng if lat else None
    )


def near(cast: Cast, subject: Case) -> list[int]:
    subject.refresh_from_db()
    return [row.pk for row in related(subject, cast.act(cast.dispatcher)).near]


def test_near_is_what_stands_near_not_what_was_reported_near(cast: Cast) -> None:
    subject = case(cast, 1, lat=LAT, lng=LNG)
    close, away = party(cast, 1, LAT + STEP), party(cast, 2, LAT + 3 * STEP)
    by_party = case(cast, 2, target=close, lat=LAT + 1, lng=LNG)  # reported from home, far away
    case(cast, 3, target=away, lat=LAT, lng=LNG)  # reported from beside
    placeless = case(cast, 4, target=party(cast, 3, None), lat=LAT, lng=LNG - STEP)
    of_nobody = case(cast, 5, lat=LAT - STEP, lng=LNG)
    case(cast, 6, lat=LAT - 3 * STEP, lng=LNG)
    case(cast, 7, lat=LAT, lng=LNG, stage="closed")
    case(cast, 8, lat=LAT, lng=LNG, street=cast.other_street)
    case(cast, 9)
    assert near(cast, subject) == [of_nobody.pk, placeless.pk, by_party.pk]


def test_a_case_moves_with_its_party_and_to_another(cast: Cast) -> None:
    subject = case(cast, 1, lat=LAT, lng=LNG)
    close, away = party(cast, 1, LAT + STEP), party(cast, 2, LAT + 3 * STEP)
    other = case(cast, 2, lat=LAT, lng=LNG)
    assert near(cast, subject) == [other.pk]
    Case.objects.filter(pk=other.pk).update(target=away)
    assert near(cast, subject) == []
    other.target = close
    other.save(update_fields=["target"])
    assert near(cast, subject) == [other.pk]
    close.lat = LAT + 3 * STEP
    close.save()
    assert near(cast, subject) == []
    stale = Case.objects.get(pk=other.pk)
    Target.objects.filter(pk=close.pk).update(lat=LAT - STEP)
    stale.title = "演示·改过"
    stale.save()  # writes the old point back, and the database puts the new one in its place
    assert near(cast, subject) == [other.pk]
    Target.objects.filter(pk=close.pk).update(lat=None, lng=None)
    assert near(cast, subject) == [other.pk], "its own place is left"


def test_a_case_that_ended_before_its_party_moved_comes_back_in_the_right_place(cast: Cast) -> None:
    subject = case(cast, 1, lat=LAT, lng=LNG)
    place = party(cast, 1, LAT + 3 * STEP)
    ended = case(cast, 2, target=place, stage="closed")
    Target.objects.filter(pk=place.pk).update(lat=LAT + STEP)
    assert near(cast, subject) == []
    Case.objects.filter(pk=ended.pk).update(stage="checking")
    assert near(cast, subject) == [ended.pk]


def test_of_a_party_that_has_had_much_the_newest_are_told(cast: Cast) -> None:
    place = party(cast, 1, LAT)
    moment = timezone.now()
    subject = case(cast, 0, target=place)
    cases = [case(cast, n, target=place).pk for n in range(1, 10)]
    visits, findings = [], []
    for n in range(9):
        facts = {"drafted_at": moment, "issued_at": moment}
        order = Order.objects.create(number=f"n-{n}", target=place, street=cast.street, state=OrderState.DONE, **facts)
        part = Part.objects.create(order=order, squad=cast.squads["market"], agency=cast.agencies["market"])
        visit = Visit.objects.create(
            order=order, started_at=moment + timedelta(hours=n), closed_at=moment, state=VisitState.CLOSED
        )
        visits.append(visit.pk)
        findings += [
            Finding.objects.create(
                visit=visit, part=part, agency=part.agency, text=f"演示{k}", found_at=moment, found_by=cast.dispatcher
            ).pk
            for k in range(2)
        ]
    own = [Visit.objects.get(pk=visits[-1]).order_id]
    actor = cast.act(cast.dispatcher)
    related(subject, actor, order_ids=own)  # the connection prepares its questions
    with CaptureQueriesContext(connection) as asked:
        around = related(subject, actor, order_ids=own)
    assert len(asked) <= 4
    assert [row.pk for row in around.repeats] == cases[: -MOST - 1 : -1]
    assert [row.pk for row in around.visits] == visits[-2 : -MOST - 2 : -1]
    assert [row.pk for row in around.findings] == findings[-3 : -MOST - 3 : -1]
