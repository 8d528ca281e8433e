"""What somebody does stands on everybody's open page within two seconds, without a reload."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import PLACE, live, not_reloaded, party_new, same_page
from tests.journeys.people import Clock, People, at, sees
from tests.journeys.phones import card, part_of

pytestmark = pytest.mark.journey

SOON = 15_000  # by the stream, not by the page asking again (a minute); how fast it is, the bench says


def test_open_pages_follow(people: People, clock: Clock) -> None:
    clock.to("10:00", days=1)
    party = f"演示·即时小店{secrets.randbelow(9000) + 1000}"
    watcher, doer = people.office("dispatcher"), people.office("dispatcher3")
    phone = people.squad("street1", place=PLACE)
    live(phone)
    not_reloaded(phone)
    party_new(doer, party)

    case = taken(doer, party)
    number = case.rstrip("/").rsplit("/", 1)[1]
    watcher.goto("/console/queue/accept/")
    live(watcher)
    not_reloaded(watcher)
    row = watcher.locator(f"#case-{number}")
    expect(row).to_contain_text("Accept")

    doer.goto(case)
    answered(doer, lambda: doer.locator(".next-do").get_by_role("button", name="Accept").click())
    expect(row).to_contain_text("to triage", timeout=SOON)
    assert same_page(watcher)

    doer.goto(f"{case}triage/")
    doer.locator("[name=disposition][value=handling] + label").click()
    team = doer.locator("[name=squad] option", has_text="Enforcement Team").get_attribute("value")
    doer.locator("[name=squad]").select_option(team)
    doer.locator("[name=brief]").fill("门前堆物，请清理")
    doer.locator("[name=brief_confirmed]").check()
    answered(doer, lambda: doer.locator(".decide-bar button").click())
    expect(card(phone, party)).to_be_visible(timeout=SOON)
    assert same_page(phone)

    part = part_of(phone, party)
    phone.goto(f"{part}arrive/")
    phone.locator("button[form=arrive]").click()
    at(phone, f"{part}task/")
    assert_accessible(phone)


def taken(office: Page, party: str) -> str:
    """A caller's complaint; the address of the case."""
    office.goto("/console/intake/")
    office.locator("[name=text]").fill("门口堆满纸箱，行人绕行")
    office.locator("[name=party_name]").fill(party)
    office.get_by_role("button", name="Register").click()
    sees(office, "Read this to the caller")
    link = office.locator("main a[href*='/console/cases/']").first
    return str(link.get_attribute("href"))


def answered(page: Page, act: Callable[[], None]) -> None:
    """Do it, and wait until the server has said that it is done and the page after it stands."""
    with page.expect_navigation():
        act()
    at(page, "/console/.*")
