"""Three steps without an account: nothing typed is lost, two sendings are one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, CaseStage, Complaint, File, Identity, Source, Urgency
from cases.services import identity
from tests.cast import LAT, LNG, Cast
from tests.portal.conftest import Photo

pytestmark = pytest.mark.django_db
PHONE, NAME = "13800000000", "演示·居民甲"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get("Location")
    return answer.content.decode()


def begin(client: Client, **more: Any) -> Any:
    return client.post("/report/", {"kinds": ["barbecue", "noise"], "text": "演示·夜里冒烟", "when": "now", **more})


def place(client: Client, **more: Any) -> Any:
    return client.post("/report/where/", {"address": "演示路口往东", **more})


def key_in(html: str) -> str:
    found = re.search(r'name="client_key" value="([0-9a-f]{32})"', html)
    assert found
    return found.group(1)


def to_the_last_step(client: Client, **where: Any) -> str:
    """The key of the draft, standing at step 3."""
    assert begin(client).headers["Location"] == "/report/where/"
    assert place(client, **where).headers["Location"] == "/report/send/"
    return key_in(page(client, "/report/send/"))


def finish(client: Client, key: str, **more: Any) -> Any:
    return client.post("/report/send/", {"client_key": key, "keep_secret": "on", **more})


def test_three_steps_make_a_complaint_with_its_photos(resident: Client, cast: Cast, photo: Photo) -> None:
    answer = begin(resident, photos=[photo("red"), photo("blue")], danger="on")
    assert answer.headers["Location"] == "/report/where/"
    assert File.objects.count() == 2  # stored at once, before anything is sent
    place(resident, target=cast.target.pk)
    html = page(resident, "/report/send/")
    assert cast.target.name in html
    assert "演示·夜里冒烟" in html
    done = finish(resident, key_in(html), phone=PHONE, name=NAME)
    assert done.headers["Location"] == "/report/done/"
    made = Complaint.objects.get()
    assert (made.source, made.urgency, made.keep_secret) == (Source.PORTAL, Urgency.URGENT, True)
    assert made.text.endswith("演示·夜里冒烟")
    assert "烧烤" in made.text
    assert (made.target, made.street) == (cast.target, cast.target.street)
    assert made.attachments.count() == 2
    assert Case.objects.get().stage == CaseStage.RECEIVED
    kept = Identity.objects.get()
    assert (made.identity, kept.masked_phone) == (kept, "138****0000")
    shown = resident.get("/report/done/")
    token = identity.token_new(key_in(html))[0]
    assert made.token_hash == identity.token_hash(token)
    assert f"/t/{token}/" in shown.content.decode()
    assert made.reference in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert shown["Referrer-Policy"] == "same-origin"
    assert resident.get(f"/t/{token}/code.svg")["Content-Type"] == "image/svg+xml"


def test_without_name_and_phone_nobody_is_kept(resident: Client) -> None:
    finish(resident, to_the_last_step(resident))
    assert Complaint.objects.get().identity is None


def test_two_sendings_are_one(resident: Client) -> None:
    key = to_the_last_step(resident)
    assert finish(resident, key).headers["Location"] == "/report/done/"
    first = page(resident, "/report/done/")
    # the way back in the browser shows the old page; its button sends again
    assert finish(resident, key).headers["Location"] == "/report/done/"
    assert resident.get("/report/send/").headers["Location"] == "/report/done/"
    assert Complaint.objects.count() == 1
    link = re.compile(r"/t/[\w-]+/")
    assert link.findall(page(resident, "/report/done/")) == link.findall(first)
    # a new report in the same browser is a new one, even when it begins on an old page
    assert begin(resident, client_key=key).headers["Location"] == "/report/where/"
    place(resident)
    again = key_in(page(resident, "/report/send/"))
    assert again != key
    finish(resident, again)
    assert Complaint.objects.count() == 2


def test_an_error_keeps_words_and_photos(resident: Client, photo: Photo) -> None:
    wrong = resident.post(
        "/report/", {"text": " ", "when": "before", "occurred_at": "2999-01-01T10:00", "photos": photo()}
    )
    assert wrong.status_code == 422
    stored = File.objects.get()
    assert f'name="remove" value="{stored.pk}"' in wrong.content.decode()
    assert "2999-01-01T10:00" in page(resident, "/report/")
    assert begin(resident).headers["Location"] == "/report/where/"
    empty = place(resident, address="", party_name="")
    assert empty.status_code == 422
    place(resident)
    half = finish(resident, key_in(page(resident, "/report/send/")), phone="13", name=NAME)
    assert half.status_code == 422
    assert NAME in half.content.decode()
    assert not Complaint.objects.exists()
    finish(resident, key_in(half.content.decode()), phone=PHONE)
    assert Complaint.objects.get().attachments.get().file == stored


def test_a_bad_photo_is_named_and_a_good_one_stays(resident: Client, photo: Photo) -> None:
    text = SimpleUploadedFile("演示.jpg", b"no photo at all", "image/jpeg")
    answer = begin(resident, photos=[photo(), text])
    assert answer.status_code == 422
    assert File.objects.count() == 1
    assert "演示·夜里冒烟" in answer.content.decode()


def test_a_photo_is_kept_once_and_taken_out_by_its_button(resident: Client, photo: Photo) -> None:
    key = key_in(page(resident, "/report/"))
    for _time in range(2):
        begin(resident, photos=photo(), client_key=key)
    stored = File.objects.get()
    assert begin(resident, remove=stored.pk).headers["Location"] == "/report/"
    html = page(resident, "/report/")
    assert 'name="remove"' not in html
    assert "演示·夜里冒烟" in html


def test_a_strangers_photo_cannot_be_claimed(resident: Client, cast: Cast, photo: Photo) -> None:
    begin(resident, photos=photo())
    other = Client()
    begin(other, remove=File.objects.get().pk)
    assert 'name="remove"' in page(resident, "/report/")
    assert 'name="remove"' not in page(other, "/report/")


def test_the_way_back_keeps_the_phone_out_of_the_session(resident: Client) -> None:
    key = to_the_last_step(resident)
    back = finish(resident, key, phone=PHONE, name=NAME, go="what")
    assert back.headers["Location"] == "/report/"
    assert PHONE not in str(dict(resident.session.items()))
    assert NAME not in str(dict(resident.session.items()))
    assert PHONE in page(resident, "/report/send/")
    assert not Complaint.objects.exists()


def test_the_register_answers_with_names_and_addresses_only(resident: Client, cast: Cast) -> None:
    cast.target.phone, cast.target.person_in_charge = "13900000000", "演示·店主"
    cast.target.save()
    html = page(resident, f"/report/where/parties/?party_name={cast.target.name[:4]}")
    assert cast.target.name in html
    assert "13900000000" not in html
    assert "演示·店主" not in html
    assert "<html" not in html
    assert cast.target.name not in page(resident, f"/report/where/parties/?party_name={cast.target.name[:1]}")
    begin(resident)
    found = resident.post("/report/where/", {"party_name": cast.target.name[:4], "find": "1"})  # no JavaScript
    assert cast.target.name in found.content.decode()


def test_a_position_says_the_street_where_outlines_are_known(resident: Client, cast: Cast) -> None:
    key = to_the_last_step(resident, lat=LAT, lng=LNG, accuracy=12, street=cast.other_street.pk)
    finish(resident, key)
    made = Complaint.objects.get()
    assert (made.street, made.lat, made.accuracy_m) == (cast.street, LAT, 12)


def test_the_chosen_street_counts_without_a_position(resident: Client, cast: Cast) -> None:
    finish(resident, to_the_last_step(resident, street=cast.other_street.pk))
    assert Complaint.objects.get().street == cast.other_street


def test_steps_are_not_skipped(resident: Client) -> None:
    for path in ("/report/where/", "/report/send/", "/report/done/"):
        assert resident.get(path).status_code == 302
    begin(resident)
    assert resident.get("/report/send/").headers["Location"] == "/report/where/"


def test_clearing_forgets_draft_and_link(resident: Client, photo: Photo) -> None:
    begin(resident, photos=photo())
    assert "report" in page(resident, "/report/clear/")  # asks first
    assert "演示·夜里冒烟" in page(resident, "/report/")
    resident.post("/report/clear/")
    assert "演示·夜里冒烟" not in page(resident, "/report/")
    finish(resident, to_the_last_step(resident))
    resident.post("/report/clear/")
    assert resident.get("/report/done/").headers["Location"] == "/"


def test_too_many_sendings_wait_and_lose_nothing(resident: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = to_the_last_step(resident)
    monkeypatch.setattr(cache, "incr", lambda _key: 10_000)
    answer = finish(resident, key, name=NAME)
    assert answer.status_code == 429
    assert NAME in answer.content.decode()
    monkeypatch.undo()
    assert finish(resident, key, name=NAME).headers["Location"] == "/report/done/"


def test_the_report_remembers_its_language(resident: Client) -> None:
    resident.cookies["django_language"] = "en"
    html = page(resident, "/report/")
    assert "What do you see?" in html
    finish(resident, to_the_last_step(resident))
    made = Complaint.objects.get()
    assert made.language == "en"
    assert made.text.startswith("Barbecue, Noise: ")
