"""One person's data: handed out by the head of office, erased by the security administrator, gone in time."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from cases.clock.moment import now
from cases.models import Case, Complaint, Event, File, Identity, IdentityLookup, Setting
from cases.selectors.tracking import track_by_phone
from cases.services import erasure, files, identity, intake, retention
from dispatch.notify.audience import notices
from dispatch.notify.people import People
from teams.models import Role
from teams.policies import RESIDENT, Actor
from tests.cast import Cast, person, refused, unchanged

PHONE, TEXT = "13900007777", "演示·油烟很大，请打13900007777，我住3号楼2单元501室"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def secadmin(cast: Cast) -> Actor:
    return cast.act(person("secadmin", "安全管理员", Role.SECURITY_ADMIN))


def photo() -> File:
    made = Image.new("RGB", (60, 40), "white")
    exif = made.getexif()
    exif[0x010E] = "演示·EXIF"
    out = Path(str(settings.MEDIA_ROOT)) / "p.jpg"
    made.save(out, "JPEG", exif=exif)
    return files.file_store(actor=RESIDENT, upload=SimpleUploadedFile("p.jpg", out.read_bytes()))


def report(street_id: int, phone: str = PHONE, **more: Any) -> Complaint:
    return intake.complaint_create(
        actor=RESIDENT, street_id=street_id, source="portal", text=TEXT, name="演示·某甲", phone=phone, **more
    ).complaint


def originals() -> list[Path]:
    return list(Path(str(settings.MEDIA_ROOT)).rglob("original.*"))


def test_the_person_goes_and_the_case_stays(
    cast: Cast, secadmin: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    mine = report(cast.street.pk, files=[photo()])
    second = report(cast.other_street.pk)
    other = report(cast.street.pk, phone="13900008888")
    case = Case.objects.get(complaints=mine)
    found = erasure.person_find(actor=secadmin, text="139 0000 7777", right="identity.erase")
    assert [one.pk for one in found] == [second.pk, mine.pk], "over all streets"
    lookup = IdentityLookup.objects.get()
    assert (lookup.purpose, lookup.found) == ("erase", 2)
    assert erasure.person_find(actor=secadmin, text=mine.reference.lower(), right="identity.erase") == found
    before = case.title, case.stage
    with django_capture_on_commit_callbacks(execute=True):
        assert erasure.identity_erase(actor=secadmin, complaint_ids=[one.pk for one in found], purpose="request") == 2
    for row in Identity.objects.filter(complaints__in=[mine, second]):
        assert row.erased_at is not None
        assert (bytes(row.cipher), row.phone_index, row.masked_name, row.masked_phone) == (b"", "", "", "")
    mine.refresh_from_db()
    assert PHONE not in mine.text
    assert "501" not in mine.text
    assert "油烟很大" in mine.text
    assert originals() == [], "nor what the camera wrote into them"
    file = File.objects.get()
    assert files.name_of(file), "ready"
    assert (Path(str(settings.MEDIA_ROOT)) / files.folder_of(file.key) / files.SHOWN).exists()
    case.refresh_from_db()
    assert (case.title, case.stage) == before
    assert track_by_phone(mine.reference, "7777") is None
    event = Event.objects.get(case=case, kind="case.identity_erased")
    data = json.loads(event.body)["data"]
    assert data == {"complaints": sorted([mine.pk, second.pk]), "purpose": "request"}
    assert PHONE not in "".join(Event.objects.values_list("body", flat=True))
    assert [sorted(one.to) for one in notices(event, People())] == [[cast.auditor.pk]]
    kept = identity.identity_reveal(actor=cast.act(cast.dispatcher), complaint_id=other.pk, purpose="contact")
    assert kept["phone"] == "13900008888", "nobody else's"
    with refused("no_identity"):
        identity.identity_reveal(actor=cast.act(cast.dispatcher), complaint_id=mine.pk, purpose="contact")
    with refused("nothing_chosen"):
        erasure.identity_erase(actor=secadmin, complaint_ids=[mine.pk], purpose="request")
    assert erasure.person_find(actor=secadmin, text=PHONE, right="identity.erase") == []


def test_who_may_not(cast: Cast, secadmin: Actor) -> None:
    mine = report(cast.street.pk)
    for user in (cast.dispatcher, cast.head, cast.auditor, cast.system_admin):
        with refused("not_allowed", status=403):
            erasure.identity_erase(actor=cast.act(user), complaint_ids=[mine.pk], purpose="request")
    for actor in (cast.act(cast.dispatcher), cast.act(cast.checker), secadmin):
        with refused("not_allowed", status=403):
            erasure.identity_export(actor=actor, complaint_ids=[mine.pk], purpose="request")
    with refused("nothing_chosen"):
        erasure.identity_export(actor=cast.act(cast.outsider_head), complaint_ids=[mine.pk], purpose="request")
    for purpose in ("", "period", "authority"):
        with refused("purpose_needed"):
            erasure.identity_erase(actor=secadmin, complaint_ids=[mine.pk], purpose=purpose)
    with refused("phone_wrong"):
        erasure.person_find(actor=secadmin, text="139", right="identity.erase")


def test_what_is_kept_is_handed_out_on_the_own_streets(cast: Cast) -> None:
    mine = report(cast.street.pk, files=[photo()])
    report(cast.other_street.pk)
    head = cast.act(cast.head)
    identity.identity_reveal(actor=head, complaint_id=mine.pk, purpose="contact")
    assert [one.pk for one in erasure.person_find(actor=head, text=PHONE, right="identity.export")] == [mine.pk]
    (held,) = erasure.identity_export(actor=head, complaint_ids=[mine.pk], purpose="request")
    assert held.contact == {"name": "演示·某甲", "phone": PHONE, "note": ""}
    assert (held.complaint.text, len(held.files), len(held.looks)) == (TEXT, 1, 1)
    assert Event.objects.filter(kind="case.identity_exported", case__complaints=mine).count() == 1


def test_periods_run_from_the_end(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    over, going_on, young = (report(cast.street.pk, files=[photo()]) for _n in range(3))
    files.files_reencode_due()
    ago = now() - timedelta(days=1200)
    Complaint.objects.filter(pk__in=[over.pk, going_on.pk]).update(received_at=ago)
    Case.objects.filter(complaints=over).update(closed_at=ago, stage="closed")
    Case.objects.filter(complaints=young).update(closed_at=now(), stage="closed")
    out = StringIO()
    with unchanged():
        call_command("retain", "--dry-run", stdout=out)
    assert "1  contacts of residents" in out.getvalue()
    assert "1  originals of residents' photos" in out.getvalue()
    assert len(originals()) == 3
    with django_capture_on_commit_callbacks(execute=True):
        call_command("retain", stdout=StringIO())
    assert list(Identity.objects.filter(erased_at__isnull=False).values_list("complaints", flat=True)) == [over.pk]
    assert len(originals()) == 2
    event = Event.objects.get(kind="case.identity_erased")
    assert (event.actor_role, notices(event, People())) == ("system", [])
    out = StringIO()
    call_command("retain", "--dry-run", stdout=out)
    assert "0  contacts of residents" in out.getvalue()
    Setting.objects.create(key="identity_days", value=0)
    Case.objects.filter(complaints=going_on).update(closed_at=ago, stage="closed")
    assert not retention.identities_due().exists(), "0 keeps for ever"
