"""The map with 4,000 points in a browser, a report and its workbook, and a wall that follows by itself."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from dispatch.embedded.layout import PROJECT
from tests.journeys.axe import assert_accessible
from tests.journeys.people import People, fits
from tests.product import Product

pytestmark = pytest.mark.journey

POINTS = 4000
BATCH = "演示图点"
"""In the title of this story's own cases; they are taken out again at the end, so that no other journey meets them."""


def manage(product: Product, code: str) -> str:
    """Run Python beside the product, on its database."""
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=PROJECT, env=product.environment, check=True, capture_output=True, text=True)
    return done.stdout


MAKE = f"""
from datetime import timedelta
from django.utils import timezone
from cases.models import Case
from teams.models import Street
now, street = timezone.now(), Street.objects.get(code="140106004")
Case.objects.bulk_create(
    Case(reference=f"map-{{n:05}}", street=street, stage="accepted", source="grid", title="{BATCH}",
         opened_at=now, stage_at=now, due_at=now + timedelta(days=9), warn_at=now + timedelta(days=8),
         lat=37.836 + (n % 63) * 0.0002, lng=112.541 + (n // 63) * 0.0004)
    for n in range({POINTS}))
"""
TAKE = """
from cases.services import intake
from teams.models import Street, User
from teams.selectors import actor_of
intake.complaint_create(actor=actor_of(User.objects.get(username="dispatcher")), source="office", text="演示·大屏跟随",
    street_id=Street.objects.get(code="140106003").pk, name="", phone="")
"""
TAKE_OUT = f'from cases.models import Case; Case.objects.filter(title="{BATCH}").delete()'


def test_four_thousand_points_stay_smooth(people: People, product: Product) -> None:
    manage(product, MAKE)
    try:
        page = people.office("supervisor")
        page.goto("/console/map/?source=grid")
        page.locator("#f-street").click()
        page.get_by_role("link", name="Yingze Street", exact=True).click()
        page.wait_for_url("**street=**")
        shown(page)
        marks = page.locator(".map-mark")
        assert 0 < marks.count() < 300, "gathered by the database"
        expect(page.locator("[data-map-say]")).to_contain_text(re.compile(r"4,?\d\d\d|40\d\d"))
        before = marks_of(page)
        page.locator(".map-mark:has(.map-many)").first.press("Enter")  # opens into what it holds
        page.wait_for_function("(before) => window.marksOf() !== before", arg=before)
        many = page.locator(".map-mark:has(.map-many)").first
        many.press("Enter")  # reports that stand at one place: closer in there is nothing more to see
        expect(page.locator(".map-bubble")).to_contain_text("at this one place")
        page.keyboard.press("Escape")
        for _ in range(3):  # from the press to the new marks
            at_rest(page)
            before = marks_of(page)
            page.locator(".leaflet-control-zoom-out").click()
            page.wait_for_function("(before) => window.marksOf() !== before", arg=before)
            assert marks.count() < 400
        assert_accessible(page)
        fits(page)
        page.locator("[data-map-canvas]").focus()
        before = marks_of(page)
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        page.wait_for_function("(before) => window.marksOf() !== before", arg=before)
    finally:
        manage(product, TAKE_OUT)


def test_a_mark_and_its_row_belong_together(people: People) -> None:
    page = people.office("dispatcher")
    page.goto("/console/map/")
    shown(page)
    row = page.locator("[data-map-at^='target:']").first
    row.hover()
    expect(row).to_have_class(re.compile("is-chosen"))
    single = page.locator(".map-mark:not(:has(.map-many))").first
    for _ in range(5):  # a gathered square opens into what it holds
        if single.count():
            break
        before = marks_of(page)
        page.locator(".map-mark:has(.map-many)").first.press("Enter")
        page.wait_for_function("(before) => window.marksOf() !== before", arg=before)
    single.focus()
    page.keyboard.press("Enter")
    bubble = page.locator(".map-bubble")
    expect(bubble).to_be_visible()
    expect(bubble.get_by_role("link")).to_have_attribute("href", re.compile(r"/console/(cases|parties)/\d+/"))


def test_a_report_and_its_workbook(people: People) -> None:
    page = people.office("supervisor")
    page.goto("/console/reports/?period=quarter")
    assert page.locator(".rate").count() == 7
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Workbook").click()
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    received = next(row for row in book["Summary"].iter_rows(min_row=2, values_only=True) if row[0] == "Cases received")
    assert str(received[1]) in page.locator(".rates").inner_text()
    page.set_viewport_size({"width": 375, "height": 800})
    fits(page)


def test_the_wall_follows(people: People, product: Product) -> None:
    wall = people.office("supervisor")
    wall.set_viewport_size({"width": 1920, "height": 1080})
    wall.goto("/console/wall/")
    expect(wall.locator("[data-wall-live]")).to_have_class(re.compile("is-up"), timeout=15_000)
    small = wall.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) => e.offsetParent && !e.closest('.vh')"
        " && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())"
        " && parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert small == []
    fits(wall)
    assert wall.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), "nothing to scroll on a wall"
    assert_accessible(wall)
    wall.evaluate("window.journey = 1")
    before = wall.locator(".w-feed li").first.get_attribute("id")
    manage(product, TAKE)
    expect(wall.locator(".w-feed li").first).not_to_have_id(before or "", timeout=10_000)
    expect(wall.locator(".w-feed li").first).to_contain_text("Case received")
    assert wall.evaluate("window.journey") == 1, "without a reload"
    assert "演示·大屏跟随" not in wall.content()


def shown(page: Page) -> None:
    """The map has drawn what it asked for."""
    page.wait_for_selector("[data-map-state=ready]", timeout=20_000)
    page.evaluate(
        "window.marksOf = () => JSON.stringify([...document.querySelectorAll('.map-mark')].map((m) => m.title).sort())"
    )


def at_rest(page: Page) -> None:
    """Neither on its way to another view nor asking for marks; Leaflet takes no press while it is."""
    page.wait_for_function(
        "() => !document.querySelector('.leaflet-zoom-anim, .leaflet-pan-anim, [data-map][aria-busy]')"
    )


def marks_of(page: Page) -> str:
    return str(page.evaluate("window.marksOf()"))
