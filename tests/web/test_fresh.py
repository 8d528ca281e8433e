"""Who acts on persons or powers proves again who they are; nothing typed is lost, nor kept in clear."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Reveal
from dispatch.console.admin.urls import ROUTES
from dispatch.web.fresh import KEPT
from dispatch.web.sessionstore import SessionStore
from teams.models import Assignment, User
from tests.cast import Cast, unchanged
from tests.console.conftest import PHONE, complaint
from tests.web.test_locks import code_of

PASSWORD = "演示-long-enough-123"
NOTE = "演示·只有他知道"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as found:
        yield found


def desk(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client(REMOTE_ADDR=f"2001:db8:{uuid.uuid4().hex[:4]}::1")
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def proof(url: str) -> str:
    return f"/accounts/reauthenticate/?{urlencode({'next': url})}"


def stale(clock: Any) -> None:
    clock.shift(timedelta(minutes=settings.FRESH_MINUTES, seconds=1))


def test_a_look_at_an_identity_asks_and_then_goes_on(cast: Cast, clock: Any) -> None:
    _case, told, _token = complaint(cast)
    url = reverse("console:complaint_reveal", args=[told.pk])
    client, said = desk(cast.dispatcher), {"purpose": "contact", "note": NOTE}
    stale(clock)
    assert client.get(url).status_code == 200, "to read the form asks for nothing"
    with unchanged():
        asked = client.post(url, said, headers={"Referer": f"http://testserver/console/cases/{_case.pk}/"})
        assert asked["Location"] == proof(url)
        page = client.get(asked["Location"])
    text = page.content.decode()
    assert "What you filled in is kept" in text
    assert f'href="/console/cases/{_case.pk}/"' in text, "the way back"
    held = str(dict(SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)))
    assert NOTE not in held
    assert "sessionid" not in held, "no cookie in the session"
    word = page.context["kept"]
    with unchanged():
        wrong = client.post("/accounts/reauthenticate/", {"password": "wrong", "next": url, "kept": word})
        assert wrong.status_code == 200
        assert PHONE not in wrong.content.decode()
    shown = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": url, "kept": word}, follow=True)
    assert [(where, status) for where, status in shown.redirect_chain] == [(url, 307)]
    assert PHONE in shown.content.decode()
    assert Reveal.objects.get().note == NOTE
    assert KEPT not in client.session
    assert PHONE in client.post(url, said).content.decode(), "fresh for a while"
    stale(clock)
    assert client.post(url, said).status_code == 302


def test_htmx_moves_the_whole_page(cast: Cast, clock: Any) -> None:
    _case, told, _token = complaint(cast)
    url = reverse("console:complaint_reveal", args=[told.pk])
    client = desk(cast.dispatcher)
    stale(clock)
    asked = client.post(url, {"purpose": "contact"}, headers={"HX-Request": "true"})
    assert (asked.status_code, asked["HX-Redirect"]) == (204, proof(url))


def test_a_kept_form_is_for_its_own_way_alone(cast: Cast, clock: Any) -> None:
    """Left alone, it goes out with no later proof, to no other address and for nobody else."""
    _case, told, _token = complaint(cast)
    url = reverse("console:complaint_reveal", args=[told.pk])
    client = desk(cast.dispatcher)
    stale(clock)
    client.post(url, {"purpose": "contact", "note": NOTE})
    word = client.get(proof(url)).context["kept"]
    with unchanged():
        other = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/console/plan/"})
        assert other["Location"] == "/console/plan/"
        assert not client.get("/accounts/reauthenticate/?next=/console/plan/").context.get("kept")
        for wrong in ("", "x", word[:-1]):
            assert client.post(url, {"kept": wrong}).status_code == 422, "a form of its own, and an empty one"
        clock.shift(timedelta(seconds=901))
        assert client.post(url, {"kept": word}).status_code in (302, 422), "nor after a quarter of an hour"
    assert Reveal.objects.count() == 0


def test_a_code_proves_as_well(cast: Cast, clock: Any) -> None:
    _case, told, _token = complaint(cast)
    url = reverse("console:complaint_reveal", args=[told.pk])
    client = desk(cast.dispatcher)
    TOTP.activate(cast.dispatcher, "JBSWY3DPEHPK3PXP")
    stale(clock)
    client.post(url, {"purpose": "contact", "note": NOTE})
    page = client.get(f"/accounts/2fa/reauthenticate/?next={url}")
    said = {"code": code_of("JBSWY3DPEHPK3PXP"), "next": url, "kept": page.context["kept"]}
    shown = client.post("/accounts/2fa/reauthenticate/", said, follow=True)
    assert PHONE in shown.content.decode()


@pytest.fixture
def security(cast: Cast) -> User:
    user = User.objects.create_user(username="sec.fresh", name="演示·安全员")
    Assignment.objects.create(user=user, role="security_admin", starts_on=timezone.localdate() - timedelta(days=9))
    return user


def test_administration_asks(cast: Cast, security: User, clock: Any) -> None:
    client, page = desk(security), reverse("console:admin_role_new", args=[cast.checker.pk])
    said = {"role": "dispatcher", "street": cast.street.pk, "starts_on": timezone.localdate(), "reason": "演示·到岗"}
    stale(clock)
    with unchanged():
        asked = client.post(page, said)
    word = client.get(asked["Location"]).context["kept"]
    done = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": page, "kept": word}, follow=True)
    assert [status for _where, status in done.redirect_chain] == [307, 302]
    assert Assignment.objects.filter(user=cast.checker, role="dispatcher").exists()


def test_a_file_of_a_person_is_made_on_its_own_page(cast: Cast, clock: Any) -> None:
    """A download would leave the page of the proof standing: the choice comes back, to be pressed once more."""
    _case, told, _token = complaint(cast)
    client, page = desk(cast.head), reverse("console:admin_persons")
    stale(clock)
    found = client.post(page, {"q": PHONE})
    assert found.status_code == 200, "to find asks for nothing"
    said = {"q": PHONE, "pick": told.pk, "purpose": "access", "act": "export"}
    said["purpose"] = found.context["act"].fields["purpose"].choices[0][0]
    asked = client.post(page, said)
    word = client.get(asked["Location"]).context["kept"]
    back = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": page, "kept": word}, follow=True)
    assert "Confirmed. Now make the file." in back.content.decode()
    assert back.context["act"]["pick"].value() == [str(told.pk)]
    assert "spreadsheetml" in client.post(page, said)["Content-Type"]


def test_django_s_administration_asks_too(cast: Cast, clock: Any) -> None:
    boss = User.objects.create_superuser(username="boss.fresh", name="演示·根", password=PASSWORD)
    client = desk(boss)
    page = reverse("admin:teams_street_change", args=[cast.street.pk])
    stale(clock)
    with unchanged():
        assert client.post(page, {"name": "演示"})["Location"].startswith("/accounts/reauthenticate/")


ASK = {
    *(f"person_{name}" for name in ("new", "invite", "edit", "close", "reopen", "reset", "sign_out")),
    *("role_new", "role_end", "leave_new", "leave_end", "token_new", "token_revoke"),
    *(f"webhook_{name}" for name in ("new", "edit", "pause", "secret", "remove")),
    *(f"power_{name}" for name in ("new", "change", "end")),
}
"""Acts of administration that ask; those on a person's data do it by themselves (above)."""


def test_exactly_these_acts_of_administration_ask() -> None:
    assert {name for _route, view, name in ROUTES if getattr(view, "fresh", False)} == ASK
