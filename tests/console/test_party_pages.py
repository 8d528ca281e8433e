"""A party's file, merging with a preview, doubles worked through, a file of parties from upload to register."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Likeness, Order, PartyRow, PartyRun, Target
from cases.selectors import partymap
from cases.services import orders, parties, partyfiles
from tests.cast import LAT, LNG, Cast, unchanged
from tests.console.conftest import Login, complaint
from tests.stage import issued_order, planned_case

LIST = "/console/parties/"


def double(cast: Cast) -> Target:
    made = parties.target_create(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, name="演示·夜市烧烤", address="演示路1号"
    )
    parties.doubles_refresh_of(target=made)
    return made


def test_the_file_of_a_party_within_its_budget(cast: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    issued_order(cast)
    parties.target_update(actor=cast.act(cast.dispatcher), target_id=cast.target.pk, yearly_cap=4)
    desk = login(cast.dispatcher)
    desk.get(f"{LIST}{cast.target.pk}/")
    with django_assert_max_num_queries(28):
        page = desk.get(f"{LIST}{cast.target.pk}/").content.decode()
    assert Order.objects.get().number in page
    assert "0 / 4" in page
    for user, status in ((cast.supervisor, 200), (cast.auditor, 200), (cast.outsider, 404)):
        assert login(user).get(f"{LIST}{cast.target.pk}/").status_code == status


def test_a_file_tells_nothing_of_who_complained(cast: Cast, login: Login) -> None:
    case, sent, _token = complaint(cast)
    type(case).objects.filter(pk=case.pk).update(target=cast.target)
    page = login(cast.dispatcher).get(f"{LIST}{cast.target.pk}/").content.decode()
    assert case.reference in page
    assert "complaints within a year" in page
    assert sent.text not in page
    assert "演示·甲<" not in page


def test_merging_with_a_preview(cast: Cast, login: Login) -> None:
    other = double(cast)
    planned_case(cast, target=other)
    desk = login(cast.dispatcher)
    assert f"?with={other.pk}" in desk.get(f"{LIST}{cast.target.pk}/merge/").content.decode()
    page = desk.get(f"{LIST}{cast.target.pk}/merge/", {"with": other.pk})
    html = page.content.decode()
    assert "cases (1 open)" in html
    assert f"Goes into it #{other.pk}</small>" in html, "on a phone each value says whose it is"
    sent = {"with": other.pk, "survivor_version": cast.target.version, "absorbed_version": other.version}
    with unchanged():
        assert desk.post(f"{LIST}{cast.target.pk}/merge/", sent).status_code == 422
        stale = {**sent, "reason": "演示", "absorbed_version": 99}
        assert desk.post(f"{LIST}{cast.target.pk}/merge/", stale).status_code == 409
        foreign = {**sent, "with": cast.foreign_target.pk, "reason": "演示"}
        assert desk.post(f"{LIST}{cast.target.pk}/merge/", foreign).status_code == 404
    answer = desk.post(f"{LIST}{cast.target.pk}/merge/", {**sent, "reason": "演示·重复", "from": "doubles"})
    assert answer.headers["Location"] == f"{LIST}doubles/"
    other.refresh_from_db()
    assert other.merged_into == cast.target
    shown = desk.get(f"{LIST}{cast.target.pk}/").content.decode()
    assert other.name in shown
    assert "演示·重复" in shown


def test_two_live_orders_are_chosen_between(cast: Cast, login: Login) -> None:
    other = double(cast)
    kept = issued_order(cast)
    planned_case(cast, target=other)
    dropped = orders.order_open(actor=cast.act(cast.dispatcher), target_id=other.pk)
    desk = login(cast.dispatcher)
    sent = {"with": other.pk, "reason": "演示·重复"}
    with unchanged():
        page = desk.post(f"{LIST}{cast.target.pk}/merge/", sent)
    assert page.status_code == 409
    assert kept.number in page.content.decode()
    assert desk.post(f"{LIST}{cast.target.pk}/merge/", {**sent, "keep": kept.pk}).status_code == 302
    dropped.refresh_from_db()
    assert dropped.state == "cancelled"


def test_doubles_are_worked_through(cast: Cast, login: Login) -> None:
    other = double(cast)
    desk = login(cast.dispatcher)
    assert other.name in desk.get(f"{LIST}doubles/").content.decode()
    pair = {"first": cast.target.pk, "second": other.pk}
    assert login(cast.supervisor).post(f"{LIST}doubles/different/", pair).status_code == 403
    desk.post(f"{LIST}doubles/different/", pair)
    desk.post(f"{LIST}doubles/look/")
    assert "<tr data-row" not in desk.get(f"{LIST}doubles/").content.decode()
    desk.post(f"{LIST}doubles/different/", {**pair, "undo": "1"})
    assert "data-row" in desk.get(f"{LIST}doubles/").content.decode()
    assert Likeness.objects.count() == 1


def uploaded(desk: Client, text: str) -> PartyRun:
    file = SimpleUploadedFile("对象.csv", text.encode("gb18030"), "text/csv")
    street = Target.objects.order_by("pk").values_list("street", flat=True)[0]
    answer = desk.post(f"{LIST}files/", {"street": street, "file": file})
    assert answer.status_code == 302
    return PartyRun.objects.latest("pk")


def test_a_file_from_upload_to_register(cast: Cast, login: Login) -> None:
    desk = login(cast.dispatcher)
    rows = "演示·新面馆,123,演示路77号,\n演示·好面馆,,演示路78号,\n演示·便民超市,,演示路9号,演示·乙\n"
    rows += "演示·夜市烧烤,,演示路1号,\n"
    run = uploaded(desk, f"店名,信用代码,地址,负责人\n{rows}")
    url = f"{LIST}files/{run.pk}/"
    asked = desk.get(url)
    assert ("地址", "地址（演示路77号）") in asked.context["form"].fields["address"].choices
    assert "演示·乙" not in asked.content.decode(), "who is in charge is no example"
    columns = {"name": "店名", "uscc": "信用代码", "address": "地址", "person_in_charge": "负责人"}
    assert desk.post(url, {**columns, "name": ""}).status_code == 422
    assert desk.post(url, columns).status_code == 302
    assert "every 2s" in desk.get(url).content.decode()
    partyfiles.run_execute(run_id=run.pk)
    assert desk.get(f"{url}progress/").headers["HX-Refresh"] == "true"
    likely = desk.get(url).content.decode()
    assert "names alike" in likely
    refused = desk.get(url, {"fate": "refused"}).content.decode()
    assert "3 characters" in refused
    change = desk.get(url, {"fate": "change"}).content.decode()
    assert "演示·乙" in change
    desk.post(f"{url}choose/", {"fate": "change", "row": "4", "choice-4": "change", "take-4": "person_in_charge"})
    assert PartyRow.objects.get(run=run, row=4).choice == "change"
    assert desk.post(f"{url}choose/", {"fate": "likely", "all": "change"}).status_code == 422
    desk.post(f"{url}choose/", {"go": "1"})
    partyfiles.run_execute(run_id=run.pk)
    assert Target.objects.filter(name="演示·好面馆").exists()
    cast.supermarket.refresh_from_db()
    assert cast.supermarket.person_in_charge == "演示·乙"
    file = b"".join(desk.get(f"{url}refused/", {"format": "csv"}))
    assert "演示·新面馆" in file.decode()
    assert login(cast.outsider).get(url).status_code == 404


def test_points_and_clusters(cast: Cast, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = login(cast.dispatcher)
    url, box = f"{LIST}map/points/", f"{LNG - 0.01},{LAT - 0.01},{LNG + 0.01},{LAT + 0.01}"
    features = desk.get(url, {"bbox": box}).json()["features"]
    assert {f["properties"]["label"] for f in features} == {cast.target.name, cast.supermarket.name}
    assert desk.get(url, {"bbox": "0,0,1,1"}).json()["features"] == []
    assert len(desk.get(url, {"bbox": "x", "text": "超市"}).json()["features"]) == 1
    monkeypatch.setattr(partymap, "POINTS", 1)
    clusters = desk.get(url, {"bbox": box}).json()["features"]
    assert sum(f["properties"]["n"] for f in clusters) == 2
    assert desk.get(f"{LIST}map/").status_code == 200
