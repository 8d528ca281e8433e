"""The field as an app: manifest, the page without a signal, photos ahead of their forms, the urgent call."""

from __future__ import annotations

import json

from django.test import Client
from django.urls import reverse

from cases.models import Answer, Case, CaseStage, Deadline, DeadlineKind, DeadlineState, File, Finding, TargetKind
from tests.cast import LAT, LNG, Cast, unchanged
from tests.field.conftest import Phone, picture
from tests.field.test_ruling import patrol_form
from tests.field.test_visit import HTMX, item_url, on_scene
from tests.onscene import part_of
from tests.stage import issued_order


def test_the_manifest_speaks_the_phones_language(client: Client, db: None) -> None:
    url = reverse("field:manifest")
    names = set()
    for language in ("zh-hans", "en"):
        answer = client.get(url, headers={"Accept-Language": language})
        body = json.loads(answer.content)
        names.add(body["name"])
        assert body["start_url"] == body["scope"] == "/field/"
        assert {icon["purpose"] for icon in body["icons"]} == {"any", "maskable"}
        assert answer["Content-Type"] == "application/manifest+json"
    assert len(names) == 2


def test_the_page_without_a_signal_is_the_same_for_everybody(cast: Cast, phone: Phone, client: Client) -> None:
    page = client.get(reverse("field:offline"))
    assert page.status_code == 200
    assert reverse("field:offline") in client.get(reverse("field:worker")).content.decode()
    assert cast.leader.name not in phone(cast.leader).get(reverse("field:offline")).content.decode()


def kept(client: Client, color: str = "red", key: str = "abc") -> str:
    answer = client.post(reverse("field:photo"), {"photo": picture(color), "key": key})
    assert answer.status_code == 200
    return str(answer.json()["kept"])


def test_a_photo_goes_ahead_and_the_answer_names_it(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market")
    client = phone(cast.market_officers[0])
    first = kept(client)
    assert kept(client) == first  # sent twice: one photo
    assert File.objects.count() == 1
    sent = {"result": "yes", "photo_key": "abc", "kept": [first]}
    for _again in range(2):
        assert client.post(item_url(order, "MK-02"), sent, headers=HTMX).status_code == 200
    assert [row.file.client_key for row in Answer.objects.get().attachments.all()] == [first]


def test_a_photo_of_somebody_else_cannot_be_named(cast: Cast, phone: Phone) -> None:
    order = on_scene(cast, "market")
    foreign = kept(phone(cast.urban_officers[0]))
    sent = {"result": "yes", "photo_key": "x", "kept": [foreign]}
    phone(cast.market_officers[0]).post(item_url(order, "MK-01"), sent, headers=HTMX)
    assert Answer.objects.get().attachments.count() == 0


def test_what_is_no_photo_is_said_at_once(cast: Cast, phone: Phone) -> None:
    client = phone(cast.grid_worker)
    with unchanged():
        assert client.post(reverse("field:photo"), {"key": "a"}).status_code == 422
        broken = picture()
        broken.seek(0)
        broken.write(b"not a picture")
        broken.seek(0)
        answer = client.post(reverse("field:photo"), {"key": "a", "photo": broken})
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_photos_survive_a_refused_form(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    photo = kept(client)
    refused = client.post(reverse("field:patrol"), patrol_form(cast, officers=[], kept=[photo]))
    assert refused.status_code == 422
    assert f'name="kept" value="{photo}"' in refused.content.decode()
    client.post(reverse("field:patrol"), patrol_form(cast, kept=[photo]))
    assert Finding.objects.get().attachments.count() == 1


def test_an_urgent_call_stands_on_every_page_until_it_is_taken(cast: Cast, phone: Phone) -> None:
    order = issued_order(cast, urgency="urgent")
    part = part_of(order, cast, "market")
    client = phone(cast.market_officers[0])
    mark = f'data-whistle="{part.pk}"'
    for name in ("notices", "me", "whistle", "today"):
        assert mark in client.get(reverse(f"field:{name}")).content.decode()
    assert "data-whistle" not in phone(cast.auxiliary).get(reverse("field:whistle")).content.decode()
    assert "data-whistle" not in phone(cast.fire_officers[0]).get(reverse("field:whistle")).content.decode()
    discreet = client.get(reverse("field:whistle"), {"discreet": "1"}).content.decode()
    assert mark in discreet
    assert order.target.name not in discreet  # the party of another visit is looking
    taken = client.post(reverse("field:acknowledge", args=[part.pk]), {"stay": "1"}, headers=HTMX)
    assert taken["HX-Redirect"] == reverse("field:part", args=[part.pk])
    assert "data-whistle" not in client.get(reverse("field:whistle")).content.decode()


def quick(cast: Cast, **more: object) -> dict[str, object]:
    return patrol_form(cast, outcome="", reason="", text="", **more)


def test_a_patrols_finding_needs_no_decision_and_no_words(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    answer = client.post(reverse("field:patrol"), quick(cast), headers={"Accept-Language": "en"})
    finding = Finding.objects.get()
    assert answer["Location"] == reverse("field:finding", args=[finding.pk])
    assert finding.text == cast.categories["05-07"].name
    assert Case.objects.get().stage == CaseStage.RULING
    running = Deadline.objects.get(finding=finding, kind=DeadlineKind.RULING)
    assert running.state == DeadlineState.RUNNING
    assert answer["Location"] in client.get(reverse("field:today")).content.decode()
    assert client.get(answer["Location"]).status_code == 200


def test_where_nobody_is_registered_the_place_is_recorded(cast: Cast, phone: Phone) -> None:
    client = phone(cast.leader)
    assert client.post(reverse("field:patrol"), quick(cast, target="", lat=LAT + 0.003)).status_code == 302
    target = Finding.objects.get().visit.order.target
    assert (target.kind, target.lat, target.lng) == (TargetKind.PLACE, LAT + 0.003, LNG)
    with unchanged():
        nowhere = client.post(reverse("field:patrol"), quick(cast, target="", lat="", lng="", client_key="other"))
    assert nowhere.context["form"].errors["target"]


def test_the_party_at_whose_door_the_phone_stands_is_chosen(cast: Cast, phone: Phone) -> None:
    client, url = phone(cast.leader), reverse("field:parties")
    at_the_door = client.get(url, {"lat": str(LAT), "lng": str(LNG), "accuracy": "8"}).content.decode()
    assert f'value="{cast.target.pk}" checked' in at_the_door
    away = client.get(url, {"lat": str(LAT + 0.0015), "lng": str(LNG), "accuracy": "8"}).content.decode()
    assert 'id="target-here" value="" checked' in away
    assert away.count(" checked") == 1
