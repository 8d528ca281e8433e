"""The reference catalogue: whole, in force, and loading it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, Q
from pytest_django import DjangoDbBlocker

from cases.management import catalogue
from cases.models import (
    Category,
    CategoryWord,
    DeadlineKind,
    DeadlineRule,
    InspectionItem,
    ItemBasis,
    ItemKind,
    ItemLimit,
    Setting,
    Unit,
)
from cases.papers import check_pattern
from cases.planner.words import Lexicon, score_categories
from teams.models import Function
from teams.selectors import in_force
from tests.cast import snapshot


@pytest.fixture(scope="module", autouse=True)
def reference(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[catalogue.Loaded]:
    """The catalogue, loaded once for this module in a transaction that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield catalogue.load()
        transaction.set_rollback(True)


@pytest.fixture
def undone() -> Iterator[None]:
    """What the test writes is taken back after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_answers_and_units_in_chinese_have_an_english_form() -> None:
    for item in InspectionItem.objects.all():
        assert len(item.choices_en) == len(item.choices), item.code
        assert item.unit.isascii() or item.unit in ("℃", "m²", "mg/m³") or item.unit_en, item.code


def test_it_loads_twice_without_change(reference: catalogue.Loaded) -> None:
    assert reference.writes > 500
    before = snapshot()
    assert catalogue.load().skipped
    again = catalogue.load(force=True)
    assert again.writes == 0, again
    assert snapshot() == before


@pytest.mark.usefixtures("undone")
def test_the_command_says_what_it_did() -> None:
    first, second = StringIO(), StringIO()
    call_command("load_reference", stdout=first)
    assert len(first.getvalue().splitlines()) == 1
    CategoryWord.objects.filter(category__code="05-10", word="烧烤").delete()
    Setting.objects.filter(key=catalogue.STAMP).delete()
    call_command("load_reference", stdout=second)
    assert "CategoryWord 1" in second.getvalue()
    assert CategoryWord.objects.filter(category__code="05-10", word="烧烤").exists()


@pytest.mark.usefixtures("undone")
def test_what_the_office_changed_stays_until_forced() -> None:
    Category.objects.filter(code="05-10").update(closing_condition="本办另有规定")
    DeadlineRule.objects.filter(kind="triage", urgent=False).update(amount=3)
    CategoryWord.objects.create(category=Category.objects.get(code="05-10"), word="烤全羊", weight=5)
    catalogue.load()
    assert Category.objects.get(code="05-10").closing_condition == "本办另有规定"
    done = catalogue.load(force=True)
    assert done.changed == {"Category": 1, "DeadlineRule": 1}
    assert DeadlineRule.objects.get(kind="triage", urgent=False).amount == 2
    assert CategoryWord.objects.filter(word="烤全羊").exists(), "rows that the catalogue doesn't know are left alone"


def test_categories_are_whole() -> None:
    minor = Category.objects.filter(parent__isnull=False)
    assert set(Category.objects.filter(parent__isnull=True).values_list("code", flat=True)) == {
        "01", "02", "03", "04", "05", "06",
    }  # fmt: skip
    assert minor.count() >= 35
    named = {"01-16", "01-02", "01-03", "03-01", "03-02", "05-01", "05-04", "05-07", "05-08", "05-10"}
    assert named <= set(minor.values_list("code", flat=True))
    lacking = minor.filter(
        Q(closing_condition="") | Q(closing_condition_en="") | Q(name_en="") | Q(clause_group="") | Q(basis="")
    )
    assert not lacking.exists(), list(lacking)
    assert all(row.code.startswith(f"{row.parent.code}-") for row in minor.select_related("parent") if row.parent)
    few = minor.annotate(words_count=Count("words")).filter(words_count__lt=12)
    assert not few.exists(), list(few.values_list("code", "words_count"))
    assert not CategoryWord.objects.exclude(weight__range=(1, 5)).exists()
    assert set(minor.filter(night=True).values_list("code", flat=True)) >= {"05-08", "05-10", "03-01"}


def test_items_have_bases_hints_and_their_limits() -> None:
    items = InspectionItem.objects.all()
    assert not items.filter(bases__isnull=True).exists()
    assert not items.filter(Q(hint="") | Q(hint_en="") | Q(name_en="")).exists()
    measured = items.filter(kind__in=[ItemKind.MEASURED, ItemKind.LAB])
    assert measured.exists()
    assert not measured.filter(limits__isnull=True).exists()
    assert not measured.filter(unit="").exists()
    assert all(len(row.choices) >= 2 for row in items.filter(kind=ItemKind.CHOICE))
    restaurant = items.filter(function=Function.MARKET).filter(Q(categories__code="06-01") | Q(categories__isnull=True))
    assert restaurant.distinct().count() >= 12
    assert restaurant.filter(key_item=True).distinct().count() == 7
    functions = set(items.values_list("function", flat=True))
    assert functions == set(Function.values) - {Function.LABORATORY}


def test_the_basis_changes_with_the_day_of_conduct() -> None:
    fumes = ItemBasis.objects.filter(item__code="URB-03")
    before = set(fumes.filter(in_force(date(2026, 8, 14))).values_list("text", flat=True))
    after = set(fumes.filter(in_force(date(2026, 8, 15))).values_list("text", flat=True))
    assert any("大气污染防治法" in text for text in before)
    assert not any("大气污染防治法" in text for text in after)
    assert any("生态环境法典" in text for text in after)
    assert fumes.filter(text__contains="生态环境法典").get().to_confirm
    assert not fumes.filter(text__contains="GB 18483").get().to_confirm


@pytest.mark.parametrize(
    ("code", "zone", "period", "maximum"),
    [
        ("URB-03", None, "any", "2.0"),
        ("URB-07", 0, "night", "40"),
        ("URB-07", 2, "day", "60"),
        ("URB-07", 4, "night", "55"),
        ("ECO-01", None, "day", "70"),
        ("ECO-01", None, "night", "55"),
        ("MKT-08", None, "any", "-12"),
    ],
)
def test_limits(code: str, zone: int | None, period: str, maximum: str) -> None:
    rows = ItemLimit.objects.filter(item__code=code, period=period)
    row = rows.get(zone=zone) if zone is not None else rows.get(zone__isnull=True)
    assert row.maximum == Decimal(maximum)
    assert row.standard


def test_every_clock_has_a_normal_and_an_urgent_rule() -> None:
    rules = {(row.kind, row.urgent): (row.amount, row.unit) for row in DeadlineRule.objects.all()}
    # The term of a rectification is the ruling's own; it has no rule.
    kinds = set(DeadlineKind.values) - {DeadlineKind.RECTIFICATION}
    assert set(rules) == {(kind, urgent) for kind in kinds for urgent in (False, True)}
    assert rules["register", False] == (15, Unit.MINUTE)
    assert rules["register", True] == (5, Unit.MINUTE)
    assert rules["acknowledge", False] == (2, Unit.WORK_HOUR)
    assert rules["report_in", True] == (60, Unit.MINUTE)
    assert rules["contact", False] == (24, Unit.URGENT_HOUR)
    assert rules["whole_case", False] == (5, Unit.WORK_DAY)
    assert not DeadlineRule.objects.filter(source="").exists()


def test_settings_are_sound() -> None:
    values = dict(Setting.objects.values_list("key", "value"))
    assert values["ladder_look_back_years"] == 2
    assert values["report_in_far_m"] == 300
    assert values["returns_at_most"] == 2
    assert (values["recognition_days_key"], values["recognition_days"]) == (30, 90)
    assert check_pattern(values["paper_pattern"]) == ()
    assert not Setting.objects.filter(source="").exists()


def test_powers_name_classes_and_functions_that_exist() -> None:
    rows = catalogue.powers()
    codes = set(Category.objects.filter(parent__isnull=False).values_list("code", flat=True))
    assert {code for _function, code, *_rest in rows} == codes, "every class has a power and no power an unknown class"
    assert {function for function, *_rest in rows} <= set(Function.values)
    assert len({row[:2] for row in rows}) == len(rows)


def test_whoever_has_the_power_has_something_to_check() -> None:
    asked: set[tuple[str, str | None]] = set(InspectionItem.objects.values_list("function", "categories__code"))
    lacking = [
        (function, code)
        for function, code, optional, _delegated in catalogue.powers()
        if not optional and (function, code) not in asked and (function, None) not in asked
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("楼下烧烤店在路边摆烤炉，木炭烟熏得窗户都不敢开", "05-10"),
        ("饭店后厨的油烟从烟道直排出来，油烟味很呛人", "01-16"),
        ("工地夜间施工打桩，凌晨还在浇筑混凝土", "03-01"),
        ("商铺门口用高音喇叭播放促销，噪音扰民", "05-08"),
        ("小区垃圾桶满溢，生活垃圾没人清理，有恶臭", "01-02"),
        ("路口有流动摊贩摆摊卖水果", "05-01"),
        ("超市卖过期食品，保质期都过了", "06-19"),
        ("电梯故障，有人被困", "06-05"),
        ("包工头拖欠工资不给", "06-12"),
        ("消防通道被堵塞，灭火器也没有", "06-06"),
        ("Pavement blocked", "05-04"),
        ("Noise, Building site: every night until two", "03-01"),
    ],
)
def test_the_words_speak_for_the_right_class(text: str, code: str) -> None:
    lexicon = Lexicon.of(CategoryWord.objects.values_list("category__code", "word", "weight"))
    hits = score_categories(text, lexicon, limit=3)
    assert code in [hit.code for hit in hits], hits
