"""The pages of figures: reports with their workbook, the district, the wall."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.models import Case, CaseStage
from dispatch.web.templatetags.charts import bar, columns, scale_of, spark
from tests.cast import Cast
from tests.console.conftest import Login


def case(cast: Cast, **more: Any) -> Case:
    now = timezone.now()
    facts: dict[str, Any] = {"street": cast.street, "stage": CaseStage.ACCEPTED, "source": "portal", "title": "演示"}
    return Case.objects.create(reference=f"r-{Case.objects.count():05}", opened_at=now, stage_at=now, **(facts | more))


@pytest.mark.parametrize(("day", "runs"), [(14, True), (30, False)], ids=["middle", "last day"])
def test_the_present_month_first(cast: Cast, login: Login, day: int, runs: bool) -> None:
    with time_machine.travel(timezone.make_aware(datetime(2026, 11, day, 10, 0))):
        case(cast, category=cast.categories["05-10"])
        client = login(cast.dispatcher)
        page = client.get(reverse("console:reports")).content.decode()
    assert "too few for a percentage" in page
    assert "05-10" in page
    assert ("as many days, since this one still runs" in page) is runs
    assert page.count('<svg viewBox="0 0 720 220" role="img"') == 2
    assert page.count("<table") >= 4, "each chart has its table"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"period": "custom", "first": "2026-03-02", "last": "2026-03-01"}, "lies after the last"),
        ({"period": "custom", "first": "2026-03-02", "last": ""}, "Give both days"),
        ({"period": "custom", "first": "2020-03-02", "last": "2026-03-02"}, "three years"),
        ({"period": "nonsense"}, "The figures are of the month."),
        ({"on": "31/31/31"}, "could not be used"),
        ({"street": "999999"}, "could not be used"),
    ],
)
def test_a_wrong_choice_is_named_and_the_page_stands(
    cast: Cast, login: Login, query: dict[str, str], words: str
) -> None:
    answer = login(cast.dispatcher).get(reverse("console:reports"), query)
    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_an_empty_period_says_so_and_draws_no_empty_charts(cast: Cast, login: Login) -> None:
    case(cast)
    page = login(cast.dispatcher).get(reverse("console:reports"), {"period": "day", "on": "2020-02-03"})
    words = page.content.decode()
    assert "Nothing in this period" in words
    assert "<svg viewBox" not in words
    assert "too few for a percentage" not in words
    assert "Open by age" in words, "what is open stands for itself"
    bad = login(cast.dispatcher).get(reverse("console:reports"), {"period": "year"})
    assert bad.context["form"]["period"].value() == "month", "the field says what the figures are of"


def test_the_workbook_has_every_table_typed(cast: Cast, login: Login) -> None:
    for _ in range(5):
        case(cast, category=cast.categories["05-10"], source="hotline")
    answer = login(cast.dispatcher).get(reverse("console:reports"), {"as": "xlsx"})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames == [
        *("Summary", "Over time", "Streets", "Categories", "Sources", "Stages", "Open by age", "How it is counted"),
    ]
    summary = {row[0].value: row[1].value for row in book["Summary"].iter_rows(min_row=2)}
    assert summary["Cases received"] == 5
    assert summary["Response rate, %"] is None, "too few: no percentage"
    assert book["Sources"]["B2"].value == 5
    heads = " ".join(str(cell.value) for sheet in book for cell in sheet[1]).lower()
    assert not [word for word in ("officer", "squad", "fine", "penalt", "rank") if word in heads]


def test_the_district_is_no_league_table(cast: Cast, login: Login) -> None:
    case(cast, street=cast.other_street, due_at=timezone.now() - timedelta(hours=1))
    page = login(cast.supervisor).get(reverse("console:district")).content.decode()
    assert page.index(cast.street.name_en) < page.index(cast.other_street.name_en)
    assert "There is no ranking" in page
    assert "aria-sort" not in page
    assert 'id="district-areas"' in page


def test_the_wall_of_a_district_and_of_one_street(cast: Cast, login: Login) -> None:
    case(cast, due_at=timezone.now() - timedelta(hours=1), address="演示路1号502", title="演示·某人的话")
    client = login(cast.supervisor)
    page = client.get(reverse("console:wall")).content.decode()
    assert cast.other_street.name_en in page
    assert 'data-theme="dark"' in page
    assert "号502" not in page, "the digits alone may stand in a moment of time"
    assert "演示·某人的话" not in page
    one = client.get(reverse("console:wall"), {"street": str(cast.street.pk)}).content.decode()
    assert cast.other_street.name_en not in one
    part = client.get(reverse("console:wall"), headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="wall-now"')
    assert login(cast.dispatcher).get(reverse("console:wall"), {"street": str(cast.other_street.pk)}).status_code == 404
    light = login(cast.dispatcher)
    light.cookies["theme"] = "light"
    assert 'data-theme="light"' in light.get(reverse("console:wall")).content.decode()


def test_somebody_without_a_street_reads_why(cast: Cast, login: Login) -> None:
    client = login(cast.system_admin)
    for name in ("map", "reports", "wall"):
        assert "No street is yours to see" in client.get(reverse(f"console:{name}")).content.decode()


@pytest.mark.parametrize(("most", "marks"), [(0, [0, 1]), (3, [0, 1, 2, 3]), (70, [0, 20, 40, 60, 80])])
def test_scales_are_round(most: float, marks: list[float]) -> None:
    assert scale_of(most) == marks


def test_charts_escape_and_carry_no_style() -> None:
    drawn = columns("<b>", [{"label": "<i>", "values": [3, 1]}, {"label": "x", "values": [0, 0]}], ["<u>", "y"])
    for piece in (drawn, bar(3, 4, 1), spark([None, 50.0, 75.5]), bar(None, None), spark([])):
        assert "style=" not in piece
        assert "<b>" not in piece
        assert "<i>" not in piece
        assert "<u>" not in piece
    assert 'width="75.0"' in bar(3, 4, 1)
    assert 'width="25.0"' in bar(3, 4, 1)
