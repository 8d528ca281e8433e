"""To the place: today, the order, acknowledge, return, report in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from cases.models import Need, PartState, ReportIn, Visit
from cases.services import orders
from tests.cast import LAT, LNG, Cast, unchanged
from tests.field.conftest import Phone
from tests.onscene import part_of
from tests.stage import issued_order, planned_case


def test_today_shows_the_card_with_one_main_action(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    page = phone(cast.market_officers[0]).get(reverse("field:today"))
    text = page.content.decode()
    assert page.status_code == 200
    assert order.target.name in text
    assert text.split("<article")[1].split("</article>")[0].count("btn-main") == 1
    assert reverse("field:acknowledge", args=[part.pk]) in text
    assert f"squad:{part.squad_id}" not in text  # topics travel in a signed cookie, never in the page


@pytest.mark.parametrize("orders", [1, 4])
def test_today_asks_the_database_at_most_11_times(
    cast: Cast, phone: Phone, orders: int, django_assert_max_num_queries: object
) -> None:
    from cases.models import Target
    from cases.services import orders as order_services

    for number in range(orders):
        target = Target.objects.create(street=cast.street, name=f"演示·店{number}", lat=LAT, lng=LNG, noise_zone=2)
        planned_case(cast, functions=("market", "urban"), urgency="urgent", target=target)
        drafted = order_services.order_open(actor=cast.act(cast.dispatcher), target_id=target.pk)
        order_services.order_issue(actor=cast.act(cast.dispatcher), order_id=drafted.pk)
    client = phone(cast.leader)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        page = client.get(reverse("field:today"))
    assert page.content.decode().count("<article") == orders


def test_the_page_of_a_part_asks_the_database_at_most_15_times(
    cast: Cast, phone: Phone, django_assert_max_num_queries: object
) -> None:
    part = part_of(issued_order(cast, urgency="urgent"), cast, "market")
    client = phone(cast.market_officers[0])
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        assert client.get(reverse("field:part", args=[part.pk])).status_code == 200


def test_today_part_for_the_live_stream_has_no_frame(cast: Cast, phone: Phone) -> None:
    issued_order(cast)
    page = phone(cast.leader).get(reverse("field:today"), headers={"HX-Request": "true"})
    assert b"<html" not in page.content
    assert b'data-live-kinds="order case"' in page.content


def test_everyone_is_led_to_their_own_work(cast: Cast, phone: Phone) -> None:
    today = reverse("field:today")
    assert phone(cast.lab_technician).get(today)["Location"] == reverse("field:labs")
    assert phone(cast.grid_worker).get(today)["Location"] == reverse("field:alert")
    assert phone(cast.dispatcher).get(today).status_code == 403
    assert phone(cast.auxiliary).get(today).status_code == 200


def test_the_order_page_shows_brief_and_squads_but_no_words_of_a_complainant(cast: Cast, phone: Phone) -> None:
    from cases.models import Case
    from cases.services import intake

    order = issued_order(cast)
    case = Case.objects.get(needs__orders=order)
    made = intake.complaint_take(
        actor=cast.act(cast.dispatcher),
        street_id=cast.street.pk,
        text="演示·反映人原话：隔壁三号楼",
        name="演示·反映人",
        phone="13900000000",
    )
    case.complaint_links.create(complaint=made.complaint, joined_at=made.complaint.received_at)
    page = phone(cast.market_officers[0]).get(reverse("field:part", args=[part_of(order, cast, "market").pk]))
    text = page.content.decode()
    assert "演示·门前烧烤，夜间吵闹" in text
    assert str(cast.squads["urban"]) in text
    for word in ("隔壁三号楼", "演示·反映人", "13900000000", made.complaint.reference):
        assert word not in text


def test_acknowledge_and_return(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    client = phone(cast.market_officers[0])
    assert client.post(reverse("field:acknowledge", args=[part.pk])).status_code == 302
    part.refresh_from_db()
    assert part.state == PartState.ACKNOWLEDGED
    url = reverse("field:return", args=[part.pk])
    assert client.get(url).status_code == 200
    with unchanged():
        assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "演示·今日人手不足"}).status_code == 302
    part.refresh_from_db()
    assert (part.state, part.return_reason) == (PartState.RETURNED, "演示·今日人手不足")
    orders.part_call_again(actor=cast.act(cast.dispatcher), part_id=part.pk, reason="演示·液化气要你们看")
    assert "演示·液化气要你们看" in client.get(reverse("field:part", args=[part.pk])).content.decode()


def test_a_recheck_says_from_when_before_anybody_fills_the_form(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    client = phone(cast.market_officers[0])
    pages = [reverse("field:part", args=[part.pk]), reverse("field:arrive", args=[part.pk])]
    for page in pages:
        assert "这是复查" not in client.get(page).content.decode()
    ahead = timezone.localdate() + timedelta(days=3)
    Need.objects.filter(order_links__order=order).update(cause="recheck", from_day=ahead, due_day=ahead)
    for page in pages:
        assert "这是复查" in client.get(page).content.decode()


def test_acknowledging_twice_is_answered_in_words(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "market")
    client = phone(cast.market_officers[0])
    client.post(reverse("field:acknowledge", args=[part.pk]))
    again = client.post(reverse("field:acknowledge", args=[part.pk]))
    assert again.status_code == 409


def test_report_in_with_two_officers(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    client = phone(cast.market_officers[0])
    url = reverse("field:arrive", args=[part.pk])
    page = client.get(url)
    assert all(officer.name in page.content.decode() for officer in cast.market_officers)
    sent = {
        "officers": [officer.pk for officer in cast.market_officers],
        "lat": LAT,
        "lng": LNG,
        "accuracy": 8,
        "identity_shown": "on",
        "party_person": "演示·店长",
        "client_key": "k1",
    }
    assert client.post(url, sent)["Location"] == reverse("field:visit", args=[part.pk])
    report = ReportIn.objects.get(part=part)
    assert (report.accuracy_m, round(report.distance_m or 0)) == (8, 0)
    assert Visit.objects.get(order=order).party_person == "演示·店长"
    client.post(url, sent)
    assert ReportIn.objects.filter(part=part).count() == 1


def test_report_in_is_possible_without_a_position(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "market")
    officers = [officer.pk for officer in cast.market_officers]
    answer = phone(cast.market_officers[0]).post(reverse("field:arrive", args=[part.pk]), {"officers": officers})
    assert answer.status_code == 302


def test_too_few_officers_says_who_does_not_count_and_keeps_what_was_typed(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "street")
    people = [cast.leader.pk, cast.expired_officer.pk, cast.auxiliary.pk]
    sent = {"officers": people, "lat": LAT, "lng": LNG, "party_person": "演示·店长", "identity_shown": "on"}
    with unchanged(), translation.override("zh-hans"):
        page = phone(cast.leader).post(reverse("field:arrive", args=[part.pk]), sent)
    text = page.content.decode()
    assert page.status_code == 422
    assert cast.expired_officer.name in text
    assert cast.auxiliary.name in text
    assert 'value="演示·店长"' in text
    assert f'value="{LAT}"' in text
    for pk in people:
        assert f'value="{pk}" checked' in text


def test_far_away_asks_for_a_reason(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "market")
    url = reverse("field:arrive", args=[part.pk])
    client = phone(cast.market_officers[0])
    sent = {"officers": [officer.pk for officer in cast.market_officers], "lat": LAT + 0.02, "lng": LNG}
    with unchanged():
        page = client.post(url, sent)
    assert page.status_code == 422
    assert page.context["form"].errors["far_reason"]
    assert client.post(url, {**sent, "far_reason": "演示·后门进入"}).status_code == 302


def test_nobody_logged_in_is_led_to_the_login_page(cast: Cast, client: object) -> None:
    part = part_of(issued_order(cast), cast, "market")
    answer = client.get(reverse("field:part", args=[part.pk]))  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_a_notice_leads_to_the_own_part(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast)
    part = part_of(order, cast, "market")
    answer = phone(cast.market_officers[0]).get(reverse("field:order", args=[order.pk]))
    assert answer["Location"] == reverse("field:part", args=[part.pk])
    assert phone(cast.market_officers[0]).get(reverse("field:notices")).status_code == 200
    assert phone(cast.market_officers[0]).get(reverse("field:me")).status_code == 200


def test_an_auxiliary_sees_the_squads_order_but_cannot_act_on_it(cast: Cast, phone: Phone) -> None:
    part = part_of(issued_order(cast), cast, "street")
    client = phone(cast.auxiliary)
    assert client.get(reverse("field:part", args=[part.pk])).status_code == 200
    for name in ("return", "arrive", "close"):
        assert client.get(reverse(f"field:{name}", args=[part.pk])).status_code == 403
