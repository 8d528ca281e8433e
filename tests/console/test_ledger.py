"""The ledger of visits saved: each number worked out beside it; one's own streets only; the workbook says the same."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from cases.models import Need, Setting, Target
from cases.selectors import pastneeds
from tests.cast import Cast, unchanged
from tests.console.conftest import Login
from tests.onscene import all_finish, all_there, at, close
from tests.stage import issued_order

URL = reverse("console:ledger")
JULY = {"period": "month", "on": "2026-07-15"}
SQUADS = ("street", "market", "urban")


@pytest.fixture
def two_visits(cast: Cast) -> Cast:
    """The same party twice in July: three departments each (the street's team leads), the second one late."""
    for moment in ("2026-07-10 10:00", "2026-07-20 10:00"):
        with at(moment):
            order = issued_order(cast, functions=["market", "urban"])
            if moment.startswith("2026-07-20"):
                Need.objects.filter(orders=order).update(from_day=date(2026, 7, 12), due_day=date(2026, 7, 19))
            all_there(cast, order, SQUADS)
            all_finish(cast, order, SQUADS)
            close(cast, order)
    return cast


def test_orders_with_what_they_saved(two_visits: Cast, login: Login, django_assert_max_num_queries: Any) -> None:
    desk = login(two_visits.dispatcher)
    with at("2026-07-31 09:00"):
        desk.get(URL, JULY)
        with unchanged(), django_assert_max_num_queries(28):
            page = desk.get(URL, JULY)
    assert page.status_code == 200
    lines = page.context["orders"]
    assert [(line.day.day, line.departments, line.saved, line.reasons, line.in_time) for line in lines] == [
        (20, 3, 2, 1, 0),
        (10, 3, 2, 1, 1),
    ]
    total = page.context["total"]
    assert (total.orders, total.visits, total.joint, total.saved, total.reasons, total.in_time) == (2, 2, 2, 4, 2, 1)
    # two reasons of two departments each: four visits apart, whether at once or merged; two really
    assert [(row["mark"], row["visits"], row["saved"]) for row in page.context["baselines"]] == [
        ("A", 4, 2),
        ("B1", 4, 2),
        ("B2", 4, 2),
    ]
    assert page.context["really"] == 2
    with at("2026-09-01 09:00"):
        empty = desk.get(URL, {"period": "month", "on": "2026-06-15"})
    assert "Nothing in this period" in empty.content.decode()


def test_parties_of_the_year_against_their_cap(
    two_visits: Cast, login: Login, django_assert_max_num_queries: Any
) -> None:
    Target.objects.filter(pk=two_visits.target.pk).update(yearly_cap=2)
    desk = login(two_visits.dispatcher)
    with at("2026-07-31 09:00"):
        desk.get(URL, JULY)
        with django_assert_max_num_queries(24):
            page = desk.get(URL, {**JULY, "by": "party"})
        [line] = page.context["parties"]
        assert (line.target, line.sums.orders, line.sums.saved, line.used, line.most, line.full) == (
            *(two_visits.target, 2, 4, 0, 2, False),
        ), "case-led inspections don't count until the office says so"
        Setting.objects.update_or_create(key="cap_counts", street=None, defaults={"value": ["case_led", "routine"]})
        [line] = desk.get(URL, {**JULY, "by": "party"}).context["parties"]
    assert (line.used, line.full) == (2, True)


def test_one_s_own_streets_only(two_visits: Cast, login: Login) -> None:
    with at("2026-07-31 09:00"):
        assert login(two_visits.outsider).get(URL, JULY).context["total"].visits == 0
        foreign = login(two_visits.dispatcher).get(URL, {**JULY, "street": str(two_visits.other_street.pk)})
        assert foreign.context["total"].visits == 2, "another's street is no choice: one's own is shown"
        assert foreign.context["form"].errors["street"]
        district = login(two_visits.supervisor).get(URL, JULY)
    assert {street: sums.visits for street, sums in district.context["streets"]} == {
        two_visits.street: 2,
        two_visits.other_street: 0,
    }
    assert "baselines" not in district.context


def test_the_workbook_says_what_the_page_says(two_visits: Cast, login: Login) -> None:
    desk = login(two_visits.dispatcher)
    with at("2026-07-31 09:00"):
        answer = desk.get(URL, {**JULY, "as": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert book.sheetnames == ["Orders", "Parties", "Streets", "Baselines", "How it is counted"]
    rows = list(book["Orders"].iter_rows(min_row=2, values_only=True))
    assert [row[4:] for row in rows] == [(3, 1, 2, 1, 0), (3, 1, 2, 1, 1)]
    assert [row[1:] for row in book["Baselines"].iter_rows(min_row=2, values_only=True)] == [
        (2, None), (4, 2), (4, 2), (4, 2),
    ]  # fmt: skip
    text = str([list(sheet.iter_rows(values_only=True)) for sheet in book])
    assert two_visits.leader.name not in text
    assert str(two_visits.squads["market"]) not in text, "never by officer or squad"


def test_a_period_too_large_for_the_baselines_keeps_its_tables(
    two_visits: Cast, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pastneeds, "MOST", 1)
    with at("2026-07-31 09:00"):
        page = login(two_visits.dispatcher).get(URL, JULY)
        assert login(two_visits.dispatcher).get(URL, {**JULY, "as": "xlsx"}).status_code == 200
    assert "too many reasons for the baselines" in page.content.decode()
    assert len(page.context["orders"]) == 2


def test_pages(two_visits: Cast, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.insights.ledger.order_lines.__kwdefaults__", {"page": 1, "size": 1})
    desk = login(two_visits.dispatcher)
    with at("2026-07-31 09:00"):
        first = desk.get(URL, JULY)
        second = desk.get(URL + first.context["next_url"])
        for text in ("0", "²", "9" * 40, "x"):
            assert desk.get(URL, {**JULY, "page": text}).status_code == 200
    assert [line.day.day for line in first.context["orders"] + second.context["orders"]] == [20, 10]
    assert second.context["next_url"] == ""
