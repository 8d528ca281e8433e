"""Story 2 in browsers: a patrol finds what nobody was assigned to; a caution card; put right, and looked at again."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desks import PLACE, approve, check_after, close_case, draft, issue, party_new, status, submit
from tests.journeys.people import Clock, People, at, sees
from tests.journeys.phones import OFFICER, acknowledge, answer_rest, close, finish, part_of, report_in

pytestmark = pytest.mark.journey

FOUND = "门外占道堆放货物，无人负责"


def test_the_supermarket(people: People, clock: Clock) -> None:
    clock.to("10:00", days=1)
    shop = f"演示·便民小店{secrets.randbelow(9000) + 1000}"
    dispatcher, head = people.office("dispatcher"), people.office("head")
    party = party_new(dispatcher, shop)
    officer = people.squad("street1", place=PLACE)
    reference = caution(officer, shop)

    dispatcher.goto(f"/console/search/?q={reference}")  # one hit by its number opens at once
    at(dispatcher, r"/console/cases/\d+/")
    case = dispatcher.url
    sees(dispatcher, shop, FOUND, "黄牌字", "approval to be made up")
    made_up(head, case)
    assert status(people.office("dispatcher2"), case) == 404

    clock.to("09:00", days=1)
    order = draft(dispatcher, party)
    submit(dispatcher, order)
    approve(head, order)
    issue(dispatcher, order)
    looked_at_again(officer, shop)

    checker = people.office("checker")
    check_after(checker, case, "通道已清空")
    close_case(checker, case, "已改正，复查合格。")
    sees(checker, "Closed")


def caution(officer: Page, shop: str) -> str:
    """Found, decided and written down on one page; the reference of the case."""
    officer.goto("/field/patrol/")
    at(officer, "/field/patrol/")
    stacked = officer.locator("[name=category] + label", has_text="Stacked").first
    if not stacked.is_visible():
        officer.locator("summary", has_text="Another kind").click()
    stacked.click()
    unfold(officer, "In words", "Where, and whose", "Who is with me", "Decide on the spot")
    officer.locator("[name=text]").fill(FOUND)
    expect(officer.locator("[data-geo-lat]")).not_to_have_value("")
    officer.locator("[name=q]").fill(shop)
    officer.locator("#parties label", has_text=shop).click()
    for box in officer.locator(OFFICER).all():
        box.locator("input").set_checked("综执队员乙" in box.inner_text())
    officer.locator("#outcome-caution_card").check()
    officer.locator("[name=measures]").fill("货物入店，指定专人负责")
    officer.locator("#due-0 + label").click()
    officer.locator("[name=reason]").fill("首次、轻微，当场改正")
    officer.get_by_role("button", name="Record it").click()
    at(officer, r"/field/finding/\d+/")
    sees(officer, "Recorded as ", "黄牌字", "Put right on the spot", "Recheck from")
    said = officer.locator(".messages").inner_text()
    return said.split("Recorded as ")[1].split()[0].rstrip(".")


def unfold(officer: Page, *parts: str) -> None:
    """Open the parts of the page that stand closed."""
    for part in parts:
        fold = officer.locator("details.fold", has=officer.locator("summary b", has_text=part)).first
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()


def made_up(head: Page, case: str) -> None:
    """The patrol's order went first; the head approves it the same day."""
    head.goto(case)
    head.locator("a[href^='/console/orders/']", has_text="Go to the order").click()
    at(head, r"/console/orders/\d+/")
    approve(head, head.url)


def looked_at_again(officer: Page, shop: str) -> None:
    """The next day: clear. One squad, so it leads and closes."""
    officer.goto("/field/")
    part = part_of(officer, shop)
    acknowledge(officer, shop)
    report_in(officer, part, "综执队员甲", "综执队员乙")
    answer_rest(officer)
    finish(officer)
    close(officer, part, "无意见")
