"""A dispatcher's hour at the board, by keyboard: filters, views, acts on several, undo, palette, list and case."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import live, not_reloaded, same_page
from tests.journeys.people import People, at, sees
from tests.product import Product

pytestmark = pytest.mark.journey

WORD = f"演示看板{uuid4().hex[:6]}"
"""In the title of every row of this story: the other journeys' rows stay out of its lists."""
MAKE = """
from django.utils import timezone
from cases.services import casefile
from cases.models import Complaint
from teams.models import Street, User
from teams.selectors import actor_of
actor = actor_of(User.objects.get(username="dispatcher"))
street = next(iter(actor.streets()))
for n in range({count}):
    case = casefile.case_open(actor=actor, street_id=street, source="patrol", title=f"{word}·第{{n + {first}}}件")
    print(case.reference)
"""


def cases(product: Product, count: int, first: int = 1) -> list[str]:
    """So many cases to accept; their references."""
    out = product.manage("shell", "-v", "0", "-c", MAKE.format(count=count, first=first, word=WORD))
    return re.findall(r"^\d{6}-\d+$", out, re.M)


def rows(page: Page) -> Locator:
    return page.locator("#board tr[data-row]")


def row(page: Page, reference: str) -> Locator:
    return page.locator("#board tr[data-row]", has_text=reference)


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def palette(page: Page) -> None:
    """Opened by its keys; once more where the page that one came back to was still on its way."""
    box = page.get_by_role("combobox")
    for _try in range(3):
        keys(page, "Control+k")
        with contextlib.suppress(AssertionError):
            expect(box).to_be_focused(timeout=5_000)
            return
    raise AssertionError("the palette did not open")


def opened(page: Page, menu: str) -> None:
    """By its key; its first choice has the focus then, and not before the browser has told of the opening."""
    page.locator(menu).focus()
    keys(page, "Enter")
    expect(page.locator(".menu-list :focus")).to_have_count(1)


def toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def test_an_hour_at_the_board(product: Product, people: People, tmp_path: Path) -> None:
    made = cases(product, 6)
    office = people.office("dispatcher")
    office.goto(f"/console/queue/accept/?text={WORD}")
    expect(rows(office)).to_have_count(6)
    live(office)
    not_reloaded(office)

    # an order by its menu, without the mouse; the focus is where it was
    opened(office, "#f-sort")
    office.get_by_role("link", name="newest", exact=True).focus()
    keys(office, "Enter")
    expect(rows(office).first).to_contain_text(made[-1])
    expect(office.locator("#f-sort")).to_be_focused()
    opened(office, "#f-owner")
    office.get_by_role("link", name="nobody", exact=True).focus()
    keys(office, "Enter")
    expect(office.locator("#f-owner b")).to_have_text("nobody")
    at(office, r"/console/queue/accept/\?.*owner=none.*")
    assert same_page(office)

    # newcomers wait; they come when they are asked for
    [late] = cases(product, 1, first=7)
    expect(office.locator("#newcomers")).to_contain_text("1 new")
    expect(row(office, late)).to_have_count(0)
    office.locator("body").press(".")
    expect(row(office, late)).to_be_visible()

    # a view of it, in the rail with its count
    office.locator("#f-save").focus()
    keys(office, "Enter")
    expect(office.locator("#view-name")).to_be_focused()
    office.keyboard.type("Board story")
    keys(office, "Enter")
    at(office, r"/console/queue/accept/.*view=\d+.*")
    view = office.locator("#rail-queues a[aria-current]")
    expect(view).to_contain_text("Board story")
    expect(view.locator(".rail-n")).to_have_text("7")
    live(office)
    not_reloaded(office)

    # one row by one key; a colleague who is late reads why
    colleague = people.office("head")
    colleague.goto(f"/console/queue/accept/?text={WORD}")
    expect(rows(colleague)).to_have_count(7)
    keys(office, "j", "a")
    toast(office, "1 case accepted.")
    expect(row(office, late).locator("[data-gone]")).to_contain_text("now: to triage")
    expect(view.locator(".rail-n")).to_have_text("6")
    expect(row(colleague, late).locator("[data-gone]")).to_be_visible()
    colleague.evaluate(
        """([pk]) => { const form = document.getElementById('bulk-form'); const box = document.createElement('button');
        box.name = 'only'; box.value = pk; form.append(box); form.requestSubmit(box); }""",
        [str(row(office, late).get_attribute("id")).removeprefix("case-")],
    )
    toast(colleague, "This can't be done any more")
    keys(office, "z")
    toast(office, "Accepting can't be undone")

    # several: assign to oneself, undo
    keys(office, "j", "x", "j", "x")
    expect(office.locator("[data-picked]")).to_have_text("2 chosen")
    hand = str(office.locator("#board tr.is-at").get_attribute("id"))
    colleague.locator(f"#{hand} [data-pick]").check()
    keys(colleague, "d")
    expect(colleague.locator("#bulk-dialog")).to_be_visible()
    keys(colleague, "Enter")
    toast(colleague, "1 case assigned.")
    expect(office.locator(f"#{hand} td:last-child .l2")).to_be_visible()  # in whose hands it is now
    expect(office.locator(f"#{hand}.is-at [data-pick]")).to_be_checked()
    expect(office.locator(f"#{hand} [data-open]")).to_be_focused()
    expect(office.locator("[data-picked]")).to_have_text("2 chosen")
    keys(office, "d")
    expect(office.locator("#bulk-dialog")).to_be_visible()
    assert_accessible(office)
    keys(office, "Enter")
    toast(office, "2 cases assigned.")
    keys(office, "z")
    toast(office, "Undone for 2 cases.")

    # reject with a reason, then take it back
    keys(office, "x", "r")
    expect(office.locator("#bulk-dialog textarea")).to_be_focused()
    keys(office, "Escape")
    expect(office.locator("[data-picked]")).to_have_text("1 chosen")
    keys(office, "r")
    office.locator("#bulk-dialog textarea").fill("演示·不属本街道")
    office.locator("#bulk-dialog .btn-danger").press("Enter")
    toast(office, "1 case rejected")
    expect(office.locator("[data-gone]", has_text="rejected")).to_be_visible()
    keys(office, "z")
    toast(office, "It stands in triage again")
    assert same_page(office), "nothing of this needed a reload"

    # Enter on a tick goes to the case; it presses no button of the list
    colleague.locator(f"#{hand} [data-pick]").focus()
    keys(colleague, "Enter")
    at(colleague, r"/console/cases/\d+/")

    # list and case: the place is kept on the way to a case and back
    keys(office, "v")
    expect(office.locator("#board.is-split")).to_be_visible()
    at(office, r"/console/queue/accept/.*split=1.*")
    keys(office, "j", "j")
    beside = office.locator("[data-preview]")
    here = office.locator("#board tr.is-at")
    expect(beside).to_have_attribute("data-preview", str(here.get_attribute("id")).removeprefix("case-"))
    assert_accessible(office)
    kept = here.get_attribute("id")
    keys(office, "Enter")
    at(office, r"/console/cases/\d+/")
    office.go_back()
    expect(office.locator(f"#{kept}.is-at")).to_be_visible()
    expect(beside).to_have_attribute("data-preview", str(kept).removeprefix("case-"))
    keys(office, "v")
    expect(office.locator("#board:not(.is-split)")).to_be_visible()

    # the palette: initials, the row's own acts, a search
    palette(office)
    office.keyboard.type("dsl")
    expect(office.locator("#palette-list [aria-selected=true]")).to_contain_text("To accept")
    assert_accessible(office)
    keys(office, "Enter")
    at(office, "/console/queue/accept/")
    keys(office, "Control+k")
    office.keyboard.type("board story")
    expect(office.locator("#palette-list [aria-selected=true]")).to_contain_text("Board story")
    keys(office, "Enter")
    at(office, r"/console/queue/accept/.*view=\d+.*")

    # a list to take away, of what is chosen
    expect(rows(office).first).to_be_visible()
    keys(office, "j", "x")
    office.locator("#f-export").focus()
    keys(office, "Enter")
    with office.expect_download() as coming:
        office.get_by_role("button", name=".csv").press("Enter")
    file = tmp_path / "list.csv"
    coming.value.save_as(file)
    assert len(file.read_text("utf-8-sig").splitlines()) == 2

    # the view goes again
    office.goto("/console/views/")
    office.get_by_role("button", name="Delete").click()
    office.locator("#confirm [value=yes]").click()
    sees(office, "The view is deleted.")
