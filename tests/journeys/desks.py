"""What the office does at its desks, and what residents do on the portal; one small function an act."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import at, photo, sees, sees_nothing_of

PLACE = (37.8600, 112.5600)
"""Where the journeys' parties stand: inside the demo's main street."""


def live(page: Page) -> None:
    """The stream is connected."""
    expect(page.locator("[data-live]").first).not_to_have_class(re.compile("is-lost"))


def not_reloaded(page: Page) -> None:
    """Mark the page; ``same_page`` tells later whether it is still the same one."""
    page.evaluate("window.journey = 1")


def same_page(page: Page) -> bool:
    return bool(page.evaluate("window.journey === 1"))


def status(page: Page, path: str) -> int:
    """What this person is answered there, without going."""
    return page.request.get(path, max_redirects=0).status


def checked(office: Page, name: str) -> Locator:
    """The label of what is chosen."""
    return office.locator(f"label:has([name={name}]:checked)")


# residents


def report(resident: Page, party: str, text: str, *, name: str = "", phone: str = "", shot: bool = False) -> list[str]:
    """Three steps without an account; the reference and the private link."""
    resident.context.grant_permissions(["geolocation"])
    resident.context.set_geolocation({"latitude": PLACE[0], "longitude": PLACE[1], "accuracy": 10})
    resident.goto("/")
    at(resident, "/")
    resident.locator("a[href='/report/']").first.click()
    at(resident, "/report/")
    if shot:
        resident.locator("[name=photos]").set_input_files(photo("drawn by a journey"))
    resident.locator("[name=kinds][value=other] + label").click()
    resident.locator("[name=text]").fill(text)
    resident.locator(".bottom .btn-main").click()
    at(resident, "/report/where/")
    resident.locator("[name=party_name]").fill(party)
    resident.locator("#parties label", has_text=party).click()
    resident.locator("[data-geo-ask]").click()
    expect(resident.locator("[data-geo-lat]")).not_to_have_value("")
    resident.locator(".bottom .btn-main").click()
    at(resident, "/report/send/")
    sees(resident, text, party)
    expect(resident.locator("[name=keep_secret]")).to_be_checked()
    resident.locator("[name=name]").fill(name)
    resident.locator("[name=phone]").fill(phone)
    resident.locator(".bottom .btn-main").click()
    at(resident, "/report/done/")
    return [resident.locator(".refno").inner_text().strip(), resident.locator("#link").input_value()]


# the office


def party_new(office: Page, name: str) -> str:
    """A party for the register; the address of its page."""
    office.goto("/console/parties/new/")
    office.locator("[name=name]").fill(name)
    office.locator("[name=address]").fill("演示路99号")
    office.locator("[name=lat]").fill(str(PLACE[0]))
    office.locator("[name=lng]").fill(str(PLACE[1]))
    office.locator("[name=noise_zone]").select_option("2")
    with office.expect_navigation():
        office.get_by_role("button", name="Save").click()
    another = office.locator("[name=another]")
    if another.count():  # like-named parties of other journeys: this one is another
        another.check()
        office.get_by_role("button", name="Save").click()
    at(office, r"/console/parties/\d+/")
    return office.url


def accept(office: Page, reference: str) -> str:
    """From the queue; the address of the case."""
    office.goto(f"/console/queue/accept/?text={reference}")
    row = office.locator("tr[data-row]", has_text=reference)
    case = str(row.locator("a[data-open]").get_attribute("href"))
    row.get_by_role("button", name="Accept").click()
    sees(office, "1 case accepted.")
    return case


def choose(office: Page, code: str) -> None:
    """The category with this code, and the agencies that come with it."""
    label = office.locator("label:has([name=category])", has_text=code)
    if not label.is_visible():
        office.locator("[data-key='1'] summary").click()
    if not label.locator("input").is_checked():
        with office.expect_response(lambda answer: "/triage/agencies/" in answer.url):
            label.locator("input").check()


def decide(office: Page, brief: str) -> None:
    """The squads' words, confirmed."""
    office.locator("[name=brief]").fill(brief)
    office.locator("[name=brief_confirmed]").check()
    with office.expect_navigation():
        office.locator(".decide-bar button").click()
    expect(office.locator("[data-error-summary]")).to_have_count(0)
    expect(office.locator(".strip-last, .messages").first).to_be_visible()


def draft(office: Page, party: str) -> str:
    """An order over all open needs of the party; its address."""
    office.goto(f"{party}order/")
    for box in office.locator("[name=needs]").all():
        box.check()
    office.locator("button[name=open]").click()
    at(office, r"/console/orders/\d+/")
    return office.url


def submit(office: Page, order: str) -> None:
    office.goto(order)
    office.get_by_role("button", name="Submit for approval").click()
    sees(office, "Submitted: the head of office approves.")


def approve(head: Page, order: str) -> None:
    head.goto(order)
    head.locator(".next-do a", has_text="Approve").click()
    head.locator("[name=note]").fill("同意")
    head.locator("#act-form .actions button").click()
    sees(head, "Approved.")
    sees_nothing_of(head, "approval to be made up")


def issue(office: Page, order: str) -> None:
    """The whistle."""
    office.goto(order)
    office.locator(".next-do").get_by_role("button", name="Issue").click()
    sees(office, "Issued: the squads are called.")


def check_after(checker: Page, case: str, words: str) -> None:
    """Solved, says somebody who was not there."""
    checker.goto(case)
    checker.locator(".next-do a", has_text="Check after").click()
    checker.locator("[name=passed][value=yes]").check()
    checker.locator("[name=words]").fill(words)
    checker.locator("#act-form .actions button").click()
    sees(checker, "The check is on record.")


def close_case(checker: Page, case: str, result: str) -> None:
    """In words for the residents."""
    checker.goto(case)
    checker.locator(".next-do a", has_text="Close").click()
    checker.locator("[name=result_text]").fill(result)
    checker.locator("#act-form .actions button").click()
    sees(checker, "Closed; every complainant can read the result")
