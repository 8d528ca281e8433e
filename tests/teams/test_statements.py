"""A question whose SQL is kept answers as the queryset that it was made from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import NotSupportedError, connection, connections, transaction
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from teams import prepared
from teams.models import Agency, District, Role, Squad, SquadKind, Street
from teams.policies import Actor, Grant
from teams.statements import Slot, Statement, Written, among, for_readers, forget


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


def test_it_is_made_for_what_else_it_is_of() -> None:
    made: list[str] = []

    @for_readers
    def ask(_reader: Actor, queue: str) -> int:
        made.append(queue)
        return len(made)

    office = (Grant(Role.DISPATCHER, street_id=1),)
    answers = [ask(Actor(n, office), queue) for n in (1, 2) for queue in ("all", "late")]
    assert answers == [1, 2, 1, 2]
    forget()
    assert ask(Actor(1, office), "late") == 3


def test_a_value_is_never_read_as_sql(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(name=Slot("name")))
    assert ask(name="' OR 1=1 --") == []
    assert ask(name="%s") == []
    assert ask(name="2队") == [squads[2]]


@pytest.mark.parametrize("pooled", [False, True])
def test_a_number_that_no_column_holds_finds_nothing(squads: list[Squad], settings: Any, pooled: bool) -> None:
    settings.DATABASE_POOLED = pooled
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad")))
    for number in (2**63, -(2**63) - 1, 820501007562330549540314152960):
        assert ask(squad=number) == []
    assert ask(squad=2**63 - 1) == []
    assert ask(squad=squads[0].pk) == [squads[0]]


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


def test_a_connection_prepares_a_question_once(squads: list[Squad]) -> None:
    ask = Statement(lambda: Squad.objects.filter(among("id", "squads"), kind=SquadKind.STATIONED).order_by("pk"))
    alike = Statement(lambda: Squad.objects.filter(among("id", "squads"), kind=SquadKind.STATIONED).order_by("pk"))
    prepared.forget(connection)
    before = _prepared()
    for found in (squads[:1], squads[:2], squads):
        assert ask(squads=[row.pk for row in found]) == alike(squads=[row.pk for row in found]) == found
    [made] = _prepared() - before
    assert made.startswith("teams_squad_")


def test_it_is_planned_anew_after_many_times(squads: list[Squad], monkeypatch: pytest.MonkeyPatch) -> None:
    prepared.forget(connection)  # others may have asked the same
    monkeypatch.setattr(prepared, "TIMES", 3)
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad")))
    before, names = _prepared(), set()
    for _ in range(9):
        assert ask(squad=squads[0].pk) == [squads[0]]
        [name] = _prepared() - before
        names.add(name)
    assert len(names) == 3


def test_a_connection_keeps_the_last_asked(squads: list[Squad], monkeypatch: pytest.MonkeyPatch) -> None:
    prepared.forget(connection)
    monkeypatch.setattr(prepared, "MOST", 3)
    rows = [Squad.objects.filter(pk=Slot("squad"), name=f"{n}队") for n in range(5)]
    several = [Statement(one.all) for one in rows]
    before = _prepared()
    for _ in range(2):
        for n in (0, 1, 2, 0, 3, 0, 4):
            assert several[n](squad=squads[0].pk) == ([squads[0]] if n == 0 else [])
    assert len(_prepared() - before) == 3


def test_what_was_prepared_before_a_table_changed_is_prepared_anew(squads: list[Squad]) -> None:
    """A migration may change a column below a connection that lives on: one question fails at most."""
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad")))
    assert ask(squad=squads[0].pk) == squads[:1]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE teams_squad ALTER COLUMN name TYPE text")
    with pytest.raises(NotSupportedError), transaction.atomic():
        ask(squad=squads[0].pk)
    assert ask(squad=squads[0].pk) == squads[:1]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_asked_once_more() -> None:
    district = District.objects.create(code="140107", name="一区")
    was = District._meta.get_field("name").db_type(connection)
    ask = Statement(lambda: District.objects.filter(pk=Slot("district")))
    assert ask(district=district.pk) == [district]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE teams_district ALTER COLUMN name TYPE text")
    try:
        assert ask(district=district.pk) == [district]
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE teams_district ALTER COLUMN name TYPE {was}")


def test_a_new_connection_knows_nothing_of_the_old_one(transactional_db: None) -> None:
    district = District.objects.create(code="140107", name="一区")
    ask = Statement(lambda: District.objects.filter(pk=Slot("district")))
    assert ask(district=district.pk) == [district]
    connection.close()
    assert ask(district=district.pk) == [district]


def test_what_is_written_out_is_prepared_alike(squads: list[Squad], settings: Any) -> None:
    """Names of its own words, a name that is said twice, lists, nothing given, percent signs."""
    text = (
        "SELECT id, name FROM teams_squad WHERE (id = %(one)s OR id = ANY(%(more)s) AND id <> %(one)s) {} ORDER BY id"
    )
    ask = Written("teams_squad", text.format("AND kind = ANY(%(kinds)s)"), {"kinds": [SquadKind.STATIONED.value]})
    rows = [(row.pk, row.name) for row in squads]
    before = _prepared()
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert ask(one=squads[0].pk, more=[squads[2].pk, squads[0].pk]) == [rows[0], rows[2]]
            assert ask(one=squads[1].pk, more=[]) == [rows[1]]
            assert ask(one=None, more=[squads[1].pk]) == []
        assert len(asked) == 3
    [name] = _prepared() - before
    assert name.startswith("teams_squad")
    nothing = Written("teams_squad", text.format("AND name LIKE '%%演%%'"))
    assert nothing(one=squads[0].pk, more=[]) == []
    assert Written("teams_squad", "SELECT count(*) FROM teams_squad")() == [(3,)]
    with pytest.raises(KeyError):
        ask(one=squads[0].pk)
    hostile = "'); DROP TABLE teams_squad; --"
    assert Written("teams_squad", "SELECT id FROM teams_squad WHERE name = %(name)s")(name=hostile) == []
    settings.DATABASE_POOLED, before = True, _prepared()
    assert ask(one=squads[0].pk, more=[squads[2].pk]) == [rows[0], rows[2]]
    assert _prepared() == before


def test_what_is_written_out_outlives_a_changed_table(squads: list[Squad]) -> None:
    ask = Written("teams_squad", "SELECT name FROM teams_squad WHERE id = %(squad)s")
    assert ask(squad=squads[0].pk) == [("0队",)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE teams_squad ALTER COLUMN name TYPE text")
    with pytest.raises(NotSupportedError), transaction.atomic():
        ask(squad=squads[0].pk)
    assert ask(squad=squads[0].pk) == [("0队",)]


def test_behind_a_pooler_nothing_is_prepared(squads: list[Squad], settings: Any) -> None:
    settings.DATABASE_POOLED = True
    ask = Statement(lambda: Squad.objects.filter(pk=Slot("squad"), name="1队"))
    before = _prepared()
    with CaptureQueriesContext(connection) as asked:
        assert ask(squad=squads[1].pk) == [squads[1]]
    assert _prepared() == before
    assert asked.captured_queries[0]["sql"].startswith("SELECT")


def _prepared() -> set[str]:
    """Names of what this connection has prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_plain_sql_is_prepared_as_well(squads: list[Squad]) -> None:
    sql = "SELECT id, name FROM teams_squad WHERE id = ANY(%s) AND kind = %s ORDER BY id"
    before = _prepared()
    for found in (squads, squads[1:]):
        given = [[row.pk for row in found], SquadKind.STATIONED]
        assert prepared.ask(sql, given, "teams_squad") == [(row.pk, row.name) for row in found]
    assert len(_prepared() - before) == 1
    name = "UPDATE teams_squad SET name = %s WHERE id = %s"
    assert prepared.ask(name, ["'; --", squads[0].pk], "teams_squad") == []
    squads[0].refresh_from_db()
    assert squads[0].name == "'; --"


def test_one_plan_serves_short_lists_and_none(squads: list[Squad]) -> None:
    ask: Statement[Squad] = Statement(
        lambda: Squad.objects.filter(among("id", "ids")).exclude(among("id", "but")).order_by("pk"), one_plan=True
    )
    ids = [squad.pk for squad in squads]
    for _ in range(8):
        assert [row.pk for row in ask(ids=ids[:1], but=[])] == ids[:1]
    assert [row.pk for row in ask(ids=ids, but=ids[:1])] == sorted(ids[1:])
    assert ask(ids=[], but=[]) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE %s"
            " ORDER BY prepare_time DESC LIMIT 1",
            ["%teams_squad%ANY%ANY%"],
        )
        [(anew, kept)] = cursor.fetchall()
    assert anew == 5
    assert kept >= 4
