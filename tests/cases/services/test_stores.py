"""Photos in a bucket: kept, copied, shared, served, backed up and removed as on a disk, and what happens without it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from cases.models import AttachmentRole, File, FileState
from cases.services import casefile, files, sharing
from cases.services.stores import StoreAway, store
from dispatch.backup import _files_pack, _files_unpack
from dispatch.web.files import media_open, media_url
from dispatch.web.metrics import figures
from teams.policies import RESIDENT
from tests.bucket import Door, open_door
from tests.cast import make_cast, refused
from tests.web.conftest import get, own_valkey, web_process

__all__ = ["own_valkey"]


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def picture(color: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), color).save(out, "JPEG")
    return out.getvalue()


def kept(data: bytes | None = None, **more: Any) -> File:
    upload = SimpleUploadedFile("p.jpg", data or picture(), content_type="text/html")
    return files.file_store(actor=RESIDENT, upload=upload, **more)


@pytest.mark.django_db
def test_a_photo_lies_in_the_bucket_whole_and_private(door: Door, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    data = picture()
    file = kept(data, client_key="k")
    assert kept(data, client_key="k") == file, "a second try is the same photo"
    folder = files.folder_of(file.key)
    assert door.objects == {f"street/{folder}/original.jpg": data}
    assert set(door.kinds.values()) == {"application/octet-stream"}, "never what the sender said it was"
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert files.file_reencode(file.pk)
    assert door.names() == [f"{folder}/{name}" for name in ("original.jpg", "shown.jpg", "small.jpg")]
    assert list(store().names()) == door.names(), "over more than one page of names"
    assert not settings.MEDIA_ROOT.exists()
    assert store().room() is None
    assert figures._disk() == []


@pytest.mark.django_db
def test_the_office_shares_and_takes_back(door: Door) -> None:
    cast = make_cast()
    office = cast.act(cast.dispatcher)
    case = casefile.case_open(actor=office, street_id=cast.street.pk, source="office", title="演示")
    photo = kept()
    files.attach(file=photo, role=AttachmentRole.PHOTO, case=case)
    assert files.file_reencode(photo.pk)
    shared = sharing.photo_share(actor=office, case_id=case.pk, file_id=photo.pk, veiled=[0])
    assert f"{files.folder_of(photo.key)}/{shared.shared_copy}-small.jpg" in door.names()
    assert files.name_of_shared(shared) in door.names()
    door.broken = True
    with refused("store_away"):
        sharing.photo_share(actor=office, case_id=case.pk, file_id=photo.pk, veiled=[1])
    door.broken = False
    sharing.photo_withhold(actor=office, case_id=case.pk, file_id=photo.pk)


@pytest.mark.django_db(transaction=True)
def test_what_is_withheld_forgotten_or_dropped_leaves_the_bucket(door: Door) -> None:
    cast = make_cast()
    office = cast.act(cast.dispatcher)
    case = casefile.case_open(actor=office, street_id=cast.street.pk, source="office", title="演示")
    photo = kept()
    files.attach(file=photo, role=AttachmentRole.PHOTO, case=case)
    files.file_reencode(photo.pk)
    sharing.photo_share(actor=office, case_id=case.pk, file_id=photo.pk, veiled=[])
    sharing.photo_withhold(actor=office, case_id=case.pk, file_id=photo.pk)
    assert files.originals_forget(files=File.objects.filter(pk=photo.pk)) == 1
    folder = files.folder_of(photo.key)
    assert door.names() == [f"{folder}/shown.jpg", f"{folder}/small.jpg"]
    begun = kept()
    door.broken = True
    assert not files.file_drop(file_id=begun.pk), "the row stays while the bytes do"
    door.broken = False
    File.objects.filter(pk=begun.pk).update(uploaded_at=timezone.now() - timedelta(days=2))
    assert files.files_drop_abandoned() == 1
    assert door.names() == [f"{folder}/shown.jpg", f"{folder}/small.jpg"]


@pytest.mark.django_db
@pytest.mark.parametrize(("fault", "status", "code"), [("full", 507, "no_room"), ("broken", 503, "store_away")])
def test_a_bucket_that_takes_nothing_is_said_and_leaves_nothing(
    door: Door, client: Client, fault: str, status: int, code: str
) -> None:
    setattr(door, fault, True)
    with refused(code):
        kept()
    upload = SimpleUploadedFile("p.jpg", picture())
    assert client.post("/report/photos/", {"photos": upload}).status_code == status
    assert not File.objects.exists()
    setattr(door, fault, False)
    assert client.post("/report/photos/", {"photos": SimpleUploadedFile("p.jpg", picture())}).status_code == 201


@pytest.mark.django_db
def test_a_bucket_away_condemns_no_photo(door: Door) -> None:
    file = kept()
    door.broken = True
    with pytest.raises(StoreAway):
        files.file_reencode(file.pk)
    file.refresh_from_db()
    assert file.state == FileState.STORED
    door.broken, door.full = False, True
    with pytest.raises(OSError, match="full"):
        files.file_reencode(file.pk)
    door.full = False
    assert files.files_reencode_due() == 1


@pytest.mark.django_db
def test_it_goes_out_by_our_own_signed_link_only(door: Door, own_valkey: Any) -> None:
    file = kept()
    files.file_reencode(file.pk)
    file.refresh_from_db()
    url = media_url(files.name_of(file) or "")
    with web_process(own_valkey.url, **door.variables) as port:
        status, headers, body = get(port, url)
        assert (status, headers["content-type"]) == (200, "image/jpeg")
        assert f"street/{files.name_of(file)}" in door.objects
        assert body == door.objects[f"street/{files.name_of(file)}"]
        assert get(port, url, {"If-None-Match": headers["etag"]})[0] == 304
        asked = len(door.calls)
        assert get(port, re.sub(r"/media/\d+/", "/media/9999999999/", url))[0] == 404
        assert len(door.calls) == asked, "a forged link does not reach the bucket"
        assert get(port, media_url("private/none/shown.jpg"))[0] == 404
        door.broken = True
        assert get(port, url)[0] == 503


def test_a_backup_goes_from_a_disk_into_a_bucket_and_back(door: Door, tmp_path: Path, settings: Any) -> None:
    bucket, disk = settings.STORAGES["default"], {"BACKEND": "cases.services.stores.disk.Disk"}
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "private" / "ab").mkdir(parents=True)
    (settings.MEDIA_ROOT / "private" / "ab" / "shown.jpg").write_bytes(b"picture")
    settings.STORAGES = {**settings.STORAGES, "default": disk}
    _files_pack(tmp_path / "media.tar")
    settings.STORAGES = {**settings.STORAGES, "default": bucket}
    _files_unpack(tmp_path / "media.tar")
    assert door.objects == {"street/private/ab/shown.jpg": b"picture"}
    _files_pack(tmp_path / "again.tar")
    settings.MEDIA_ROOT = tmp_path / "other"
    settings.STORAGES = {**settings.STORAGES, "default": disk}
    _files_unpack(tmp_path / "again.tar")
    assert (tmp_path / "other" / "private" / "ab" / "shown.jpg").read_bytes() == b"picture"


def test_it_is_tried_before_it_is_used(door: Door) -> None:
    assert store().trial() == ""
    assert not door.objects
    door.public = True
    assert "strangers can read" in store().trial()
    door.public, door.broken = False, True
    assert "InvalidAccessKeyId" in store().trial()
    door.broken, door.full = False, True
    assert "full" in store().trial()


def test_a_name_leads_nowhere_else(door: Door) -> None:
    assert media_open("../other/secret.jpg") is None
    assert not door.calls


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"S3_ENDPOINT": "https://store.example"}, "S3_BUCKET is missing"),
        ({"S3_BUCKET": "b", "S3_ACCESS_KEY": "k"}, "go together"),
        ({"S3_BUCKET": "b", "S3_ACCESS_KEY": "k", "S3_SECRET_KEY": "change-me"}, "is a default"),
        ({"S3_BUCKET": "b", "S3_ENDPOINT": "store.example"}, "has to look like"),
        ({"S3_BUCKET": "b", "S3_ADDRESSING": "host"}, "auto, path or virtual"),
    ],
)
def test_half_a_setting_is_refused(given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "dispatch.E015" in done.stderr


def test_who_has_no_bucket_pays_nothing_for_it() -> None:
    code = "import django; django.setup(); import dispatch.urls, sys; print('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
