"""A resident's photo for the squads: only a copy, coarse where the office marked it, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image

from cases.models import Case, CaseStage, Event, File
from cases.services import files, intake, sharing
from teams.policies import RESIDENT
from tests.cast import Cast, refused, unchanged


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


def stripes(size: tuple[int, int]) -> bytes:
    """Fine black and white stripes: what was veiled is grey."""
    image = Image.new("L", size, 255)
    for x in range(0, size[0], 4):
        image.paste(0, (x, 0, x + 2, size[1]))
    out = BytesIO()
    image.convert("RGB").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def told(cast: Cast) -> tuple[Case, File]:
    photo = files.file_store(actor=RESIDENT, upload=SimpleUploadedFile("a.png", stripes((640, 480))))
    case = told_with(cast, photo)
    assert files.file_reencode(photo.pk)
    photo.refresh_from_db()
    return case, photo


def told_with(cast: Cast, photo: File) -> Case:
    case = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="占道", files=[photo]
    ).case
    assert case is not None
    return case


def on_disk(photo: File) -> list[str]:
    folder = Path(settings.MEDIA_ROOT) / files.folder_of(photo.key)
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("shared"))


def contrast(path: Path, box: tuple[int, int, int, int]) -> int:
    with Image.open(path) as image:
        low, high = image.convert("L").crop(box).getextrema()
    return int(high) - int(low)  # type: ignore[arg-type]


def test_squads_get_a_copy_without_what_was_marked(cast: Cast, told: tuple[Case, File]) -> None:
    case, photo = told
    assert files.name_of_shared(photo) is None, "nobody shared it yet"
    shared = sharing.photo_share(actor=cast.act(cast.dispatcher), case_id=case.pk, file_id=photo.pk, veiled=[0, 17, 17])
    assert shared.veiled == [0, 17]
    for small, side in ((False, 40), (True, 30)):
        path = Path(settings.MEDIA_ROOT) / (files.name_of_shared(shared, small=small) or "")
        assert contrast(path, (2, 2, side - 2, side - 2)) < 40, "field 0"
        assert contrast(path, (side + 2, side + 2, 2 * side - 2, 2 * side - 2)) < 40, "field 17"
    kept = Path(settings.MEDIA_ROOT) / (files.name_of_shared(shared) or "")
    assert contrast(kept, (42, 2, 78, 38)) > 150, "field 1 was not marked"
    event = Event.objects.filter(case=case).latest("seq")
    assert (event.kind, event.actor_id) == ("case.photo_shared", cast.dispatcher.pk)
    assert f'"file":{photo.pk}' in event.body
    assert '"veiled":2' in event.body


def test_marked_anew_the_old_copy_goes(cast: Cast, told: tuple[Case, File], django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
    case, photo = told
    actor = cast.act(cast.head)
    with django_capture_on_commit_callbacks(execute=True):
        first = sharing.photo_share(actor=actor, case_id=case.pk, file_id=photo.pk, veiled=[3])
    with django_capture_on_commit_callbacks(execute=True):
        second = sharing.photo_share(actor=actor, case_id=case.pk, file_id=photo.pk, veiled=[3, 4])
    assert first.shared_copy != second.shared_copy
    assert on_disk(photo) == [f"{second.shared_copy}-small.jpg", f"{second.shared_copy}.jpg"]
    with unchanged():
        again = sharing.photo_share(actor=actor, case_id=case.pk, file_id=photo.pk, veiled=[4, 3])
    assert again.shared_copy == second.shared_copy
    assert len(on_disk(photo)) == 2, "no copy is left of an act that changed nothing"
    with django_capture_on_commit_callbacks(execute=True):
        back = sharing.photo_withhold(actor=actor, case_id=case.pk, file_id=photo.pk)
    assert files.name_of_shared(back) is None
    assert back.veiled == [3, 4], "remembered for another time"
    assert on_disk(photo) == []
    assert list(Event.objects.filter(case=case).order_by("-seq").values_list("kind", flat=True)[:3]) == [
        "case.photo_withheld", "case.photo_shared", "case.photo_shared",
    ]  # fmt: skip
    with unchanged():
        sharing.photo_withhold(actor=actor, case_id=case.pk, file_id=photo.pk)


def test_refusals_leave_neither_row_nor_copy(cast: Cast, told: tuple[Case, File]) -> None:
    case, photo = told
    desk = cast.act(cast.dispatcher)
    other = intake.complaint_create(actor=RESIDENT, street_id=cast.street.pk, source="portal", text="噪音").case
    assert other is not None
    with refused("veil_outside", status=422):
        sharing.photo_share(actor=desk, case_id=case.pk, file_id=photo.pk, veiled=[192])
    with refused("not_found", status=404):
        sharing.photo_share(actor=desk, case_id=other.pk, file_id=photo.pk, veiled=[])
    with refused("not_found", status=404):
        sharing.photo_withhold(actor=desk, case_id=other.pk, file_id=photo.pk)
    for user in (cast.leader, cast.checker, cast.outsider, cast.supervisor, cast.auditor):
        with refused("not_allowed", status=403):
            sharing.photo_share(actor=cast.act(user), case_id=case.pk, file_id=photo.pk, veiled=[])
        with refused("not_allowed", status=403):
            sharing.photo_withhold(actor=cast.act(user), case_id=case.pk, file_id=photo.pk)
    Case.objects.filter(pk=case.pk).update(stage=CaseStage.CLOSED)
    with refused("ended"):
        sharing.photo_share(actor=desk, case_id=case.pk, file_id=photo.pk, veiled=[])
    assert on_disk(photo) == []


def test_a_photo_that_waits_for_its_copy_is_not_shared(cast: Cast) -> None:
    photo = files.file_store(actor=RESIDENT, upload=SimpleUploadedFile("a.png", stripes((64, 48))))
    case = told_with(cast, photo)
    with refused("photo_waits", status=409):
        sharing.photo_share(actor=cast.act(cast.dispatcher), case_id=case.pk, file_id=photo.pk, veiled=[])
