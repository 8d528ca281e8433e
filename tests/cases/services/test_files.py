"""Photos: judged by content, kept as they came, shown only as a clean copy."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client, override_settings
from PIL import Image

from cases.models import AttachmentRole, File, FileState
from cases.services import files, intake
from teams.policies import RESIDENT
from tests.cast import Cast, make_cast, refused


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (180, 60, 40)).save(out, kind, **options)
    return out.getvalue()


def upload(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def folders() -> list[Path]:
    root = Path(settings.MEDIA_ROOT) / "private"
    return list(root.iterdir()) if root.exists() else []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_a_photo_is_kept_as_it_came_and_shown_as_a_copy(kind: str) -> None:
    data = photo(kind)
    file = files.file_store(actor=RESIDENT, upload=upload(data, "anything.exe"))
    assert (file.width, file.height, file.size) == (64, 48, len(data))
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert file.state == FileState.STORED
    assert files.name_of(file) is None
    assert files.file_reencode(file.pk)
    assert files.file_reencode(file.pk), "safe twice"
    file.refresh_from_db()
    assert file.state == FileState.READY
    shown = Path(settings.MEDIA_ROOT) / (files.name_of(file) or "")
    assert Image.open(shown).format == "JPEG"
    assert Image.open(Path(settings.MEDIA_ROOT) / (files.name_of(file, small=True) or "")).size[0] <= 480
    folder = Path(settings.MEDIA_ROOT) / files.folder_of(file.key)
    assert sorted(path.name for path in folder.iterdir())[1:] == ["shown.jpg", "small.jpg"]


@pytest.mark.django_db
def test_a_full_disk_is_said_and_leaves_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = uuid.uuid4()
    folder = Path(settings.MEDIA_ROOT) / files.folder_of(key.hex)

    def full() -> None:
        folder.mkdir(parents=True)
        (folder / f".original.jpg.{os.getpid()}").symlink_to("/dev/full")  # the kernel's own "no space left on device"

    with monkeypatch.context() as there:
        there.setattr(uuid, "uuid4", lambda: key)
        full()
        with refused("no_room"):
            files.file_store(actor=RESIDENT, upload=upload(photo()))
        full()
        answer = client.post("/report/photos/", {"photos": upload(photo())}, headers={"Accept-Language": "en"})
        assert answer.status_code == 507
        assert "Send the photo again later" in answer.content.decode()
    assert not File.objects.exists()
    assert not folders()
    assert client.post("/report/photos/", {"photos": upload(photo())}).status_code == 201


@pytest.mark.django_db
def test_a_disk_that_takes_no_copy_condemns_no_photo() -> None:
    file = files.file_store(actor=RESIDENT, upload=upload(photo()))
    in_the_way = Path(settings.MEDIA_ROOT) / files.folder_of(file.key) / f".shown.jpg.{os.getpid()}"
    in_the_way.mkdir()
    with pytest.raises(OSError, match="directory"):
        files.file_reencode(file.pk)
    file.refresh_from_db()
    assert file.state == FileState.STORED
    in_the_way.rmdir()
    assert files.files_reencode_due() == 1


@pytest.mark.django_db
def test_the_copy_is_upright_small_and_without_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "maker of the phone"
    exif.get_ifd(0x8769)[36867] = "2026:07:01 21:30:00"
    file = files.file_store(actor=RESIDENT, upload=upload(photo(size=(3000, 1000), exif=exif)))
    files.file_reencode(file.pk)
    file.refresh_from_db()
    with Image.open(Path(settings.MEDIA_ROOT) / (files.name_of(file) or "")) as copy:
        assert copy.size == (683, 2048)
        assert not dict(copy.getexif())
    assert file.taken_at is not None
    assert file.taken_at.isoformat() == "2026-07-01T13:30:00+00:00"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"<svg onload=alert(1)>", "file_kind"),
        (b"%PDF-1.7 paper", "file_kind"),
        (b"\x00\x00\x00\x18ftypheic" + b"\0" * 32, "file_unreadable"),
        (b"\x00\x00\x00\x18ftyphevc" + b"\0" * 32, "file_kind"),
        (b"\xff\xd8\xff" + os.urandom(64), "file_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "file_unreadable"),
        (b"\xff\xd8\xff" + b"\0" * files.MAX_BYTES, "file_too_large"),
    ],
    ids=["empty", "script", "paper", "heic", "film", "noise", "header only", "too large"],
)
def test_what_is_no_photo_is_refused_and_leaves_no_file(data: bytes, code: str) -> None:
    with refused(code, status=422):
        files.file_store(actor=RESIDENT, upload=upload(data))
    assert not folders()


@pytest.mark.django_db
def test_a_photo_of_too_many_pixels_is_refused_by_its_header() -> None:
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with refused("file_too_large"):
        files.file_store(actor=RESIDENT, upload=upload(out.getvalue()))


@pytest.mark.django_db
def test_a_phone_s_own_format_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    file = files.file_store(actor=RESIDENT, upload=upload(photo("HEIF", (320, 160), exif=exif.tobytes())))
    assert file.content_type == "image/heic"
    assert files.file_reencode(file.pk)
    with Image.open(Path(settings.MEDIA_ROOT) / (files.name_of(File.objects.get()) or "")) as copy:
        assert (copy.format, copy.size) == ("JPEG", (160, 320))
        assert not dict(copy.getexif())


@pytest.mark.django_db
def test_a_photo_that_breaks_later_says_so_and_is_not_tried_again() -> None:
    data = photo(size=(800, 800))
    file = files.file_store(actor=RESIDENT, upload=upload(data[: len(data) // 3]))
    assert not files.file_reencode(file.pk)
    file.refresh_from_db()
    assert file.state == FileState.BROKEN
    assert files.files_reencode_due() == 0


@pytest.mark.django_db
def test_the_sweep_makes_every_waiting_copy() -> None:
    for _turn in range(3):
        files.file_store(actor=RESIDENT, upload=upload(photo()))
    assert files.files_reencode_due(limit=2) == 2
    assert files.files_reencode_due() == 1


def test_a_photo_belongs_to_one_report_only(cast: Cast) -> None:
    file = files.file_store(actor=RESIDENT, upload=upload(photo()))
    made = intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="占道", files=[file])
    assert files.files_of(complaint=made.complaint) == [file]
    with refused("file_taken"):
        intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="再发", files=[file])
    assert files.attach(file=file, complaint=made.complaint) == files.attach(file=file, complaint=made.complaint)
    files.attach(file=file, role=AttachmentRole.BEFORE, case=made.case)
    with pytest.raises(TypeError):
        files.attach(file=file, case=made.case, complaint=made.complaint)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_one_key_sent_twice_at_once_is_one_file() -> None:
    make_cast()
    data, gate = photo(), Barrier(3)
    kept: list[int] = []

    def send() -> None:
        try:
            gate.wait()
            kept.append(files.file_store(actor=RESIDENT, upload=upload(data), client_key="one-photo").pk)
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 3
    assert len(set(kept)) == File.objects.count() == len(folders()) == 1
