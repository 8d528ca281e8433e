"""The register at the desk: searched, filtered, entered with its checks, changed by two people at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import ChangeKind, Likeness, Target, TargetChange
from cases.selectors import register
from cases.selectors.register import Asked
from cases.services import parties
from tests.cast import LAT, LNG, Cast, unchanged
from tests.console.conftest import Login
from tests.stage import planned_case

LIST = "/console/parties/"
USCC = "91149901MA0000000A"


def entered(cast: Cast, name: str, **more: Any) -> Target:
    return parties.target_create(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, name=name, **{"kind": "business", **more}
    )


def names(html: str) -> list[str]:
    return [part.split("<b>")[1].split("</b>")[0] for part in html.split("data-open")[1:]]


def test_words_of_two_characters_any_column(cast: Cast, login: Login) -> None:
    noodle = entered(cast, "演示·面面俱到面馆", address="演示西巷2号", uscc=USCC, trade="餐饮·面食", aliases=["老王家"])
    desk = login(cast.dispatcher)
    for text in ("面馆", "老王", "西巷 面馆", "ma0000", "面食", "ＭＡ００", f"#{noodle.pk}", "馆"):
        assert names(desk.get(LIST, {"text": text}).content.decode()) == [noodle.name], text
    assert b"No party found" in desk.get(LIST, {"text": "面馆 东巷"}).content


def test_the_index_of_pairs_serves_a_word_of_two_characters(cast: Cast) -> None:
    Target.objects.bulk_create(
        Target(street=cast.street, name=f"演示·第{n}号商铺", address=f"演示大道{n}号") for n in range(2500)
    )
    entered(cast, "演示·面面俱到面馆")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_target")
    asked = register.targets_asked(cast.act(cast.dispatcher), Asked(text="面馆"))
    plan = asked.order_by("-pk")[:51].explain()
    assert "target_pairs" in plan, plan
    assert [row.name for row in asked] == ["演示·面面俱到面馆"]


def test_filters_sorts_and_pages(cast: Cast, login: Login) -> None:
    planned_case(cast)
    quiet = entered(cast, "演示·安静书店", no_disturb=True, no_disturb_reason="演示·信用良好", trade="图书")
    gone = entered(cast, "演示·关门小店")
    parties.target_update(actor=cast.act(cast.dispatcher), target_id=gone.pk, active=False)
    desk = login(cast.dispatcher)

    def found(**query: str) -> list[str]:
        return names(desk.get(LIST, query).content.decode())

    assert found(needs="1") == [cast.target.name]
    assert found(no_disturb="1") == [quiet.name]
    assert found(inactive="1") == [gone.name]
    assert found(trade="图书") == [quiet.name]
    assert found(grid=str(cast.grid.pk)) == [cast.target.name]
    assert found(kind="place") == []
    assert found(sort="name") == sorted([cast.target.name, cast.supermarket.name, quiet.name])
    assert found(sort="due") == [cast.target.name]
    assert found(street=str(cast.other_street.pk)) == []
    actor = cast.act(cast.dispatcher)
    for sort in ("new", "name", "address"):
        seen, cursor = [], ""
        for _page in range(3):
            rows, cursor = register.register_page(actor, Asked(sort=sort), cursor=cursor, size=1)
            seen += [row.target.name for row in rows]
        assert (len(set(seen)), cursor) == (3, ""), sort
    assert desk.get(LIST, {"after": "x~y", "sort": "due", "street": "999999999999"}).status_code == 200


def test_who_reads_the_register(cast: Cast, login: Login) -> None:
    for user in (cast.supervisor, cast.auditor):
        page = login(user).get(LIST).content.decode()
        assert cast.foreign_target.name in page
        assert "New party" not in page
    assert cast.foreign_target.name not in login(cast.head).get(LIST).content.decode()
    assert login(cast.dispatcher).get(f"{LIST}{cast.foreign_target.pk}/").status_code == 404


def test_the_list_stays_within_its_budget(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    Target.objects.bulk_create(Target(street=cast.street, name=f"演示·铺{n}") for n in range(60))
    desk = login(cast.dispatcher)
    desk.get(LIST)
    with django_assert_max_num_queries(14):
        page = desk.get(LIST).content.decode()
    assert page.count("<tr data-row") == register.PAGE
    assert "Next page" in page


def test_the_list_as_a_file(cast: Cast, login: Login) -> None:
    entered(cast, "=演示·算式店")
    answer = login(cast.dispatcher).get(f"{LIST}export/", {"format": "csv", "text": "算式"})
    text = b"".join(answer).decode()
    assert "'=演示·算式店" in text
    assert cast.target.name not in text
    assert login(cast.dispatcher).get(f"{LIST}export/", {"format": "pdf"}).status_code == 404


def test_everything_that_is_wrong_is_told_at_once(cast: Cast, login: Login) -> None:
    desk = login(cast.dispatcher)
    typed = {"street": cast.street.pk, "kind": "business", "name": "", "uscc": "123", "hours_1": "early"}
    with unchanged():
        page = desk.post(f"{LIST}new/", typed)
    assert set(page.context["form"].errors) == {"name", "uscc", "hours_1"}
    assert page.context["form"].errors["uscc"][0].startswith("This code has 3 characters")


def test_a_wrong_code_says_what_to_do_and_keeps_what_was_typed(cast: Cast, login: Login) -> None:
    desk = login(cast.dispatcher)
    for code, words in (
        ("91149901MA000000", "16 characters"),
        ("9114990IMA0000000A", "Character 8"),
        ("91149901MA0000O00A", "“0” is probably meant"),
        ("91149901MA0000000B", "Did you mean"),
    ):
        with unchanged():
            page = desk.post(
                f"{LIST}new/", {"street": cast.street.pk, "kind": "business", "name": "演示·甲", "uscc": code}
            )
        assert page.status_code == 422
        html = page.content.decode()
        assert words in html, code
        assert "演示·甲" in html
        assert code in html


def test_a_taken_code_leads_to_its_party(cast: Cast, login: Login) -> None:
    first = entered(cast, "演示·甲", uscc=USCC)
    desk = login(cast.dispatcher)
    page = desk.get(f"{LIST}alike/", {"uscc": f" {USCC.lower()} ", "name": "演示·乙", "street": str(cast.street.pk)})
    assert f"{LIST}{first.pk}/" in page.content.decode()
    sent = desk.post(
        f"{LIST}new/", {"street": cast.street.pk, "kind": "business", "name": "演示·完全不同", "uscc": USCC}
    )
    assert sent.status_code == 409
    assert f"{LIST}{first.pk}/" in sent.content.decode()


def test_a_likely_double_has_to_be_confirmed(cast: Cast, login: Login) -> None:
    desk = login(cast.dispatcher)
    data = {"street": cast.street.pk, "kind": "business", "name": "演示·夜市烧烤", "address": "演示路1号"}
    with unchanged():
        page = desk.post(f"{LIST}new/", data)
    assert page.status_code == 409
    assert f"{LIST}{cast.target.pk}/" in page.content.decode()
    assert "names alike" in page.content.decode()
    assert desk.post(f"{LIST}new/", {**data, "another": "1"}).status_code == 302
    assert Likeness.objects.filter(first=cast.target).count() == 1
    assert names(desk.get(LIST, {"doubles": "1"}).content.decode()) == ["演示·夜市烧烤", cast.target.name]
    elsewhere = desk.get(f"{LIST}alike/", {"name": cast.foreign_target.name, "street": str(cast.other_street.pk)})
    assert cast.foreign_target.name not in elsewhere.content.decode()


def form_of(target: Target, **more: Any) -> dict[str, Any]:
    target.refresh_from_db()
    columns = ("kind", "name", "trade", "address", "lat", "lng", "person_in_charge", "phone", "noise_zone")
    found = {name: getattr(target, name) for name in columns if getattr(target, name) is not None}
    return {**found, "version": target.version, **more}


def test_two_people_change_a_party_at_once(cast: Cast, login: Login) -> None:
    target = entered(cast, "演示·甲店", address="演示路5号", phone="139****0001", lat=LAT, lng=LNG)
    mine = form_of(target, name="演示·甲店（新）", phone="139****0003")
    parties.target_update(
        actor=cast.act(cast.head), target_id=target.pk, address="演示路6号", phone="139****0002", trade="零售"
    )
    desk = login(cast.dispatcher)
    with unchanged():
        page = desk.post(f"{LIST}{target.pk}/edit/", mine)
    assert page.status_code == 409
    html = page.content.decode()
    assert "演示·甲店（新）" in html
    assert "139****0003" in html
    assert "139****0002" in html
    assert 'value="演示路6号"' in html
    assert 'value="零售"' in html
    assert cast.head.name in html
    again = {**mine, "version": target.version + 1, "address": "演示路6号", "trade": "零售"}
    assert desk.post(f"{LIST}{target.pk}/edit/", again).status_code == 302
    target.refresh_from_db()
    assert (target.name, target.address, target.phone) == ("演示·甲店（新）", "演示路6号", "139****0003")
    shown = desk.get(f"{LIST}{target.pk}/").content.decode()
    assert "139****0002" in shown
    assert cast.head.name in shown


def test_hours_and_a_stretch_of_road(cast: Cast, login: Login) -> None:
    target = entered(cast, "演示大街东段", kind="place", lat=LAT, lng=LNG)
    desk = login(cast.dispatcher)
    sent = form_of(target, stretch="37.86, 112.57\n37.861，112.58", hours_1="9-14, 17:00-02:00", hours_7="")
    assert desk.post(f"{LIST}{target.pk}/edit/", sent).status_code == 302
    target.refresh_from_db()
    assert target.stretch == {"type": "LineString", "coordinates": [[112.57, 37.86], [112.58, 37.861]]}
    assert target.hours == [[1, "09:00", "14:00"], [1, "17:00", "02:00"]]
    assert "09:00-14:00, 17:00-02:00" in desk.get(f"{LIST}{target.pk}/edit/").content.decode()
    for wrong in ({"hours_1": "morning"}, {"hours_1": "9-14,13-20"}, {"stretch": "x"}, {"stretch": "37.8, 112.5"}):
        with unchanged():
            assert desk.post(f"{LIST}{target.pk}/edit/", form_of(target, **wrong)).status_code == 422


def test_the_no_disturb_list_asks_why(cast: Cast, login: Login) -> None:
    desk = login(cast.dispatcher)
    sent = form_of(cast.target, no_disturb="on")
    with unchanged():
        assert desk.post(f"{LIST}{cast.target.pk}/edit/", sent).status_code == 422
    sent |= {"no_disturb_reason": "演示·信用良好", "no_disturb_until": "2099-01-01"}
    assert desk.post(f"{LIST}{cast.target.pk}/edit/", sent).status_code == 302
    cast.target.refresh_from_db()
    assert cast.target.no_disturb
    assert cast.target.no_disturb_until is not None


def test_the_history_is_written_once(cast: Cast) -> None:
    target = entered(cast, "演示·甲店")
    parties.target_update(actor=cast.act(cast.dispatcher), target_id=target.pk, name="演示·甲店")
    assert list(TargetChange.objects.filter(target=target).values_list("kind", flat=True)) == [ChangeKind.CREATED]
    for statement in ("UPDATE cases_targetchange SET reason = 'x'", "DELETE FROM cases_targetchange"):
        with pytest.raises(IntegrityError, match="written once"):
            _run(statement)


def _run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_merged_party_leads_on_and_is_not_edited(cast: Cast, login: Login) -> None:
    Target.objects.filter(pk=cast.supermarket.pk).update(merged_into=cast.target)
    desk = login(cast.dispatcher)
    assert desk.get(f"{LIST}{cast.supermarket.pk}/").headers["Location"] == f"{LIST}{cast.target.pk}/"
    with unchanged():
        answer = desk.post(f"{LIST}{cast.supermarket.pk}/edit/", form_of(cast.supermarket))
    assert answer.headers["Location"] == f"{LIST}{cast.target.pk}/"


def test_a_planned_reason_shows_in_the_list(cast: Cast, login: Login) -> None:
    planned_case(cast)
    assert "1 reason" in login(cast.dispatcher).get(LIST).content.decode()
