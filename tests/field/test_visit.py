"""On scene: items that save themselves, samples, findings, the end of the visit."""

from __future__ import annotations

import re
from decimal import Decimal

from django.test import Client
from django.urls import reverse

from cases.models import (
    Answer,
    File,
    Finding,
    InspectionItem,
    LabTest,
    Order,
    OrderState,
    PartItem,
    PartState,
    Result,
    Visit,
    VisitOutcome,
)
from tests.cast import Cast, unchanged
from tests.field.conftest import Phone, picture
from tests.onscene import all_finish, answer_rest, part_of, report_in
from tests.stage import issued_order

HTMX = {"HX-Request": "true"}


def on_scene(cast: Cast, *functions: str) -> Order:
    order = issued_order(cast)
    for function in functions:
        report_in(cast, order, function)
    return order


def item_url(order: Order, code: str, name: str = "item") -> str:
    return reverse(f"field:{name}", args=[PartItem.objects.get(part__order=order, item__code=code).pk])


def answer_of(order: Order, code: str) -> Answer:
    return Answer.objects.get(visit__order=order, part_item__item__code=code)


def test_the_checklist_is_the_squads_own(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market", "urban")
    page = phone(cast.market_officers[0]).get(reverse("field:visit", args=[part_of(order, cast, "market").pk]))
    text = page.content.decode()
    assert "营业执照" in text
    assert "油烟净化器" not in text
    assert page.context["total"] == 2
    assert page.context["answered"] == 0


def test_an_item_saves_itself_and_only_its_state_changes(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market")
    page = phone(cast.market_officers[0]).post(item_url(order, "MK-01"), {"result": "yes"}, headers=HTMX)
    text = page.content.decode()
    assert page.status_code == 200
    assert answer_of(order, "MK-01").result == Result.CONFORMS
    assert "<textarea" not in text
    assert 'id="progress"' in text
    assert 'id="bottom"' in text
    assert "食品经营许可" in text  # the next unanswered one
    assert '"result": "yes"' in page["HX-Trigger"]


def test_without_javascript_an_item_is_an_ordinary_form(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market")
    part = part_of(order, cast, "market")
    following = PartItem.objects.get(part=part, item__code="MK-02").pk
    answer = phone(cast.market_officers[0]).post(item_url(order, "MK-01"), {"result": "no", "note": "演示·未公示"})
    assert answer["Location"] == f"{reverse('field:visit', args=[part.pk])}#item-{following}"
    assert answer_of(order, "MK-01").note == "演示·未公示"


def test_a_refused_answer_keeps_what_was_typed(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street")
    client = phone(cast.leader)
    sent = {"result": "no", "value": "47,5", "note": "", "instrument": "演示·声级计"}
    with unchanged():
        client.post(item_url(order, "ST-02"), {**sent, "value": "abc"})
        page = client.post(item_url(order, "ST-02"), {**sent, "result": "no", "value": "12,5"})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'value="12,5"' in text
    assert 'value="演示·声级计"' in text
    part = client.post(item_url(order, "ST-02"), {**sent, "value": "12,5"}, headers=HTMX)
    assert part.status_code == 422
    assert b"errorlist" in part.content


def test_a_measured_value_shows_limit_and_verdict(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street")
    page = phone(cast.leader).post(item_url(order, "ST-02"), {"value": "93"}, headers=HTMX)
    row = answer_of(order, "ST-02")
    assert (row.result, row.value) == (Result.FAILS, Decimal(93))
    assert row.limit is not None
    assert f"{int(93 - row.limit)} dB(A)" in page.content.decode()
    assert '"result": "no"' in page["HX-Trigger"]


def test_photos_are_attached_once(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market")
    client = phone(cast.market_officers[0])
    for _again in range(2):
        sent = {"result": "yes", "photo_key": "abc", "photos": [picture("red"), picture("blue")]}
        page = client.post(item_url(order, "MK-02"), sent, headers=HTMX)
        assert page.status_code == 200
        assert b'id="shots-' in page.content
    assert answer_of(order, "MK-02").attachments.count() == 2


def test_another_photo_of_the_same_form_is_another_photo(cast: Cast, phone: Phone) -> None:
    """The first one was refused and taken out again: what is sent now must not be taken for it."""
    order = on_scene(cast, "urban")
    client = phone(cast.urban_officers[0])
    first = {"result": "no", "photo_key": "abc", "photos": [picture("red")]}
    assert client.post(item_url(order, "UR-01"), first, headers=HTMX).status_code == 422
    again = {"result": "no", "text_value": "停用", "photo_key": "abc", "photos": [picture("blue")]}
    assert client.post(item_url(order, "UR-01"), again, headers=HTMX).status_code == 200
    files = File.objects.order_by("pk")
    assert [row.file_id for row in answer_of(order, "UR-01").attachments.all()] == [files[1].pk]
    assert files[0].sha256 != files[1].sha256


def test_a_choice(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "urban")
    client = phone(cast.urban_officers[0])
    with unchanged():
        assert client.post(item_url(order, "UR-01"), {"result": "no"}, headers=HTMX).status_code == 422
    assert (
        client.post(item_url(order, "UR-01"), {"result": "no", "text_value": "停用"}, headers=HTMX).status_code == 200
    )


def test_answers_of_a_choice_are_read_in_the_language_of_the_page(cast: Cast, phone: Phone) -> None:
    InspectionItem.objects.filter(code="UR-01").update(choices_en=["Running", "Stopped", "Not installed"])
    order = on_scene(cast, "urban")
    client = phone(cast.urban_officers[0])
    client.post(item_url(order, "UR-01"), {"result": "no", "text_value": "停用"}, headers=HTMX)
    assert answer_of(order, "UR-01").text_value == "停用", "what is kept is one language"
    part = part_of(order, cast, "urban")
    for language, colon, words in (("en", ": ", "Stopped"), ("zh-hans", "：", "停用")):
        asked = client.get(reverse("field:visit", args=[part.pk]), headers={"Accept-Language": language})
        assert f">{words}</label>" in asked.content.decode()
        record = client.get(reverse("field:record", args=[part.pk]), headers={"Accept-Language": language})
        assert f"{colon}{words}" in record.content.decode()


def test_a_sample_goes_to_the_laboratory_and_comes_back(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "urban")
    client, technician = phone(cast.urban_officers[0]), phone(cast.lab_technician)
    sent = {"laboratory": cast.squads["laboratory"].pk, "sample": "演示·排口样"}
    assert client.post(item_url(order, "UR-02", "sample"), sent).status_code == 302
    test = LabTest.objects.get()
    listed = technician.get(reverse("field:labs"))
    assert test.number in listed.content.decode()
    url = reverse("field:lab", args=[test.pk])
    assert technician.get(url).status_code == 200
    with unchanged():
        refused = technician.post(url, {"value": "3.1", "method": "演示法", "report_number": ""})
    assert refused.status_code == 422
    assert 'value="3.1"' in refused.content.decode()
    report = {
        "value": "3.1",
        "method": "演示法",
        "report_number": "演示报告1",
        "photos": [picture()],
        "client_key": "z",
    }
    assert technician.post(url, report).status_code == 302
    test.refresh_from_db()
    assert test.conforms is False
    assert test.attachments.count() == 1
    assert technician.get(url).status_code == 200
    assert phone(cast.urban_officers[0]).get(url).status_code == 403
    assert phone(cast.outsider).get(url).status_code == 404
    assert technician.get(reverse("field:part", args=[part_of(order, cast, "urban").pk])).status_code == 404


def test_a_sample_sent_from_the_page_changes_its_item_alone(cast: Cast, phone: Phone) -> None:
    """What stands in the other items, typed and not yet saved, stays."""
    order = on_scene(cast, "urban")
    sent = {"laboratory": cast.squads["laboratory"].pk, "sample": "演示·排口样"}
    asked = phone(cast.urban_officers[0]).post(item_url(order, "UR-02", "sample"), sent, headers={"HX-Request": "true"})
    text = asked.content.decode()
    assert asked.status_code == 200
    assert text.count('<section class="item') == 1
    assert LabTest.objects.get().number in text
    assert 'id="progress"' in text
    assert 'id="bottom"' in text


def test_a_laboratory_test_is_called_off_from_the_phone(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "urban")
    client = phone(cast.urban_officers[0])
    client.post(item_url(order, "UR-02", "sample"), {"laboratory": cast.squads["laboratory"].pk})
    off = item_url(order, "UR-02", "sample_off")
    visit = reverse("field:visit", args=[part_of(order, cast, "urban").pk])
    assert off in client.get(visit).content.decode()
    with unchanged():
        assert client.post(off, {"reason": " "}).status_code == 422
    assert client.post(off, {"reason": "演示·样品洒了"}).status_code == 302
    assert LabTest.objects.get().state == "cancelled"
    again = client.get(visit).content.decode()
    assert item_url(order, "UR-02", "sample") in again, "the item is open again"
    assert client.get(off)["Location"] == visit, "nothing left to call off"


def test_other_people_cannot_answer(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market", "urban", "street")
    url = item_url(order, "MK-01")
    for user, status in ((cast.outsider, 404), (cast.fire_officers[0], 404), (cast.urban_officers[0], 403)):
        with unchanged():
            assert phone(user).post(url, {"result": "yes"}).status_code == status
    aux = item_url(order, "ST-02")
    with unchanged():
        assert phone(cast.auxiliary).post(aux, {"value": "40"}).status_code == 403
        assert phone(cast.street_officers[1]).post(aux, {"value": "40"}, headers=HTMX).status_code == 403


def test_a_finding_in_words_and_photos_of_the_visit(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street")
    part = part_of(order, cast, "street")
    client = phone(cast.leader)
    url = reverse("field:finding_add", args=[part.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"text": ""}).status_code == 422
    assert client.post(url, {"text": "演示·通道堆物", "photos": [picture()], "client_key": "q"}).status_code == 302
    assert Finding.objects.get().attachments.count() == 1
    photos = reverse("field:photos", args=[part.pk])
    phone(cast.auxiliary).post(photos, {"photos": [picture()], "client_key": "p"})
    assert Visit.objects.get(order=order).attachments.count() == 1
    assert client.get(reverse("field:visit", args=[part.pk])).status_code == 200


def finish(client: Client, order: Order, cast: Cast, function: str) -> int:
    return client.post(reverse("field:finish", args=[part_of(order, cast, function).pk])).status_code


def test_finish_and_close(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street", "market")
    client = phone(cast.leader)
    assert finish(client, order, cast, "street") == 409  # items are open
    answer_rest(cast, order, "street")
    assert finish(client, order, cast, "street") == 302
    all_finish(cast, order, ["market"])
    lead, urban = part_of(order, cast, "street"), part_of(order, cast, "urban")
    url = reverse("field:close", args=[lead.pk])
    assert client.get(url).status_code == 200
    sent = {"outcome": "done", "party_opinion": "演示·无异议", "note": "演示·记录"}
    with unchanged():
        refused = client.post(url, sent)
    assert refused.status_code == 409
    assert "演示·无异议" in refused.content.decode()
    assert client.post(url, {**sent, "absent": [urban.pk]}).status_code == 302
    visit = Visit.objects.get(order=order)
    assert (visit.outcome, visit.party_opinion) == (VisitOutcome.DONE, "演示·无异议")
    urban.refresh_from_db()
    assert urban.state == PartState.ABSENT


def test_while_somebody_is_at_it_no_end_of_the_visit_is_chosen_beforehand(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street", "market")
    all_finish(cast, order, ["street"])
    url = reverse("field:close", args=[part_of(order, cast, "street").pk])
    page = phone(cast.leader).get(url).content.decode()
    assert 'name="outcome"' in page
    assert " checked" not in page
    all_finish(cast, order, ["market"])
    assert " checked" in phone(cast.leader).get(url).content.decode()


def test_the_open_close_page_follows_the_squads(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street", "market")
    all_finish(cast, order, ["street"])
    part, urban = part_of(order, cast, "street"), part_of(order, cast, "urban")
    url, client = reverse("field:close", args=[part.pk]), phone(cast.leader)
    page = client.get(url).content.decode()
    assert f'data-live-row="order:{order.pk}"' in page
    all_finish(cast, order, ["market"])
    now = client.get(url, {"absent": urban.pk}, headers=HTMX).content.decode()
    assert "<html" not in now
    ticked = re.compile(r'value="(\w+)"[^>]* checked')
    assert ticked.findall(now) == [str(urban.pk), "done"]  # what was ticked, what is next
    chosen = client.get(url, {"outcome": "refused"}, headers=HTMX).content.decode()
    assert ticked.findall(chosen) == ["refused"]
    sent = {"outcome": "done", "absent": [urban.pk]}
    assert client.post(url, sent).status_code == 302
    assert "HX-Redirect" not in client.get(url, headers=HTMX).headers  # that answer leads on itself
    other = phone(cast.street_officers[0]).get(url, headers=HTMX)
    assert (other.status_code, other["HX-Redirect"]) == (204, reverse("field:visit", args=[part.pk]))


def test_only_the_lead_closes(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street", "market", "urban")
    all_finish(cast, order, ["street", "market", "urban"])
    url = reverse("field:close", args=[part_of(order, cast, "market").pk])
    with unchanged():
        assert phone(cast.market_officers[0]).post(url, {"outcome": "done"}).status_code == 403


def test_a_shut_shop_waits_for_another_visit(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "street")
    url = reverse("field:close", args=[part_of(order, cast, "street").pk])
    answer = phone(cast.leader).post(url, {"outcome": "closed", "note": "演示·卷帘门落下"})
    assert answer["Location"] == reverse("field:today")
    order.refresh_from_db()
    assert order.state == OrderState.DONE
