"""Photos of a report that is still being written: one by one, by the draft's key, for a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.clock.moment import now
from cases.models import Complaint, File
from cases.services import files
from tests.cast import Cast
from tests.portal.conftest import Photo
from tests.portal.test_report import begin, finish, key_in, page, place

pytestmark = pytest.mark.django_db


def folder_count() -> int:
    root = Path(settings.MEDIA_ROOT) / files.FOLDER
    return len(list(root.iterdir())) if root.exists() else 0


def test_a_photo_is_kept_at_once_and_taken_out_for_good(resident: Client, photo: Photo) -> None:
    key = key_in(page(resident, "/report/"))
    answer = resident.post("/report/photos/", {"client_key": key, "photos": photo()})
    assert answer.status_code == 201
    assert "<figure" in answer.content.decode()
    stored = File.objects.get()
    again = resident.post("/report/photos/", {"client_key": key, "photos": photo()})
    assert again.status_code == 200  # the same, shown once more
    assert f'value="{stored.pk}"' in again.content.decode()
    assert File.objects.get() == stored
    assert f'value="{stored.pk}"' in page(resident, "/report/")
    assert resident.post("/report/photos/", {"client_key": key, "remove": stored.pk}).status_code == 204
    assert not File.objects.exists()
    assert folder_count() == 0


def test_a_refused_photo_says_why_in_words(resident: Client) -> None:
    answer = resident.post("/report/photos/", {"photos": SimpleUploadedFile("演示.jpg", b"text", "image/jpeg")})
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/plain")
    assert "JPEG" in answer.content.decode()


def test_a_seventh_is_left_out(resident: Client, photo: Photo) -> None:
    key = key_in(page(resident, "/report/"))
    for number in range(6):
        resident.post("/report/photos/", {"client_key": key, "photos": photo(f"#{number}{number}0000")})
    assert resident.post("/report/photos/", {"client_key": key, "photos": photo("#999999")}).status_code == 422
    assert File.objects.count() == 6


def test_a_lost_cookie_loses_no_photo_of_an_open_page(resident: Client, photo: Photo) -> None:
    key = key_in(page(resident, "/report/"))
    resident.post("/report/photos/", {"client_key": key, "photos": photo()})
    resident.cookies.clear()
    begin(resident, client_key=key)
    place(resident)
    finish(resident, key_in(page(resident, "/report/send/")))
    assert Complaint.objects.get().attachments.count() == 1


def test_a_later_step_without_its_draft_is_kept_and_said(resident: Client) -> None:
    answer = place(resident)
    assert answer.headers["Location"] == "/report/"
    html = page(resident, "/report/")
    assert "Cookie" in html
    begin(resident)
    assert "演示路口往东" in page(resident, "/report/where/")


def test_a_strangers_key_is_no_way_to_a_sent_photo(resident: Client, photo: Photo) -> None:
    key = key_in(page(resident, "/report/"))
    begin(resident, client_key=key, photos=photo())
    place(resident)
    finish(resident, key)
    stored = File.objects.get()
    Client().post("/report/photos/", {"client_key": key, "remove": stored.pk})
    assert File.objects.filter(pk=stored.pk).exists()


def test_the_sweep_takes_what_nobody_sent(resident: Client, cast: Cast, photo: Photo) -> None:
    begin(resident, photos=[photo("red"), photo("blue")])
    old, young = File.objects.order_by("pk")
    assert files.files_drop_abandoned() == 0
    File.objects.filter(pk=old.pk).update(uploaded_at=now() - timedelta(hours=25))
    staff = files.file_store(actor=cast.act(cast.leader), upload=photo("green"))
    File.objects.filter(pk=staff.pk).update(uploaded_at=now() - timedelta(days=9))
    assert files.files_drop_abandoned() == 1
    assert set(File.objects.values_list("pk", flat=True)) == {young.pk, staff.pk}
    assert folder_count() == 2


def test_switches_of_a_step_keep_what_was_typed(resident: Client, photo: Photo) -> None:
    answer = begin(resident, look="language:en", photos=photo())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/report/")
    html = page(resident, "/report/")
    assert "What do you see?" in html
    assert "演示·夜里冒烟" in html
    assert File.objects.count() == 1
    begin(resident, look="elder:1")
    assert 'data-mode="elder"' in page(resident, "/report/")
    begin(resident, look="elder:maybe")
    assert 'data-mode="elder"' in page(resident, "/report/")
