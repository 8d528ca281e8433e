"""The box at the desk: live rows, groups that go on, and a phone that is looked up only by right and on record."""

from __future__ import annotations

import json

from django.urls import reverse

from cases.models import Event, IdentityLookup
from cases.services import identity, intake
from tests.cast import Cast, refused, unchanged
from tests.console.conftest import PHONE, Login, complaint


def test_rows_while_typing(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    client = login(cast.dispatcher)
    said = client.post(reverse("console:search_live"), {"q": "烧烤"}).content.decode()
    assert case.reference in said
    assert "<mark>烧烤</mark>" in said
    assert "<html" not in said
    with unchanged():
        phone = client.post(reverse("console:search_live"), {"q": PHONE}).content.decode()
    assert case.reference not in phone, "half a number typed is no search by phone"
    assert "Press Enter" in phone
    assert (
        "not part of your role"
        in login(cast.auditor).post(reverse("console:search_live"), {"q": PHONE}).content.decode()
    )
    assert (
        case.reference
        not in login(cast.outsider).post(reverse("console:search_live"), {"q": case.reference}).content.decode()
    )


def test_more_of_a_group(cast: Cast, login: Login) -> None:
    for n in range(23):
        complaint(cast, text=f"演示·第{n}件 烧烤油烟")
    client = login(cast.dispatcher)
    url = reverse("console:search")
    page = client.get(url, {"q": "烧烤油烟"}).content.decode()
    assert page.count('id="found-case-') == 20
    more = page.split('hx-get="')[1:]
    address = next(part.split('"')[0] for part in more if "after=" in part.split('"')[0]).replace("&amp;", "&")
    rows = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert rows.count('id="found-case-') == 3
    assert "<html" not in rows
    whole = client.get(address).content.decode()
    assert whole.count('id="found-case-') == 3
    assert "<html" in whole


def test_nothing_found_says_what_can_be_looked_for(cast: Cast, login: Login) -> None:
    client = login(cast.dispatcher)
    said = client.get(reverse("console:search"), {"q": "没有这样的词"}).content.decode()
    assert "Nothing found" in said
    assert "whole number only" in said
    assert "What are you looking for?" in client.get(reverse("console:search")).content.decode()


def test_a_search_by_phone_is_written_down_with_its_purpose(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    elsewhere = intake.complaint_create(
        actor=cast.act(cast.outsider), street_id=cast.other_street.pk, source="office", text="演示", phone=PHONE
    )
    said = login(cast.dispatcher).post(reverse("console:search"), {"q": "+86 139-0000-1234"}).content.decode()
    assert case.reference in said
    assert elsewhere.case.reference not in said
    lookup = IdentityLookup.objects.get()
    assert (lookup.user_id, lookup.purpose, lookup.found) == (cast.dispatcher.pk, "search", 1)
    event = Event.objects.get(kind="case.identity_searched")
    assert (event.case_id, event.actor_id) == (case.pk, cast.dispatcher.pk)
    assert json.loads(event.body)["data"] == {"lookup": lookup.pk, "purpose": "search"}
    assert "00001234" not in event.body
    login(cast.dispatcher).post(reverse("console:search"), {"q": "13900009999"})
    assert [row.found for row in IdentityLookup.objects.order_by("pk")] == [1, 0], "a search that finds nobody, too"


def test_without_the_right_nobody_is_found_by_phone(cast: Cast, login: Login) -> None:
    case, _told, _token = complaint(cast)
    for user in (cast.auditor, cast.supervisor):
        client = login(user)
        with unchanged():
            said = client.post(reverse("console:search"), {"q": PHONE}).content.decode()
        assert case.reference not in said
        with refused("not_allowed", status=403):
            identity.identity_search(actor=cast.act(user), phone=PHONE)
    with refused("phone_wrong", status=422):
        identity.identity_search(actor=cast.act(cast.dispatcher), phone="1390000")
