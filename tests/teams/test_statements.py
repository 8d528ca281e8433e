"""A question whose SQL is kept answers as the queryset that it was made from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from teams.models import Agency, District, Role, Squad, SquadKind, Street
from teams.policies import Actor, Grant
from teams.statements import Slot, Statement, among, for_readers, forget


@pytest.fixture
def squads(db: None) -> list[Squad]:
    district = District.objects.create(code="140107", name="一区")
    streets = [Street.objects.create(district=district, code=f"14010700{n}", name=f"{n}街") for n in (1, 2)]
    agency = Agency.objects.create(district=district, name="一局", function="market")
    rows = [Squad.objects.create(agency=agency, name=f"{n}队", kind=SquadKind.STATIONED) for n in range(3)]
    for row in rows:
        row.streets.set(streets)
    return rows


def test_it_answers_each_time_for_the_values_given(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad")).select_related("agency"))
    for row in [*squads, squads[0]]:
        with CaptureQueriesContext(connection) as asked:
            [found] = ask(squad=row.pk)
            assert (found, found.agency.name) == (row, "一局")
        assert len(asked) == 1
    assert ask(squad=0) == []
    assert ask(squad=None) == []


def test_a_slot_takes_a_list_an_empty_one_too(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(among("id", "squads")).exclude(name="1队").order_by("-pk"))
    assert ask(squads=[row.pk for row in squads]) == [squads[2], squads[0]]
    assert ask(squads=[squads[0].pk]) == [squads[0]]
    assert ask(squads=[]) == []


def test_what_a_queryset_can_it_can_still(squads: list[Squad]) -> None:
    """Values, annotations, related rows fetched beside, columns left out, percent signs."""
    rows = Squad.objects.filter(name__contains="%").values_list("pk")
    assert Statement(lambda: rows)() == []
    counted = Statement(
        lambda: (
            Squad.objects.filter(pk=Slot("squad"))
            .annotate(n=Count("streets"), office=F("agency__name"))
            .values_list("n", "office", "name")
        )
    )
    assert counted(squad=squads[1].pk) == [(2, "一局", "1队")]
    beside = Statement(lambda: Squad.objects.filter(among("id", "squads")).prefetch_related("streets").order_by("pk"))
    assert [[str(street) for street in row.streets.all()] for row in beside(squads=[squads[0].pk])] == [["1街", "2街"]]
    short = Statement(lambda: Squad.objects.only("name").filter(pk=Slot("squad")))
    assert short(squad=squads[0].pk)[0].get_deferred_fields() >= {"agency_id", "kind"}


def test_a_question_that_no_row_can_answer_asks_nothing(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad"), agency__in=[]))
    with CaptureQueriesContext(connection) as asked:
        assert ask(squad=squads[0].pk) == ask(squad=squads[1].pk) == []
    assert not asked.captured_queries


def test_it_is_made_once_for_colleagues_and_anew_when_forgotten() -> None:
    made: list[Actor] = []

    @for_readers
    def ask(reader: Actor) -> int:
        made.append(reader)
        return len(made)

    office = (Grant(Role.DISPATCHER, street_id=1),)
    assert ask(Actor(1, office, "甲")) == ask(Actor(2, office, "乙")) == 1
    assert ask(Actor(1, (Grant(Role.DISPATCHER, street_id=2),))) == 2
    assert ask(Actor(1, (Grant(Role.GRID_WORKER, street_id=1),))) == 3
    assert ask(Actor(2, (Grant(Role.GRID_WORKER, street_id=1),))) == 4  # their own reports hang on the person
    assert ask(Actor(None, kind="system")) == 5
    assert ask(Actor(None, kind="resident")) == 6
    forget()
    assert ask(Actor(1, office, "甲")) == 7


def test_a_value_is_never_read_as_sql(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(name=Slot("name")))
    assert ask(name="' OR 1=1 --") == []
    assert ask(name="%s") == []
    assert ask(name="2队") == [squads[2]]


def test_a_value_that_is_missing_is_told(squads: list[Squad]) -> None:
    with pytest.raises(KeyError):
        Statement(lambda: Squad.objects.filter(pk=Slot("squad")))()


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection() -> None:
    district = District.objects.create(code="140107", name="一区")
    ask = Statement(lambda: District.objects.filter(pk=Slot("district")))

    def question(_n: int) -> list[District]:
        try:
            return ask(district=district.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(question, range(12))) == [[district]] * 12
