"""Triage: suggestions with reasons, one decision, refusals that keep everything, the next clue by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.clock.moment import now
from cases.models import Case, Need, Order, OrderState, Target
from cases.services import triage
from dispatch.console.highlight import highlighted
from tests.cast import Cast, unchanged
from tests.console.conftest import PHONE, Login, complaint
from tests.stage import planned_case


def accepted(cast: Cast, **more: object) -> Case:
    case, _told, _token = complaint(cast, **more)  # type: ignore[arg-type]
    return triage.case_accept(actor=cast.act(cast.dispatcher), case_id=case.pk)


def decision(cast: Cast, **more: Any) -> dict[str, Any]:
    return {
        "disposition": "inspection",
        "category": cast.categories["05-10"].pk,
        "severity": "B",
        "urgency": "general",
        "target": cast.target.pk,
        "agencies": cast.agency_ids("market", "urban"),
        "brief": "演示·路口烧烤摊，晚上油烟大、占道",
        "brief_confirmed": "on",
        "from_day": "",
        "due_day": "",
        **more,
    }


def test_the_page_offers_with_reasons_and_marks_the_words(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    said = login(cast.dispatcher).get(reverse("console:triage", args=[case.pk])).content.decode()
    assert "<mark>" in said
    assert "The text says" in said
    assert cast.target.name in said
    assert PHONE not in said


def test_the_parties_offered_stand_on_the_map_under_their_numbers(cast: Cast, login: Login) -> None:
    page = login(cast.dispatcher).get(reverse("console:triage", args=[accepted(cast).pk]))
    numbers = {row["row"].subject.name: row["number"] for row in page.context["parties"]}
    drawn = {f["properties"]["label"]: f["properties"]["n"] for f in page.context["party_marks"]["features"]}
    assert numbers[cast.target.name] == drawn[cast.target.name] == 1
    assert drawn == {name: number for name, number in numbers.items() if number}


def test_the_page_costs_few_queries(cast: Cast, login: Login) -> None:
    """Some of them once more for each name and address that the text tells."""
    page, desk = reverse("console:triage", args=[accepted(cast).pk]), login(cast.dispatcher)
    desk.get(page)
    with CaptureQueriesContext(connection) as asked:
        desk.get(page)
    assert len(asked) <= 38


def test_what_is_known_of_the_party_is_counted_to_ninety_nine(cast: Cast, login: Login) -> None:
    page, moment = reverse("console:triage", args=[accepted(cast).pk]), now()

    def visited(first: int, count: int) -> str:
        Order.objects.bulk_create(
            Order(
                number=f"Y{n}",
                target=cast.target,
                street=cast.street,
                state=OrderState.DONE,
                drafted_at=moment,
                issued_at=moment,
                on_scene_at=moment,
            )
            for n in range(first, first + count)
        )
        said: str = login(cast.dispatcher).get(page).content.decode()
        return said

    assert "<b>99</b><span>visits within a year" in visited(0, 99)
    assert "<b>99+</b><span>visits within a year" in visited(99, 2)


def test_an_inspection_becomes_a_need_and_the_next_clue_opens(cast: Cast, login: Login) -> None:
    case, following = accepted(cast), accepted(cast)
    answer = login(cast.dispatcher).post(reverse("console:triage", args=[case.pk]), decision(cast))
    assert answer.headers["Location"] == reverse("console:triage", args=[following.pk])
    need = Need.objects.get(case=case)
    assert set(need.agencies.values_list("pk", flat=True)) == set(cast.agency_ids("market", "urban"))
    case.refresh_from_db()
    assert (case.stage, case.severity) == ("planning", "B")


def test_the_last_one_leads_to_the_empty_queue(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    answer = login(cast.dispatcher).post(reverse("console:triage", args=[case.pk]), decision(cast))
    assert answer.headers["Location"] == reverse("console:queue", args=["triage"])


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"brief_confirmed": ""}, 422, "brief_confirmed"),
        ({"category": ""}, 422, "category"),
        ({"agencies": []}, 422, "agencies"),
        ({"disposition": "answered", "reply": ""}, 422, "reply"),
        ({"disposition": "transfer", "transfer_to": ""}, 422, "transfer_to"),
        ({"disposition": "rejected", "reason": ""}, 422, "reason"),
        ({"disposition": "joined", "into": ""}, 422, "into"),
        ({"disposition": "handling", "squad": ""}, 422, "squad"),
        ({"target": "new", "new_name": ""}, 422, "new_name"),
        ({"due_day": "2020-01-01"}, 422, "due_day"),
    ],
)
def test_a_refusal_keeps_everything(cast: Cast, login: Login, change: dict[str, Any], status: int, field: str) -> None:
    case = accepted(cast)
    client = login(cast.dispatcher)
    with unchanged():
        answer = client.post(reverse("console:triage", args=[case.pk]), decision(cast, **change))
    assert answer.status_code == status
    assert answer.context["form"].errors.get(field), answer.context["form"].errors
    assert "演示·路口烧烤摊，晚上油烟大、占道" in answer.content.decode(), "what was typed stays"


def test_a_new_party_goes_into_the_register(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    typed = decision(cast, target="new", new_name="演示·新摊", new_kind="vendor", new_address="演示路 9 号")
    login(cast.dispatcher).post(reverse("console:triage", args=[case.pk]), typed)
    case.refresh_from_db()
    assert case.target == Target.objects.get(name="演示·新摊")


def test_nobody_known_makes_a_place(cast: Cast, login: Login) -> None:
    case = accepted(cast, address="演示路与演示街交叉口")
    login(cast.dispatcher).post(reverse("console:triage", args=[case.pk]), decision(cast, target="place"))
    case.refresh_from_db()
    assert case.target is not None
    assert case.target.kind == "place"


def test_joining_and_asking(cast: Cast, login: Login) -> None:
    survivor, _need = planned_case(cast)
    case, other = accepted(cast), accepted(cast)
    client = login(cast.dispatcher)
    client.post(
        reverse("console:triage", args=[case.pk]), decision(cast, disposition="joined", into=survivor.pk, reason="演示")
    )
    case.refresh_from_db()
    assert case.merged_into == survivor
    told = other.complaints.get()
    client.post(
        reverse("console:triage", args=[other.pk]),
        decision(cast, disposition="question", complaint=told.pk, question="演示·哪个路口？"),
    )
    other.refresh_from_db()
    assert other.stage == "asking"


def test_other_agencies_and_parties_come_by_themselves(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    client = login(cast.dispatcher)
    agencies = client.get(
        reverse("console:triage_agencies", args=[case.pk]), {"category": cast.categories["01-16"].pk}
    ).content.decode()
    assert 'name="agencies"' in agencies
    assert "<html" not in agencies
    parties = client.get(
        reverse("console:triage_parties", args=[case.pk]), {"party_text": cast.supermarket.name[:4]}
    ).content.decode()
    assert cast.supermarket.name in parties
    assert cast.foreign_target.name not in parties


def test_finding_a_party_without_javascript_keeps_the_form(cast: Cast, login: Login) -> None:
    case = accepted(cast)
    typed = decision(cast, find="1", party_text=cast.supermarket.name)
    answer = login(cast.dispatcher).post(reverse("console:triage", args=[case.pk]), typed)
    assert answer.status_code == 200
    assert cast.supermarket.name in answer.content.decode()
    case.refresh_from_db()
    assert case.stage == "accepted"


def test_a_case_that_moved_on_is_not_triaged_again(cast: Cast, login: Login) -> None:
    case, _need = planned_case(cast)
    answer = login(cast.dispatcher).get(reverse("console:triage", args=[case.pk]))
    assert answer.headers["Location"] == reverse("console:case", args=[case.pk])


def test_highlighting_escapes_what_people_write() -> None:
    drawn = highlighted("<b>烧烤</b>在演示路", ["烧烤"], ["演示路"])
    assert drawn == '&lt;b&gt;<mark>烧烤</mark>&lt;/b&gt;在<mark class="place">演示路</mark>'
