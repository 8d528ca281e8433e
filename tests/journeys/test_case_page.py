"""One case at two desks: found in the box, seen by both, and nothing that was typed is ever lost."""

from __future__ import annotations

import contextlib
import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import live, not_reloaded, party_new, same_page
from tests.journeys.people import Clock, People, at, sees
from tests.journeys.test_live import taken

pytestmark = pytest.mark.journey

SOON = 15_000


def note_open(page: Page, case: str) -> None:
    page.goto(case)
    page.keyboard.press("n")
    expect(page.locator("#act [name=text]")).to_be_visible()


def note_here(page: Page) -> None:
    """The key once more where the page was just being drawn anew under it."""
    for _try in range(4):
        page.keyboard.press("n")
        with contextlib.suppress(AssertionError):
            expect(page.locator("#act [name=text]")).to_be_visible(timeout=3000)
            return
    raise AssertionError("the note did not open")


def test_a_case_at_two_desks(people: People, clock: Clock) -> None:
    clock.to("10:00", days=1)
    party = f"演示·两人小店{secrets.randbelow(9000) + 1000}"
    first, second = people.office("dispatcher"), people.office("dispatcher3")
    party_new(first, party)
    case = taken(first, party)

    # found while typing, by the arrows
    first.goto("/console/")
    first.keyboard.press("/")
    first.keyboard.type(party[-8:], delay=20)
    hit = first.locator("#search-live a", has_text=party).first
    expect(hit).to_be_visible()
    expect(hit.locator("mark").first).to_be_visible()
    assert_accessible(first)
    first.keyboard.press("ArrowDown")
    first.keyboard.press("Escape")
    expect(first.locator("#search-live a")).to_have_count(0)
    first.keyboard.press("Enter")
    at(first, "/console/search/")
    first.locator(f"a.find[href='{case}']").click()
    at(first, case)

    # seen by both
    live(first)
    not_reloaded(first)
    second.goto(case)
    expect(first.locator("#presence")).to_contain_text("also here", timeout=SOON)
    note_open(second, case)
    second.locator("#act [name=text]").fill("演示·第二个人在写")
    expect(first.locator("#presence")).to_contain_text("is writing", timeout=SOON)

    # refreshed in place under somebody who types
    note_here(first)
    first.locator("#act [name=text]").fill("演示·先别动我的字")
    first.locator("label[for=story-talk]").click()
    second.locator("#act-form .actions button").click()
    expect(first.locator("#case-story")).to_contain_text("第二个人在写", timeout=SOON)
    assert same_page(first)
    expect(first.locator("#act [name=text]")).to_have_value("演示·先别动我的字")
    expect(first.locator("#story-talk")).to_be_checked()
    expect(first.locator(".story .time-list > li:not(.talk)").first).to_be_hidden()
    assert_accessible(first)
    second.goto("/console/")
    expect(first.locator("#presence")).not_to_contain_text("dispatcher3", timeout=SOON)


def test_what_was_typed_survives(people: People, clock: Clock) -> None:
    party = f"演示·断网小店{secrets.randbelow(9000) + 1000}"
    page = people.office("dispatcher")
    party_new(page, party)
    case = taken(page, party)

    # an error: the form comes back with the words
    note_open(page, case)
    page.locator("#act [name=text]").evaluate("e => { e.removeAttribute('maxlength'); }")
    page.locator("#act [name=text]").fill("长" * 2001)
    page.locator("#act-form .actions button").click()
    expect(page.locator("#act .errorlist")).to_be_visible()
    assert len(page.locator("#act [name=text]").input_value()) == 2001

    # a lost network: kept, said, sent by itself, once
    page.locator("#act [name=text]").fill("演示·断网时写的")
    page.context.set_offline(True)
    page.locator("#act-form .actions button").click()
    expect(page.locator("#act .unsent")).to_contain_text("What you wrote is kept here")
    expect(page.locator("#act [name=text]")).to_have_value("演示·断网时写的")
    assert_accessible(page)
    with page.expect_navigation():
        page.context.set_offline(False)
    sees(page, "Noted.")
    expect(page.locator("#case-facts")).to_contain_text("演示·断网时写的")
    note_open(page, case)
    expect(page.locator("#act [name=text]")).to_have_value("")

    # a lost session, from a form inside the page: signed in again, back in the filled form
    page.locator("#act [name=text]").fill("演示·退出后还在")
    cookies = page.context.cookies()
    page.context.clear_cookies(name=re.compile("session"))
    page.locator("#act-form .actions button").click()
    expect(page.locator("#act .unsent")).to_contain_text("signed out")
    page.locator("#act .unsent a").click()
    sign_in(page)
    at(page, f"{case}note/")
    expect(page.locator("[name=text]")).to_have_value("演示·退出后还在")
    page.locator("#act-form .actions button").click()
    at(page, case)
    sees(page, "演示·退出后还在")
    assert cookies

    # the same for triage, a form of a page: lost session, then lost network
    page.locator(".next-do").get_by_role("button", name="Accept").click()
    sees(page, "Accepted: it stands in triage now.")
    page.goto(f"{case}triage/")
    page.locator("[name=disposition][value=handling] + label").click()
    page.locator("[name=brief]").fill("门前堆物，请清理（演示）")
    page.context.clear_cookies(name=re.compile("session"))
    page.locator(".decide-bar button").click()
    expect(page.locator("#triage-form .unsent")).to_contain_text("signed out")
    page.locator("#triage-form .unsent a").click()
    sign_in(page)
    at(page, f"{case}triage/")
    expect(page.locator("[name=brief]")).to_have_value("门前堆物，请清理（演示）")
    expect(page.locator("[name=disposition][value=handling]")).to_be_checked()
    page.context.set_offline(True)
    page.locator(".decide-bar button").click()
    expect(page.locator("#triage-form .unsent")).to_contain_text("no connection")
    page.locator("#triage-form .unsent").get_by_role("button", name="Do not send by itself").click()
    page.context.set_offline(False)
    expect(page.locator("[name=brief]")).to_have_value("门前堆物，请清理（演示）")
    expected = re.compile(r"ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)|status of 401")
    people.complaints[:] = [line for line in people.complaints if not expected.search(line)]


def sign_in(page: Page) -> None:
    expect(page.locator("[data-kept-note]")).to_be_visible()
    page.locator("[name=login]").fill("dispatcher")
    page.locator("[name=password]").fill("demo-2026")
    page.locator("form:has([name=password]) button").click()
