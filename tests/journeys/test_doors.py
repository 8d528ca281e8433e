"""The office's doors in a browser: a passkey is added, opens, proves and goes; a session elsewhere is ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.people import PASSWORD, Clock, People, at, fits, sees
from tests.product import Product

pytestmark = pytest.mark.journey
WHO = f"keyring{os.getpid()}"
MAKE = f"""
from datetime import date
from cases.models import Complaint
from teams.models import Assignment, Street, User
told = Complaint.objects.filter(identity__isnull=False, street__isnull=False).order_by("pk").first()
user = User.objects.create_user("{WHO}", "{PASSWORD}", name="演示·钥匙")
Assignment.objects.create(user=user, role="dispatcher", street=told.street, starts_on=date(2026, 1, 1))
print("CONTACT", told.pk)
"""


@pytest.fixture
def people(browser: Browser, product: Product) -> Iterator[People]:
    """By name: a passkey belongs to a host that has one."""
    made = People(browser, product.url.replace("127.0.0.1", "localhost"))
    yield made
    made.leave()


class Device:
    """A device that always shows the right finger."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._plug()

    def _plug(self) -> None:
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options = {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def sees_an_accessible_page(self) -> None:
        """axe comes by the debugger, and its leaving takes the device along: it is plugged in again with its keys."""
        keys = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        assert_accessible(self.page)
        fits(self.page)
        self._plug()
        for key in keys:
            self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": key})


def test_a_passkey_from_its_making_to_its_end(people: People, product: Product, clock: Clock) -> None:
    (line,) = [one for one in product.manage("shell", "-c", MAKE).splitlines() if one.startswith("CONTACT")]
    contact = f"/console/complaints/{line.split()[1]}/contact/"
    desk = people.office(WHO)
    device = Device(desk)

    desk.goto("/accounts/2fa/")
    desk.get_by_role("link", name="Add a passkey").click()
    device.sees_an_accessible_page()
    desk.get_by_label("Name of the passkey").fill("演示·指纹")
    desk.get_by_role("button", name="Add it").click()
    at(desk, "/accounts/2fa/recovery-codes/")
    desk.goto("/accounts/2fa/")
    sees(desk, "演示·指纹", "not used yet")
    device.sees_an_accessible_page()

    sign_out(desk)
    desk.goto(contact)  # led to the sign-in, and back
    desk.get_by_role("button", name="Sign in with a passkey").click()
    at(desk, contact)

    sign_out(desk)
    desk.goto("/console/")
    desk.locator("[name=login]").fill(WHO)
    desk.locator("[name=password]").fill(PASSWORD)
    desk.locator("form:has([name=password]) button").click()
    at(desk, "/accounts/2fa/authenticate/")
    device.sees_an_accessible_page()
    desk.get_by_role("button", name="Use a passkey").click()
    at(desk, "/console/.*")

    clock.set(clock.now() + timedelta(minutes=16))
    desk.goto(contact)
    desk.locator("[name=purpose]").first.check()
    desk.get_by_role("button", name="Show it").click()
    at(desk, "/accounts/reauthenticate/")
    sees(desk, "What you filled in is kept")
    device.sees_an_accessible_page()
    desk.get_by_role("link", name="Use a passkey").click()
    at(desk, "/accounts/2fa/webauthn/reauthenticate/")
    device.sees_an_accessible_page()
    desk.get_by_role("button", name="Use a passkey").click()
    at(desk, contact)
    sees(desk, "This access is recorded.")

    phone = people.resident("keyring on a phone", language="en-US")
    Device(phone)
    phone.goto("/console/")
    phone.get_by_role("button", name="Sign in with a passkey").click()
    sees(phone, "Nothing was confirmed.")  # this device has none
    phone.locator("[name=login]").fill(WHO)
    phone.locator("[name=password]").fill(PASSWORD)
    phone.locator("form:has([name=password]) button").click()
    at(phone, "/accounts/2fa/authenticate/")

    desk.goto("/accounts/2fa/")
    desk.get_by_role("link", name="Remove 演示·指纹").click()
    desk.get_by_role("button", name="Remove").click()
    desk.goto("/accounts/2fa/")
    sees(desk, "None yet.")

    phone.goto("/console/")
    phone.locator("[name=login]").fill(WHO)
    phone.locator("[name=password]").fill(PASSWORD)
    phone.locator("form:has([name=password]) button").click()
    at(phone, "/console/.*")
    desk.goto("/accounts/sessions/")
    device.sees_an_accessible_page()
    desk.get_by_role("button", name="End the session").click()
    sees(desk, "1 session ended.", "You are signed in nowhere else.")
    phone.goto("/console/plan/")
    at(phone, "/accounts/login/")
    sees(phone, "This session was ended from another device of yours.")
    expect(phone.locator("[name=next]").first).to_have_value("/console/plan/")


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main form button, main form [type=submit]").first.click()
    at(page, "/accounts/login/")
