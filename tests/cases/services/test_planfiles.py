"""A yearly plan: rehearsed first, published as needs, the same file again adds nothing, and a way back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.timezone import localdate, now
from openpyxl import Workbook

from cases.models import FileRunState, Need, NeedState, PlanFate, Target, YearPlan, YearPlanRow
from cases.selectors.yearplans import standings
from cases.services import merging, orders, parties, planfiles
from tests.cases.services.test_partyfiles import code, table
from tests.cast import Cast, refused
from tests.stage import planned_case

HEAD = "检查对象,统一社会信用代码,地址,检查事项,计划月份,备注"
YEAR = 2098
"""Far ahead, so that no day of these files has passed."""


def compared(cast: Cast, path: Path, *, agency: str = "market", year: int = YEAR) -> YearPlan:
    actor = cast.act(cast.dispatcher)
    plan = planfiles.plan_create(
        actor=actor, street_id=cast.street.pk, agency_id=cast.agencies[agency].pk, year=year, path=path
    )
    planfiles.plan_compare(actor=actor, plan_id=plan.pk)
    return planfiles.plan_execute(plan_id=plan.pk)


def published(cast: Cast, plan: YearPlan) -> YearPlan:
    planfiles.plan_publish(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    return planfiles.plan_execute(plan_id=plan.pk)


def codes(plan: YearPlan) -> dict[int, str]:
    return {row.row: row.code or row.fate for row in plan.rows.order_by("row")}


def test_a_plan_is_rehearsed_published_and_again_adds_nothing(cast: Cast, tmp_path: Path) -> None:
    Target.objects.filter(pk=cast.supermarket.pk).update(uscc=code(1))
    Target.objects.filter(pk=cast.foreign_target.pk).update(uscc=code(2))
    path = table(
        tmp_path,
        "演示·夜市烧烤店,,,营业执照、MK-02,3月,演示·年度检查",
        f",{code(1)},,,第二季度,",
        ",,演示路9号,,上半年,",
        "演示·夜市烧烤店,,,MK-02、营业执照,三月,",
        f",{code(2)},,,3月,",
        "演示·没有这家,,,,3月,",
        "演示·夜市烧烤店,,,油烟净化器,4月,",
        "演示·夜市烧烤店,,,,待定,",
        "演示·夜市烧烤店,,,,,",
        ",,,,3月,",
        "演示·夜市烧烤店,,,,2020年3月,",
        f"演示·夜市烧烤店,{code(3)[:-1]}0,,,3月,",
        head=HEAD,
        encoding="gb18030",
    )
    plan = compared(cast, path)
    assert (plan.state, plan.read, Need.objects.count()) == (FileRunState.COMPARED, 12, 0)
    assert codes(plan) == {
        2: "new", 3: "new", 4: "new", 5: "twice_in_file", 6: "uscc_elsewhere", 7: "party_unknown", 8: "item_unknown",
        9: "month_wrong", 10: "days_needed", 11: "party_needed", 12: "days_over", 13: "uscc_wrong",
    }  # fmt: skip
    told = {row.row: planfiles.reason_of(row) for row in plan.rows.filter(fate=PlanFate.REFUSED)}
    assert "2" in told[5]
    assert "油烟净化器" in told[8]
    assert "待定" in told[9]

    plan = published(cast, plan)
    assert (plan.state, plan.done) == (FileRunState.DONE, 3)
    first, second, third = Need.objects.order_by("pk")
    assert (first.target, first.cause, first.note) == (cast.target, "planned", "演示·年度检查")
    assert (first.from_day, first.due_day) == (date(YEAR, 3, 1), date(YEAR, 3, 31))
    link = first.agency_links.get()
    assert link.agency == cast.agencies["market"]
    assert set(link.items.all()) == {cast.items["MK-01"], cast.items["MK-02"]}
    assert (second.target, second.from_day, second.due_day) == (
        cast.supermarket, date(YEAR, 4, 1), date(YEAR, 6, 30),
    )  # fmt: skip
    assert (third.target, third.due_day) == (cast.supermarket, date(YEAR, 6, 30))
    assert not third.agency_links.get().items.exists()
    assert first.created_by == cast.dispatcher

    again = compared(cast, path)
    assert codes(again) | {5: "", 6: ""} == codes(plan) | {2: "same", 3: "same", 4: "same", 5: "", 6: ""}
    with refused("nothing_new"):
        planfiles.plan_publish(actor=cast.act(cast.dispatcher), plan_id=again.pk)
    with refused("plan_published"):
        planfiles.plan_compare(actor=cast.act(cast.dispatcher), plan_id=plan.pk)
    assert codes(compared(cast, path, agency="fire"))[4] == "new", "another agency's check is another check"


def test_two_plans_compared_before_either_is_published(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "演示·夜市烧烤店,,,,3月,", "演示·便民超市,,,,3月,", head=HEAD)
    one, two = compared(cast, path), compared(cast, path)
    published(cast, one)
    assert published(cast, two).done == 0
    assert set(codes(two).values()) == {"same"}
    assert Need.objects.count() == 2


def test_a_party_that_was_merged_is_not_planned_twice(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "演示·便民超市,,,,3月,", head=HEAD)
    published(cast, compared(cast, path))
    actor = cast.act(cast.dispatcher)
    merging.parties_merge(actor=actor, survivor_id=cast.target.pk, absorbed_id=cast.supermarket.pk, reason="演示")
    assert Need.objects.get().target == cast.target
    cast.target.refresh_from_db()
    assert "演示·便民超市" in cast.target.aliases
    assert set(codes(compared(cast, path)).values()) == {"same"}, "found by its other name, its need has moved"


def test_several_of_one_name_are_told_apart_by_their_address(cast: Cast, tmp_path: Path) -> None:
    other = parties.target_create(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, name="演示·便民超市", address="演示路99号"
    )
    plan = compared(cast, table(tmp_path, "演示·便民超市,,,,3月,", "演示·便民超市,,演示路 99 号,,3月,", head=HEAD))
    assert codes(plan) == {2: "party_several", 3: "new"}
    assert plan.rows.get(row=3).target == other


def test_a_planned_check_rides_along_with_a_complaint(cast: Cast, tmp_path: Path) -> None:
    today = localdate(now())
    month = f"{today:%Y-%m}"
    plan = compared(cast, table(tmp_path, f"演示·夜市烧烤店,,,MK-01,{month},", head=HEAD))
    published(cast, plan)
    planned_case(cast, functions=["urban"], due_day=today)
    order = orders.order_open(actor=cast.act(cast.dispatcher), target_id=cast.target.pk)
    assert order.needs.count() == 2
    market = order.parts.get(agency=cast.agencies["market"])
    assert [row.item for row in market.items.all()] == [cast.items["MK-01"]]
    assert standings([plan.pk])[plan.pk].ordered == 1


def test_what_is_open_can_be_withdrawn_and_planned_anew(cast: Cast, tmp_path: Path) -> None:
    today = localdate(now())
    path = table(tmp_path, f"演示·夜市烧烤店,,,,{today:%Y-%m},", "演示·便民超市,,,,3月,", head=HEAD)
    plan = compared(cast, path)
    actor = cast.act(cast.dispatcher)
    with refused("not_published"):
        planfiles.plan_withdraw(actor=actor, plan_id=plan.pk, reason="演示")
    published(cast, plan)
    orders.order_open(actor=actor, target_id=cast.target.pk)
    with refused("reason_needed", status=422):
        planfiles.plan_withdraw(actor=actor, plan_id=plan.pk, reason=" ")
    with refused("not_allowed", status=403):
        planfiles.plan_withdraw(actor=cast.act(cast.outsider), plan_id=plan.pk, reason="演示")
    assert planfiles.plan_withdraw(actor=actor, plan_id=plan.pk, reason="演示·计划调整") == 1
    assert set(Need.objects.values_list("target", "state")) == {
        (cast.target.pk, NeedState.ORDERED),
        (cast.supermarket.pk, NeedState.WITHDRAWN),
    }
    plan.refresh_from_db()
    assert (plan.withdrawn_by, plan.withdrawn_reason) == (cast.dispatcher, "演示·计划调整")
    with refused("nothing_open"):
        planfiles.plan_withdraw(actor=actor, plan_id=plan.pk, reason="演示")
    assert codes(compared(cast, path)) == {2: "same", 3: "new"}


def test_a_workbook_in_slices(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业名称", "检查时间", "截止日期"])
    for month in range(1, 6):
        sheet.append(["演示·便民超市", date(YEAR, month, 1), date(YEAR, month, 20)])
    book.save(tmp_path / "x.xlsx")
    monkeypatch.setattr("cases.services.imports.filerun.BATCH", 2)
    actor = cast.act(cast.dispatcher)
    plan = planfiles.plan_create(
        actor=actor,
        street_id=cast.street.pk,
        agency_id=cast.agencies["market"].pk,
        year=YEAR,
        path=tmp_path / "x.xlsx",
    )
    assert plan.columns == {"name": "企业名称", "month": "检查时间", "until": "截止日期"}
    planfiles.plan_compare(actor=actor, plan_id=plan.pk)
    slices = 0
    while planfiles.plans_due():
        planfiles.plan_execute(plan_id=plan.pk, seconds=0)
        slices += 1
    assert slices == 3
    planfiles.plan_publish(actor=actor, plan_id=plan.pk)
    while planfiles.plans_due():
        planfiles.plan_execute(plan_id=plan.pk, seconds=0)
    assert list(Need.objects.order_by("pk").values_list("from_day", "due_day")) == [
        (date(YEAR, month, 1), date(YEAR, month, 20)) for month in range(1, 6)
    ]


def test_who_may_and_what_is_asked_of_a_file(cast: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, "演示·便民超市,3月", head="甲,乙")
    market = cast.agencies["market"].pk
    for user in (cast.outsider, cast.supervisor, cast.auditor, cast.checker, cast.leader):
        with refused("not_allowed", status=403):
            planfiles.plan_create(
                actor=cast.act(user), street_id=cast.street.pk, agency_id=market, year=YEAR, path=path
            )
    actor = cast.act(cast.dispatcher)
    with refused("agency_elsewhere", status=422):
        planfiles.plan_create(
            actor=actor, street_id=cast.street.pk, agency_id=cast.agencies["other"].pk, year=YEAR, path=path
        )
    with refused("year_wrong", status=422):
        planfiles.plan_create(actor=actor, street_id=cast.street.pk, agency_id=market, year=27, path=path)
    plan = planfiles.plan_create(actor=actor, street_id=cast.street.pk, agency_id=market, year=YEAR, path=path)
    for columns in ({"month": "乙"}, {"name": "甲"}):
        with refused("column_missing", status=422):
            planfiles.plan_compare(actor=actor, plan_id=plan.pk, columns=columns)
    with refused("not_compared"):
        planfiles.plan_publish(actor=actor, plan_id=plan.pk)
    planfiles.plan_compare(actor=actor, plan_id=plan.pk, columns={"name": "甲", "month": "乙"})
    assert codes(planfiles.plan_execute(plan_id=plan.pk)) == {2: "new"}
    with refused("not_allowed", status=403):
        planfiles.plan_publish(actor=cast.act(cast.outsider), plan_id=plan.pk)


def test_the_command(cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(table(tmp_path, "演示·便民超市,,,,3月,", "演示·没有这家,,,,3月,", head=HEAD))
    options = ["import_plan", path, "--street", cast.street.code, "--agency", "演示市监", "--year", str(YEAR)]
    call_command(*options, "--dry-run")
    assert not Need.objects.exists()
    call_command(*options)
    call_command(*options)
    assert Need.objects.get().target == cast.supermarket
    assert YearPlanRow.objects.filter(fate=PlanFate.SAME).count() == 1
    assert capsys.readouterr().out.count("3") >= 3, "the refused row is named each time"
