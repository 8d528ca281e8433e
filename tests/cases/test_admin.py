"""Django's administration: every page opens for a superuser; the journal can't be written; no complainant is shown."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from cases.models import (
    Complaint,
    Event,
    Feedback,
    Identity,
    IdentityLookup,
    PaperCounter,
    ResidentLine,
    Reveal,
    Target,
)
from cases.services import intake
from teams.models import Certificate, Squad, User
from teams.policies import RESIDENT
from tests.cast import Cast

pytestmark = pytest.mark.django_db

OURS = [model for model in admin.site._registry if model._meta.app_label in ("cases", "teams")]


@pytest.fixture
def root(client: Client) -> Client:
    user = User.objects.create(
        username="root", name="演示·系统", is_staff=True, is_superuser=True, password=make_password("x")
    )
    client.force_login(user)
    return client


@pytest.fixture
def filled(cast: Cast) -> Cast:
    intake.complaint_create(
        actor=RESIDENT, street_id=cast.street.pk, source="portal", text="夜里太吵", phone="13800001234"
    )
    return cast


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_lists_and_forms_open(root: Client, filled: Cast, language: str) -> None:
    root.cookies.load({"django_language": language})
    for model in OURS:
        page = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert root.get(reverse(f"{page}_changelist")).status_code == 200, model
        row = model._default_manager.first()
        if row is not None:
            assert root.get(reverse(f"{page}_change", args=[row.pk])).status_code == 200, model
        expected = 403 if model in (Event, IdentityLookup, PaperCounter, Target) else 200
        assert root.get(reverse(f"{page}_add")).status_code == expected, model


def test_nothing_of_a_complainant_has_a_page() -> None:
    registered = set(admin.site._registry)
    assert not registered & {Complaint, Identity, Reveal, ResidentLine, Feedback, apps.get_model("cases", "Case")}


def test_the_journal_is_only_to_be_looked_at(root: Client, filled: Cast) -> None:
    event = Event.objects.get()
    change = reverse("admin:cases_event_change", args=[event.pk])
    page = root.get(change)
    assert event.hash in page.content.decode()
    assert "夜里太吵" not in page.content.decode()
    assert root.post(change, {"kind": "forged"}).status_code == 403
    assert root.post(reverse("admin:cases_event_delete", args=[event.pk]), {"post": "yes"}).status_code == 403
    assert Event.objects.get().hash == event.hash


def test_a_member_of_staff_is_added_and_given_a_role(root: Client, filled: Cast) -> None:
    page = root.post(
        reverse("admin:teams_user_add"),
        {
            "username": "new1", "name": "演示·新人", "email": "", "usable_password": "true",
            "password1": "demo-long-2026", "password2": "demo-long-2026",
            "assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0",
            "certificates-TOTAL_FORMS": "0", "certificates-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    assert page.status_code == 302, page.content.decode()
    user = User.objects.get(username="new1")
    assert user.check_password("demo-long-2026")
    squad: Squad = filled.squads["market"]
    page = root.post(
        reverse("admin:teams_certificate_add"),
        {
            "user": user.pk, "agency": squad.agency_id, "number": "演示证900001",
            "valid_from": "2026-01-01", "valid_until": "2028-12-31",
        },
    )  # fmt: skip
    assert page.status_code == 302
    assert Certificate.objects.filter(user=user, agency=squad.agency).exists()


def test_staff_without_the_mark_stay_outside(client: Client, cast: Cast) -> None:
    client.force_login(cast.system_admin)
    assert client.get(reverse("admin:index")).status_code == 302


def test_categories_are_found_by_their_words(root: Client, filled: Cast) -> None:
    found = root.get(reverse("admin:cases_category_changelist"), {"q": "烤串"})
    assert "05-10" in found.content.decode()
    assert "05-08" not in found.content.decode()
