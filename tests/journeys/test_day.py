"""A day in browsers: planned, a visit dragged to another team, confirmed, a whistle into the running day, read why."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import issue, not_reloaded, same_page
from tests.journeys.people import Clock, People, fits, sees
from tests.product import Product

pytestmark = pytest.mark.journey

DAY = "/console/day/"
ORDERS = """
from cases.models import NeedCause, Target
from cases.services import casefile, needs, orders
from teams.models import Squad, User
from teams.selectors import actor_of
office, head = (actor_of(User.objects.get(username=name)) for name in ("dispatcher2", "head2"))
street = min(office.streets())
squad = Squad.objects.get(kind="enforcement_team", streets=street)
for number, urgency in enumerate(("general", "general", "general", "urgent")):
    name = "{name}" + "甲乙丙急"[number]
    target = Target.objects.create(street_id=street, name=name, lat=37.85 + number / 500, lng=112.55)
    case = casefile.case_open(actor=office, street_id=street, source="office", title=name, urgency=urgency)
    casefile.case_move(case=case, action="accept", actor=office, kind="case.accepted")
    case.target, case.brief = target, "店外经营"
    casefile.case_move(case=case, action="plan", actor=office, kind="case.triaged", fields=["target", "brief"])
    why = dict(target_id=target.pk, case=case, cause=NeedCause.CASE, agency_ids=[squad.agency_id], urgency=urgency)
    needs.need_open(actor=office, **why)
    order = orders.order_open(actor=office, target_id=target.pk)
    orders.order_submit(actor=office, order_id=order.pk)
    orders.order_approve(actor=head, order_id=order.pk)
"""
"""Four parties of the other street, where no other story plans a day."""


def test_a_day(people: People, product: Product, clock: Clock) -> None:
    clock.to("09:30", days=1)
    shop = f"演示·日程小店{secrets.randbelow(9000) + 1000}"
    product.manage("shell", "-c", ORDERS.format(name=shop))
    office = people.office("dispatcher2")
    office.goto(DAY)
    office.get_by_role("button", name="Plan the day").click()
    sees(office, "It is a proposal", "Team 1", f"{shop}甲")
    add_a_team(office)

    # a visit is dragged; the server checks the day again and the page stays the same
    not_reloaded(office)
    card(office, f"{shop}乙").drag_to(team(office, 2).locator(".day-list"))
    expect(team(office, 2).locator(".day-card", has_text=f"{shop}乙")).to_contain_text("put here by hand")
    assert same_page(office)
    office.get_by_role("button", name="Confirm").click()
    expect(office.locator("#day-said")).to_contain_text("Confirmed:")
    fits(office)
    assert_accessible(office)

    # the whistle goes into the running day: its hours stand in the order, and the order says why it exists
    urgent = f"{shop}急"
    office.goto(DAY)
    office.locator(".day-card", has_text=urgent).locator("a").first.click()
    issue(office, office.url)
    sees(office, "Planned into the day")
    office.goto(DAY)
    placed = office.locator("[data-day-team]:not([data-day-team='']) .day-card", has_text=urgent)
    expect(placed.locator(".day-hours")).to_be_visible()
    placed.locator("a").first.click()
    sees(office, "Why this way", "A need is urgent: go now.")


def card(office: Page, name: str) -> Locator:
    return office.locator("[data-day-card]", has_text=name)


def team(office: Page, number: int) -> Locator:
    return office.locator("[data-day-team]", has=office.get_by_role("heading", name=f"Team {number}"))


def add_a_team(office: Page) -> None:
    office.get_by_role("link", name="Add a team").click()
    for box in office.locator("[name=squads]").all():
        box.check()
    office.get_by_role("button", name="Save").click()
    sees(office, "The team is changed.", "Team 2")
