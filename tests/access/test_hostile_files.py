"""Hostile files at every door that takes files: refused with a reason and without a trace, or shown as a clean copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from cases.models import File, FileState
from cases.refusals import Refused
from cases.services import files, imports, partyfiles
from teams.policies import RESIDENT
from teams.services.areas_import import areas_import
from tests.access import hostile_files as hostile
from tests.cast import Cast, snapshot, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


def left() -> list[str]:
    """Files that lie about."""
    return [str(path) for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def upload(data: bytes, name: str = "演示.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)


def test_what_is_no_photo_is_refused(cast: Cast) -> None:
    before, wrong = snapshot(), list[str]()
    for name, data in hostile.no_photos().items():
        try:
            files.file_store(actor=RESIDENT, upload=upload(data))
        except Refused as refused:
            if refused.status != 422 or not str(refused):
                wrong.append(f"{name}: {refused.status} {refused}")
        else:
            wrong.append(f"{name}: was taken")
            File.objects.all().delete()
    assert not wrong, "\n".join(["", *wrong])
    assert snapshot() == before
    assert not left()


def test_the_portal_says_why(cast: Cast) -> None:
    photos = hostile.no_photos()
    for name in (
        "nothing",
        "page",
        "drawing",
        "gif that is a script",
        "jpeg: 65,000 by 65,000",
        "heic",
        "program of Windows",
    ):
        browser = Client()
        with unchanged():
            answer = browser.post("/report/photos/", {"photos": upload(photos[name])})
        assert answer.status_code in (302, 422), name
        said = browser.post("/report/", {"kinds": ["noise"], "when": "now", "photos": upload(photos[name])})
        assert said.status_code in (302, 422), name
        assert not File.objects.exists(), name


def test_a_photo_that_is_more_is_shown_clean_or_not_at_all() -> None:
    wrong: list[str] = []
    for name, data in hostile.photos_with_more().items():
        try:
            file = files.file_store(actor=RESIDENT, upload=upload(data))
        except Refused:  # its decoder stumbled at once: as good
            continue
        ready = files.file_reencode(file.pk)
        file.refresh_from_db()
        if not ready:
            if file.state != FileState.BROKEN or files.name_of(file):
                wrong.append(f"{name}: {file.state}")
            continue
        for small in (False, True):
            shown = (Path(settings.MEDIA_ROOT) / (files.name_of(file, small=small) or "")).read_bytes()
            if b"script" in shown or b"PK\x03\x04" in shown or b"%PDF" in shown or b"Exif" in shown:
                wrong.append(f"{name}: shown with what it brought")
    assert not wrong, "\n".join(["", *wrong])
    assert files.files_reencode_due() == 0, "none of them is tried again"


@pytest.mark.parametrize("door", [imports.run_create, partyfiles.run_create], ids=["hotline", "parties"])
def test_what_is_no_table_is_refused(door: Any, cast: Cast) -> None:
    before, wrong, actor = snapshot(), list[str](), cast.act(cast.dispatcher)
    for name, data in hostile.no_tables().items():
        try:
            door(actor=actor, street_id=cast.street.pk, upload=upload(data, "演示.xlsx", ""))
        except Refused as refused:
            if refused.status != 422 or not str(refused):
                wrong.append(f"{name}: {refused.status} {refused}")
        except Exception as error:
            wrong.append(f"{name}: {error!r}")
        else:
            wrong.append(f"{name}: was taken")
    assert not wrong, "\n".join(["", *wrong])
    assert snapshot() == before
    assert not left()


@pytest.mark.parametrize("door", ["console:imports", "console:party_files"])
def test_the_office_reads_why(door: str, cast: Cast) -> None:
    desk = Client()
    desk.force_login(cast.dispatcher)
    tables = hostile.no_tables()
    for name in (
        "nothing",
        "old workbook",
        "workbook that swells",
        "workbook that laughs",
        "photo",
        "UTF-16",
        "page called table",
    ):
        with unchanged():
            answer = desk.post(
                reverse(door), {"street": cast.street.pk, "file": upload(tables[name], "../../演示.xlsx", "text/csv")}
            )
        assert answer.status_code == 422, name
        assert "errorlist" in answer.content.decode() or 'role="alert"' in answer.content.decode(), name
    assert not left()


def test_what_is_no_area_is_refused(cast: Cast) -> None:
    actor, before, wrong = cast.act(cast.system_admin), snapshot(), list[str]()
    for name, text in hostile.no_areas().items():
        try:
            report = areas_import(actor=actor, text=text, datum="wgs84", dry_run=False, reason="演示")
        except Refused as refused:
            if not str(refused):
                wrong.append(f"{name}: without a reason")
        except Exception as error:
            wrong.append(f"{name}: {error!r}"[:300])
        else:
            if report.good or not all(row.fault for row in report.rows):
                wrong.append(f"{name}: was taken")
    assert not wrong, "\n".join(["", *wrong])
    assert snapshot() == before


def test_the_door_for_areas_reads_any_bytes(cast: Cast) -> None:
    admin = Client()
    admin.force_login(cast.system_admin)
    for data in (b"\xff\xfe\0", hostile.image(), b"[" * 100_000, json.dumps({"features": [{}]}).encode("utf-16")):
        with unchanged():
            answer = admin.post(
                reverse("console:admin_area_file"),
                {"file": upload(data, "a.geojson", ""), "datum": "wgs84", "reason": "演示", "apply": "1"},
            )
        assert answer.status_code in (200, 409, 422)


def test_there_are_enough_of_them() -> None:
    kinds = (hostile.no_photos(), hostile.no_tables(), hostile.no_areas(), hostile.photos_with_more())
    assert len(kinds[0]) >= 60
    assert sum(len(kind) for kind in kinds) >= 140
