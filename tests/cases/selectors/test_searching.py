"""One box: what is found, what stays hidden, and that the index answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cases.models import Case, CaseComplaint, CaseWords, Complaint, HotlineOrder, Order, Target
from cases.planner.lexemes import endings, lexemes
from cases.planner.spans import spans, steps
from cases.selectors import searchwords
from cases.selectors.searching import find
from cases.selectors.searchwords import Lexemes
from cases.services import intake, parties
from teams.statements import forget
from tests.cast import Cast
from tests.stage import issued_order, planned_case

TEXT = "演示·楼下摊位每天夜里炸串，呛得睡不着，手机13900001234"


def told(cast: Cast, text: str = TEXT, **more: Any) -> intake.Intake:
    return intake.complaint_create(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, source="office", text=text, **more
    )


def names(cast: Cast, who: Any, text: str) -> list[str]:
    return [hit.case.reference for hit in find(cast.act(who), text).cases.rows]


@pytest.mark.parametrize("part", [slice(None), slice(0, 6), slice(-4, None), slice(-3, None), slice(2, 9)])
def test_a_case_by_any_part_of_its_reference(cast: Cast, part: slice) -> None:
    case = told(cast).case
    assert names(cast, cast.dispatcher, case.reference[part]) == [case.reference]


def test_a_case_by_what_was_said_of_it(cast: Cast) -> None:
    case, _need = planned_case(cast)
    for asked in ("夜市", "烧烤店", "演示路1号", "门前 夜间", "barbecue", "Open-air", "夜市 吵闹", "ＢＡＲＢＥＣＵＥ"):
        assert case.reference in names(cast, cast.dispatcher, asked), asked
    for asked in ("夜宵", "烧烤 超市", "演示路7号"):
        assert case.reference not in names(cast, cast.dispatcher, asked), asked


def test_a_number_of_the_hotline_and_a_renamed_party(cast: Cast) -> None:
    made = told(cast, target_id=cast.target.pk)
    HotlineOrder.objects.create(complaint=made.complaint, number="演热2026-778899")
    assert names(cast, cast.dispatcher, "778899") == [made.case.reference]
    parties.target_update(actor=cast.act(cast.dispatcher), target_id=cast.target.pk, aliases=["老地方串吧"])
    assert names(cast, cast.dispatcher, "串吧") == [made.case.reference]


def test_the_complainants_words_are_for_the_office_of_the_street(cast: Cast) -> None:
    made = told(cast, "演示·有人占道。炸串味道呛得睡不着")
    assert "炸串" not in made.case.title
    found = find(cast.act(cast.dispatcher), "炸串").cases.rows
    assert [hit.case.pk for hit in found] == [made.case.pk]
    assert "炸串味道" in found[0].told
    for who in (cast.supervisor, cast.auditor, cast.outsider):
        assert names(cast, who, "炸串") == [], who
    assert names(cast, cast.supervisor, "占道") == [made.case.reference]


def test_a_phone_in_the_words_is_not_in_the_index(cast: Cast) -> None:
    told(cast, "演示·有人占道。请打 139 0000-1234 或13900001234")
    assert names(cast, cast.dispatcher, "13900001234") == []
    assert names(cast, cast.dispatcher, "1234") == []


def test_other_streets_find_nothing(cast: Cast) -> None:
    order = issued_order(cast)
    case = Case.objects.get()
    for text in (case.reference, cast.target.name, order.number):
        found = find(cast.act(cast.outsider), text)
        assert found.count == 0, text


def test_words_go_when_the_complaint_goes(cast: Cast) -> None:
    """The index never outlives what it copies: rewriting, unlinking and deleting take the lexemes along."""
    made = told(cast, "演示·有人占道。炸串味道")
    Complaint.objects.filter(pk=made.complaint.pk).update(text="（已删除）")
    assert names(cast, cast.dispatcher, "炸串") == []
    other = told(cast, "演示·有人占道。烤鱼味道")
    assert names(cast, cast.dispatcher, "烤鱼") == [other.case.reference]
    CaseComplaint.objects.filter(complaint=other.complaint).delete()
    assert names(cast, cast.dispatcher, "烤鱼") == []
    plain = Case.objects.create(
        reference="260101-9999",
        street=cast.street,
        source="plan",
        title="演示",
        opened_at=made.case.opened_at,
        stage_at=made.case.opened_at,
    )
    plain.delete()
    assert not CaseWords.objects.filter(case_id=plain.pk).exists()


def test_parties_best_first_and_orders_by_number(cast: Cast) -> None:
    Target.objects.create(street=cast.street, name="演示·百货", aliases=["夜市杂货"], address="演示路2号")
    found = find(cast.act(cast.dispatcher), "夜市").parties.rows
    assert [party.name for party in found] == ["演示·夜市烧烤店", "演示·百货"]
    order = issued_order(cast)
    for text in (order.number, order.number[-4:]):
        assert [row.pk for row in find(cast.act(cast.dispatcher), text).orders.rows] == [order.pk], text


@pytest.mark.parametrize("after", ["1.9223372036854775808", "2.9999999999999999999", "7.1", "1.²", "x"])
def test_a_broken_keyset_begins_anew(cast: Cast, after: str) -> None:
    case = told(cast, "演示·炸串油烟太大").case
    found = find(cast.act(cast.dispatcher), "炸串", group="cases", after=after).cases.rows
    assert [hit.case.pk for hit in found] == [case.pk]


def test_keyset_goes_through_the_tiers_once(cast: Cast) -> None:
    for n in range(3):
        told(cast, f"演示·第{n}件。炸串味道")
    for n in range(3):
        told(cast, f"演示·炸串第{n}件")
    actor = cast.act(cast.dispatcher)
    seen: list[int] = []
    after = ""
    while True:
        page = find(actor, "炸串", size=2, group="cases", after=after).cases
        seen += [hit.case.pk for hit in page.rows]
        after = page.more
        if not after:
            break
    in_title = list(Case.objects.filter(title__contains="炸串").order_by("-pk").values_list("pk", flat=True))
    in_words = list(Case.objects.exclude(title__contains="炸串").order_by("-pk").values_list("pk", flat=True))
    assert seen == in_title + in_words


@pytest.mark.parametrize("text", ["", "a", "店", "'", "…", "%"])
def test_too_little_finds_nothing_and_asks_nothing(cast: Cast, text: str, django_assert_num_queries: Any) -> None:
    actor = cast.act(cast.dispatcher)
    with django_assert_num_queries(0):
        assert find(actor, text).count == 0


def test_the_queries_are_few(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for n in range(5):
        told(cast, f"演示·第{n}件。炸串味道")
    actor = cast.act(cast.dispatcher)
    with django_assert_max_num_queries(6):
        assert len(find(actor, "炸串").cases.rows) == 5


def test_the_index_answers_and_it_knows_the_age_of_a_case(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    old = Lexemes("'炸串'")
    for column, other in (("shown", "everything"), ("everything", "shown")):
        index = f"case_words_{column}_near"
        with connection.cursor() as cursor, transaction.atomic():
            # The span alone could be asked of either: which of them is cheaper hangs on what the table has held.
            cursor.execute(f"DROP INDEX case_words_{other}_near")
            before = CaseWords.objects.filter(**{column: old}).explain()
            cursor.execute(
                "EXPLAIN SELECT case_id FROM cases_casewords"
                f" WHERE {column} @@ '炸串'::tsquery AND search_spans(case_id) && '{{4,0}}'::bigint[]"
            )
            plan = "".join(row[0] for row in cursor.fetchall())
            transaction.set_rollback(True)
        assert index in before, f"the version before asks so: {before}"
        assert f"Bitmap Index Scan on {index}" in plan
        assert plan.count("&&") == 2, f"the span is a condition of the index: {plan}"
        assert "Filter" not in plan
    for table, function, columns in (
        ("cases_target", "search_party", "name, aliases, uscc, address, trade"),
        ("cases_order", "search_order", "number"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN SELECT id FROM {table} WHERE {function}({columns}) @@ '夜市'::tsquery")
            assert "_words" in str(cursor.fetchall())


AGES = (1, 4095, 4096, 4097, 30_000, 262_143, 262_144, 300_000, 1_000_000, 2_097_151, 2_097_152, 5_000_000, 5_000_001)
"""Ids on both sides of spans of every size."""


def aged(cast: Cast, ids: Iterable[int], title: str = "演示·炸串 skewers") -> None:
    moment = timezone.now()
    Case.objects.bulk_create(
        Case(
            pk=pk + 10_000,
            reference=f"2603{pk % 28 + 1:02}-{pk:04}",
            street=cast.street,
            source="plan",
            title=title,
            opened_at=moment,
            stage_at=moment,
        )
        for pk in ids
    )


def pages(actor: Any, text: str, size: int, group: str = "cases") -> list[int]:
    seen: list[int] = []
    after = ""
    while True:
        page = getattr(find(actor, text, size=size, group=group, after=after), group)
        seen += [hit.case.pk if group == "cases" else hit.pk for hit in page.rows]
        after = page.more
        if not after:
            return seen


@pytest.mark.parametrize("text", ["炸串", "skew"], ids=["a word", "a beginning"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
def test_the_newest_first_however_old_the_history(cast: Cast, text: str, size: int) -> None:
    aged(cast, AGES)
    actor = cast.act(cast.dispatcher)
    newest = [pk + 10_000 for pk in reversed(AGES)]
    assert [hit.case.pk for hit in find(actor, text, size=size).cases.rows] == newest[:size]
    assert pages(actor, text, size) == newest
    assert pages(cast.act(cast.supervisor), text, size) == newest
    assert pages(cast.act(cast.outsider), text, size) == []


@pytest.mark.parametrize("young", [1, 2, 500])
def test_a_beginning_is_found_beyond_the_youngest(cast: Cast, monkeypatch: pytest.MonkeyPatch, young: int) -> None:
    monkeypatch.setattr(searchwords, "YOUNG", young)
    forget()
    aged(cast, AGES[:6])
    aged(cast, AGES[6:8], title="演示·占道")
    try:
        assert pages(cast.act(cast.dispatcher), "skew", 3) == [pk + 10_000 for pk in reversed(AGES[:6])]
    finally:
        forget()


def test_steps_take_each_id_once_and_the_database_cuts_them_alike(db: None) -> None:
    for below in (*AGES, 0, 777_777, 123_456_789):
        for at_once in (False, True):
            cut = [set(json.loads(f"[{step[1:-1]}]")) for step in steps(below, at_once=at_once)]
            assert len(cut) <= (1 if at_once else 17)
            for pk in {0, below // 3, below // 2, below - 1} if below else ():
                assert sum(bool(step & {*spans(pk)}) for step in cut) == 1, (below, pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, search_spans(id) FROM unnest(%s) AS id", [[*AGES, 2**40]])
        assert all(found == spans(pk) for pk, found in cursor.fetchall())


def test_references_that_begin_so_come_before_numbers_that_hold_it(cast: Cast) -> None:
    aged(cast, (1, 2, 3))
    holding = told(cast)
    HotlineOrder.objects.create(complaint=holding.complaint, number="演热260399")
    actor = cast.act(cast.dispatcher)
    beginning = list(
        Case.objects.filter(reference__startswith="2603").order_by("-reference").values_list("pk", flat=True)
    )
    assert len(beginning) == 3
    for size in (1, 2, 3, 20):
        assert pages(actor, "2603", size) == [*beginning, holding.case.pk]
    assert pages(actor, "260302-", 5) == pages(actor, "260302-0001", 5) == [10_001]
    assert pages(cast.act(cast.outsider), "2603", 5) == []


def test_orders_that_begin_so_come_first(cast: Cast) -> None:
    first = issued_order(cast)
    Order.objects.filter(pk=first.pk).update(number="JC-991126-0001")
    first.pk, first.number, first.state = None, "JC-260401-9911", "done"
    first.save(force_insert=True)
    actor = cast.act(cast.dispatcher)
    for asked, numbers in {
        "9911": ["JC-991126-0001", "JC-260401-9911"],
        "jc-9911": ["JC-991126-0001", "JC-260401-9911"],
        "jc-": ["JC-260401-9911", "JC-991126-0001"],
        "260401-9911": ["JC-260401-9911"],
    }.items():
        ids = [Order.objects.get(number=number).pk for number in numbers]
        assert pages(actor, asked, 1, "orders") == pages(actor, asked, 9, "orders") == ids, asked


def test_plans_that_are_kept_read_no_table_whole(cast: Cast) -> None:
    """Made while the tables are tiny, they serve a big batch as well."""
    issued_order(cast)
    ids = [told(cast).case.pk, *Case.objects.values_list("pk", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc"
            " WHERE proname LIKE 'cases\\_words\\_%' OR proname = 'cases_nearest_clock'"
        )
        found = dict(cursor.fetchall())
        assert len(found) == 8
        assert all("enable_seqscan=off" in (settings or []) for settings in found.values()), found
        cursor.execute("ANALYZE")  # now the planner knows how tiny they are, and would read them whole
        looks = "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname LIKE 'cases\\_%'"
        cursor.execute(looks)
        before = cursor.fetchone()
        for _ in range(8):  # the sixth is the first that a plan could be kept for by itself
            cursor.execute("SELECT cases_words_write(%s)", [ids])
            cursor.execute("SELECT * FROM cases_nearest_clock(%s)", [ids])
        cursor.execute(looks)
        assert cursor.fetchone() == before


@pytest.mark.parametrize(
    "text",
    ["", "烧烤店 18号", "BBQ-stall 夜市３号！", "豪a𠮷野家 x_1", "YS202611260001", "1-2 （3）ab", "é油烟É", "号"],
)
@pytest.mark.django_db
def test_texts_are_cut_alike_here_and_in_the_database(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(search_words(%s)), tsvector_to_array(search_number(%s))", [text, text])
        words, numbers = cursor.fetchone()
    assert lexemes(text) == set(words)
    assert endings(text) == set(numbers)
