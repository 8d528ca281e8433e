"""Personal data on its page: found by a phone that stands in no address, handed out as a workbook, erased."""

from __future__ import annotations

import io

from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from cases.models import Identity
from cases.services import intake
from teams.models import Role
from teams.policies import RESIDENT
from tests.cast import Cast, person

PHONE = "13900007777"


def test_found_handed_out_and_erased(cast: Cast, client: Client) -> None:
    report = intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="=演示·油烟", name="演示·某甲", phone=PHONE
    ).complaint
    page = reverse("console:admin_persons")
    client.force_login(cast.head)
    assert report.reference not in client.get(f"{page}?q={PHONE}").content.decode(), "an address searches nothing"
    found = client.post(page, {"q": PHONE})
    assert report.reference in found.content.decode()
    assert found["Cache-Control"] == "no-store"
    act = {"q": PHONE, "act": "export", "pick": report.pk}
    nothing = client.post(page, act)
    assert nothing.status_code == 422, "a purpose is asked"
    assert report.reference in nothing.content.decode()
    book = load_workbook(io.BytesIO(client.post(page, {**act, "purpose": "request"}).getvalue()))
    row = next(iter(book.worksheets[0].iter_rows(min_row=2, values_only=True)))
    assert row[0] == report.reference
    assert row[2:4] == ("演示·某甲", PHONE)
    assert row[5] == "'=演示·油烟", "no program runs what somebody wrote"

    client.force_login(person("secadmin", "安全管理员", Role.SECURITY_ADMIN))
    seen = client.post(page, {"q": report.reference}).content.decode()
    assert "139****7777" in seen
    assert "演示·某甲" not in seen
    done = client.post(page, {"q": PHONE, "act": "erase", "pick": report.pk, "purpose": "request"}, follow=True)
    assert done.redirect_chain == [(page, 302)]
    assert Identity.objects.get().erased_at is not None
    assert report.reference not in client.post(page, {"q": PHONE}).content.decode()
