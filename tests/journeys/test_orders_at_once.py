"""Twelve orders in browsers: submitted, approved and issued in one act each, read why one exists, and what if."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.people import DESK, PHONE, People, at, fits, sees
from tests.product import Product

pytestmark = pytest.mark.journey

DRAFTS = """
from datetime import timedelta
from django.utils import timezone
from cases.models import NeedCause, Target
from cases.services import needs, orders
from teams.models import Agency, User
from teams.selectors import actor_of
office = actor_of(User.objects.get(username="dispatcher"))
street = min(office.streets())
agency = {{row.function: row.pk for row in Agency.objects.all()}}
today = timezone.localdate()
for number in range(12):
    target = Target.objects.create(
        street_id=street, kind="business", name=f"{shop}{{number + 1:02}}号", lat=37.85 + number / 900, lng=112.56
    )
    for function, days in (("market", 30), ("fire", 60)):
        needs.need_open(
            actor=office, target_id=target.pk, cause=NeedCause.PLANNED, agency_ids=[agency[function]],
            due_day=today + timedelta(days=days), note="演示·年度计划",
        )
    orders.order_open(actor=office, target_id=target.pk, planned_day=today + timedelta(days=25))
"""
"""Drafts of the yearly plan, for a day on which no other story goes out."""
MOVED = """
from cases.models import Order, Target
from cases.services import orders
from teams.models import User
from teams.selectors import actor_of
order = Order.objects.get(target__name="{shop}07号")
to = Target.objects.create(street=order.street, kind="business", name="{shop}99号", lat=37.85, lng=112.56)
office = actor_of(User.objects.get(username="dispatcher"))
orders.order_change_target(actor=office, order_id=order.pk, target_id=to.pk, reason="认错了")
"""


def test_twelve_orders_at_once(people: People, product: Product) -> None:
    shop = f"演示·计划店{secrets.randbelow(9000) + 1000}-"
    product.manage("shell", "-v", "0", "-c", DRAFTS.format(shop=shop))
    office, head = people.office("dispatcher"), people.office("head")

    # by keys: chosen with X, asked with S, what becomes of each is read, done with G
    office.goto("/console/orders/?group=draft")
    first = rows(office, shop).first
    first.locator("[data-open]").focus()
    office.keyboard.press("x")
    expect(office.locator("[data-picked]")).to_have_text("1 chosen")
    tick(office, shop)
    office.keyboard.press("s")
    sees(office, "Submit for approval: 12 orders", f"{shop}01号", f"{shop}12号", "2 reasons")
    for size in (PHONE, DESK):
        office.set_viewport_size(size)
        fits(office)
        assert_accessible(office)
    office.keyboard.press("g")
    at(office, r"/console/orders/\?group=draft")
    sees(office, "12 orders submitted.")

    # one is changed while the head reads: it alone is refused, by name; read anew it is approved too
    head.goto("/console/orders/?group=approve")
    tick(head, shop)
    head.keyboard.press("y")
    sees(head, "Approve: 12 orders")
    head.locator("[name=note]").fill("同意，按计划进行")
    product.manage("shell", "-v", "0", "-c", MOVED.format(shop=shop))
    head.get_by_role("button", name="Approve 12 orders").click()
    sees(head, "11 orders approved.", f"{shop}99号: It has changed since you read it")
    tick(head, shop, 1)
    head.keyboard.press("y")
    head.get_by_role("button", name="Approve 1 order").click()
    sees(head, "1 order approved.")

    # twelve whistles in one act; nothing can be issued twice
    office.goto("/console/orders/?group=draft")
    tick(office, shop)
    office.keyboard.press("i")
    sees(office, "Issue: 12 orders", "Issuing can't be undone")
    office.keyboard.press("g")
    sees(office, "12 orders issued: the squads are called.")
    expect(rows(office, shop)).to_have_count(0)

    # why it exists: which reason decides the day, which could have waited
    office.goto("/console/orders/?group=way")
    rows(office, shop).first.locator("[data-open]").click()
    why = office.locator("#reasons")
    expect(why).to_contain_text("its last day decides until when")
    expect(why).to_contain_text("rides along: it could have waited until")
    sees(office, "Go by")

    what_if(office)


def what_if(office: Page) -> None:
    """The street's own reasons under another margin and a limit a day; then the ledger of what was saved."""
    office.goto("/console/plan/")
    office.get_by_role("link", name="What if").click()
    sees(office, "Side by side", "each department merging its own", "what really happened")
    assert office.locator(".c-dot").count() >= 22
    office.locator("[name=margin]").fill("0")
    office.locator("[name=a_day]").fill("1")
    office.get_by_role("button", name="Replay").click()
    at(office, r"/console/plan/what-if/\?.*margin=0.*")
    sees(office, "1 party a day at most", "Late by the margin")
    office.locator("[name=margin]").evaluate("field => { field.max = ''; field.value = '40'; }")
    office.get_by_role("button", name="Replay").click()
    sees(office, "This could not be replayed:")
    office.goto("/console/plan/ledger/")
    sees(office, "Against the baselines", "Orders visited in the period")
    for page in ("/console/plan/what-if/", "/console/plan/ledger/?by=party"):
        for size in (PHONE, DESK):
            office.set_viewport_size(size)
            office.goto(page)
            fits(office)
            assert_accessible(office)


def rows(page: Page, shop: str) -> Locator:
    return page.locator("#orders tr[data-row]", has_text=shop)


def tick(page: Page, shop: str, count: int = 12) -> None:
    expect(rows(page, shop)).to_have_count(count)
    for box in rows(page, shop).locator("[data-pick]").all():
        box.check()
    expect(page.locator("[data-picked]")).to_have_text(f"{count} chosen")
