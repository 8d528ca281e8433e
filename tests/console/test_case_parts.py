"""The case page's own drawing: words in the timeline, what lies around, photos before and after, the print."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from PIL import Image

from cases.models import Case, CaseNote, Order, Setting
from cases.selectors.pictures import AFTER, TOLD, VISIT, Picture, pairs_of
from cases.selectors.related import related
from cases.services import casefile, files, intake
from dispatch.console.case_parts import STORY_OPEN
from tests.cast import LAT, LNG, Cast, unchanged
from tests.console.conftest import Login, complaint
from tests.console.test_case import page
from tests.onscene import all_finish, all_there, close
from tests.stage import issued_order, planned_case


@pytest.fixture
def media(tmp_path: Any) -> Any:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


def shot(name: str) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (40, 60, 80)).save(out, "JPEG")
    return SimpleUploadedFile(f"{name}.jpg", out.getvalue(), content_type="image/jpeg")


def test_lines_and_notes_stand_in_the_timeline(cast: Cast, login: Login) -> None:
    case, told, _token = complaint(cast)
    office = cast.act(cast.dispatcher)
    casefile.case_note(actor=office, case_id=case.pk, text="演示·先打电话")
    intake.line_write(actor=office, complaint_id=told.pk, text="演示·今晚去看")
    said = page(login(cast.dispatcher), case)
    story = said[said.index('id="case-story"') :]
    assert "演示·先打电话" in story
    assert "To Complainant A: 演示·今晚去看" in story
    assert "not read yet" in said


def test_a_long_story_is_folded(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    office = cast.act(cast.dispatcher)
    for n in range(STORY_OPEN + 3):
        casefile.case_note(actor=office, case_id=case.pk, text=f"演示·{n}")
    said = page(login(cast.dispatcher), case)
    earlier = said[said.index('id="story-earlier"') :]
    assert "4 earlier entries" in earlier
    assert "Case received" in earlier


def test_the_same_note_sent_twice_is_one(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    url = reverse("console:case_note", args=[case.pk])
    client = login(cast.dispatcher)
    client.post(url, {"text": "演示·一次", "client_key": "n1"})
    with unchanged():
        client.post(url, {"text": "演示·一次", "client_key": "n1"})
    assert CaseNote.objects.count() == 1


def test_what_lies_around(cast: Cast, login: Login) -> None:
    order = issued_order(cast)
    all_there(cast, order, ("street", "market", "urban"))
    all_finish(cast, order, ("street", "market", "urban"))
    close(cast, order)
    case, _need = planned_case(cast)
    near, _told, _token = complaint(cast)
    far = intake.complaint_take(
        actor=cast.act(cast.dispatcher), street_id=cast.street.pk, text="演示·远处", lat=LAT + 0.01, lng=LNG
    ).case
    found = related(case, cast.act(cast.dispatcher))
    assert [row.pk for row in found.near] == [near.pk]
    assert len(found.repeats) == 1
    assert [visit.order_id for visit in found.visits] == [order.pk]
    assert related(case, cast.act(cast.outsider)).near == []
    answer = login(cast.dispatcher).get(reverse("console:case_near", args=[case.pk])).json()
    assert [feature["properties"]["id"] for feature in answer["features"]] == [f"case-{near.pk}"]
    assert far.reference not in str(answer)
    assert near.reference in page(login(cast.dispatcher), case)


def test_the_map_shows_the_party_not_where_the_complainant_stood(cast: Cast, login: Login) -> None:
    case, _need = planned_case(cast)
    Case.objects.filter(pk=case.pk).update(lat=LAT + 0.02, lng=LNG)
    near, _told, _token = complaint(cast)
    shown = login(cast.dispatcher).get(reverse("console:case", args=[case.pk])).context["map"]
    assert (shown["lat"], shown["lng"]) == (cast.target.lat, cast.target.lng)
    case.refresh_from_db()
    assert near.pk in [row.pk for row in related(case, cast.act(cast.dispatcher)).near]


@pytest.mark.usefixtures("media")
def test_before_and_after(cast: Cast, login: Login) -> None:
    office = cast.act(cast.dispatcher)
    order = issued_order(cast)
    all_there(cast, order, ("street", "market", "urban"))
    for role in ("photo", "after"):
        photo = files.file_store(actor=office, upload=shot(role))
        files.attach(file=photo, role=role, visit=order.visits.get())
    case = order.needs.get().case
    assert case is not None
    said = page(login(cast.dispatcher), case)
    assert said.count('class="pair"') == 1
    assert said.index("at the visit·") < said.index("put right·")


def test_pairs_are_of_one_item() -> None:
    def one(phase: str, item: int | None, n: int) -> Picture:
        return Picture(n, phase, "", None, item)  # type: ignore[arg-type]

    told, first, second, mended = one(TOLD, None, 1), one(VISIT, 5, 2), one(VISIT, 6, 3), one(AFTER, 5, 4)
    assert pairs_of([told, first, second, mended]) == [(first, mended)]
    assert pairs_of([told, first, one(AFTER, None, 5)]) == [(first, one(AFTER, None, 5))]
    assert pairs_of([told, first]) == []
    assert pairs_of([told, mended]) == [(told, mended)]


def test_words_to_begin_with_are_the_offices(cast: Cast, login: Login) -> None:
    _case, told, _token = complaint(cast)
    url = reverse("console:complaint_line", args=[told.pk])
    client = login(cast.dispatcher)
    assert "We have received your report" in client.get(url).content.decode()
    Setting.objects.create(key="line_phrases", street=cast.street, value=["演示·街道自己的话"])
    said = client.get(url).content.decode()
    assert "演示·街道自己的话" in said
    assert "We have received your report" not in said


def test_five_squads_stand_as_rows_and_on_the_board_as_more(cast: Cast, login: Login) -> None:
    order = issued_order(cast, functions=("market", "urban", "fire", "ecology"))
    case = order.needs.get().case
    assert case is not None
    client = login(cast.dispatcher)
    assert page(client, case).count('class="track"') == 5
    row = client.get(reverse("console:rows", args=["all"]), {"ids": case.pk}).content.decode()
    assert "sq-more" in row
    assert "+2<" in row, "three squads and the rest"


def test_nothing_of_the_complainant_is_printed(cast: Cast, login: Login) -> None:
    """What the style sheet leaves out of the print holds every masked phone and every word of a resident."""
    case, told, _token = complaint(cast)
    intake.line_write(actor=cast.act(cast.dispatcher), complaint_id=told.pk, text="演示·今晚去看")
    said = page(login(cast.dispatcher), case)
    lines = said[said.index('class="block no-print" id="lines"') :]
    assert "139****1234" not in said[: said.index('id="lines"')]
    assert "139****1234" in lines[: lines.index('class="col story"')]
    assert Order.objects.count() == 0
