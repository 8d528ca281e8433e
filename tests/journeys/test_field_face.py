"""The phone in the rain: an urgent call, no signal, a signature by finger, a finding in four taps."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import live
from tests.journeys.people import People, at, fits, photo, sees
from tests.journeys.phones import answer_rest, card, finish, here
from tests.product import Product

pytestmark = pytest.mark.journey

PLACE = (37.8562, 112.5648)
"""A corner of the main street where nobody else of the demo and of the journeys stands."""
EMPTY = """async () =>
    !Object.keys(localStorage).some(key => key.startsWith("wait:"))
    && (await globalThis.photoShelf?.all())?.length === 0"""
OFFLINE = re.compile("ERR_INTERNET_DISCONNECTED|htmx:(afterRequest|sendError|responseError)")
"""What Chromium and htmx remark while the signal is away."""
CALL = """
from cases.models import NeedCause, Target
from cases.services import casefile, needs, orders
from teams.models import Squad, User
from teams.selectors import actor_of
office = actor_of(User.objects.get(username="dispatcher"))
squad = Squad.objects.get(kind="enforcement_team", streets__in=office.streets())
target = Target.objects.create(street_id=min(office.streets()), name="{name}", lat={lat}, lng={lng}, noise_zone=2)
case = casefile.case_open(actor=office, street_id=target.street_id, source="office", title="{name}", urgency="urgent")
casefile.case_move(case=case, action="accept", actor=office, kind="case.accepted")
case.target, case.brief = target, "店外烧烤"
casefile.case_move(case=case, action="plan", actor=office, kind="case.triaged", fields=["target", "brief"])
why = dict(target_id=target.pk, case=case, cause=NeedCause.CASE, agency_ids=[squad.agency_id], urgency="urgent")
needs.need_open(actor=office, **why)
order = orders.order_open(actor=office, target_id=target.pk)
orders.order_issue(actor=office, order_id=order.pk)
"""


@pytest.fixture
def shop() -> str:
    return f"演示·角落小店{secrets.randbelow(9000) + 1000}"


def call(product: Product, name: str) -> None:
    """The office whistles for the street's team alone."""
    product.manage("shell", "-c", CALL.format(name=name, lat=PLACE[0], lng=PLACE[1]))


def touch(phone: Page) -> None:
    """A first touch, somewhere harmless: browsers give sound only after one."""
    phone.locator(".fhead .sub").tap()


def test_from_the_call_to_the_signature(people: People, product: Product, shop: str) -> None:
    phone = people.squad("street1", place=PLACE)
    behind = phone.context.new_page()
    behind.goto("/field/notices/")
    for page in (behind, phone):
        page.bring_to_front()
        touch(page)
        live(phone)
    call(product, shop)

    # 1 It sounds once, on whatever page, without a reload.
    banner = phone.locator("[data-whistle]", has_text=shop)
    expect(banner).to_be_visible()
    for page in (phone, behind):
        expect(page.locator("[data-whistle][data-sound]")).to_be_attached()
    assert sum(page.locator("[data-sound=here]").count() for page in (phone, behind)) == 1
    behind.close()
    banner.get_by_role("button", name="Acknowledge").tap()
    at(phone, r"/field/part/\d+/")
    expect(banner).to_have_count(0)
    part = re.sub(r"^https?://[^/]+", "", phone.url).split("?")[0]
    assert "geo:37.856200,112.564800" in str(phone.locator("[data-way-key=geo]").first.get_attribute("href"))

    # 2 There, with an accuracy, with who counts and why others do not.
    phone.goto(f"{part}arrive/")
    sees(phone, "accurate to 8 m", "position usable", "does not count")
    phone.locator("[name=identity_shown]").check()
    phone.locator("[name=recusal_asked]").check()
    here(phone, "综执队员甲", "综执队员乙")
    at(phone, f"{part}visit/")

    # 3 Without a signal: kept, said so, sent by itself.
    without_signal(phone)
    put_away(phone)
    people.complaints[:] = [line for line in people.complaints if not OFFLINE.search(line)]
    answer_rest(phone)
    finish(phone)

    # 4 The party reads the record and signs.
    at(phone, f"{part}close/")
    sees(phone, "The site record is not signed yet")
    phone.goto(f"{part}record/")
    sees(phone, shop, "综执队员甲", "explained and asked for", "现场已看")
    assert_accessible(phone)
    phone.locator("[name=agrees][value=yes] + label").tap()
    sign(phone, phone.locator("canvas.sign"))
    phone.get_by_role("button", name="Keep opinion and signature").tap()
    sees(phone, "Signed. The record is complete.")
    phone.goto(f"{part}close/")
    sees(phone, "The party signed the site record.")
    phone.locator("button[form=close]").tap()
    sees(phone, "The visit is closed.")


def without_signal(phone: Page) -> None:
    first = phone.locator("form[data-item]").first
    state = phone.locator(".bottom [data-sent]")
    phone.context.set_offline(True)
    expect(state).to_contain_text("No signal")
    first.locator("[name=note]").evaluate("note => { note.closest('details').open = true; }")
    first.locator("[name=note]").fill("现场已看")
    first.locator("[name=result][value=yes] + label").tap()
    expect(state).to_contain_text("No signal · on this phone: 1")
    counted, following = phone.locator("#progress"), phone.locator("a[data-next]")
    expect(counted).to_contain_text("answered 1 of")
    expect(counted).to_contain_text("1 of them not sent yet")
    expect(following).not_to_have_attribute("href", f"#item-{first.get_attribute('data-item')}")
    first.locator("input[type=file]").set_input_files(photo("in the basement"))
    expect(first.locator("[data-shot-state=waits]")).to_have_count(1)
    expect(phone.locator("[data-waiting]")).to_contain_text("Waiting on this phone: 2")
    phone.context.set_offline(False)
    expect(first.locator("[data-shot-state=sent]")).to_have_count(1)
    expect(first.locator(".item-state")).to_contain_text("Saved")
    expect(state).to_contain_text("Delivered")
    expect(counted).to_contain_text("answered 1 of")
    expect(counted).not_to_contain_text("not sent yet")
    # The photo that came after it sends its answer once more: the shelf may fill and empty again meanwhile.
    phone.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('wait:'))")
    phone.reload(wait_until="commit")  # what follows waits for the form itself
    expect(phone.locator("form[data-item]").first.locator("[name=note]")).to_have_value("现场已看")

    # A page left with something kept sends it when it is opened again, once, and stays.
    second = phone.locator("form[data-item]").nth(1)
    checklist = phone.url
    phone.context.set_offline(True)
    second.locator("[name=note]").evaluate("note => { note.closest('details').open = true; }")
    second.locator("[name=note]").fill("现场已看")
    second.locator("[name=result][value=yes] + label").tap()
    expect(state).to_contain_text("No signal · on this phone: 1")
    second.locator("input[type=file]").set_input_files(photo("left behind"))
    expect(second.locator("[data-shot-state=waits][data-shelved]")).to_have_count(1)
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.goto(checklist)
    expect(second.locator("[data-shot-state=sent]")).to_have_count(1)
    expect(second.locator(".item-state")).to_contain_text("Saved")
    expect(phone).to_have_url(checklist)
    expect(state).to_contain_text("Delivered")
    phone.wait_for_function(EMPTY)


def put_away(phone: Page) -> None:
    """Closed in the middle of a word: nothing that was typed is lost, any page of the field sends it."""
    item = phone.locator("form[data-item]").first
    checklist, note = phone.url, item.locator("[name=note]")
    note.evaluate("note => { note.closest('details').open = true; }")
    note.press("End")
    note.press_sequentially("后门堆着纸箱")
    phone.goto("about:blank")
    phone.goto("/field/me/")
    phone.wait_for_function("() => !Object.keys(localStorage).some(key => /^(typed|wait):/.test(key))")
    phone.goto(checklist)
    expect(note).to_have_value("现场已看后门堆着纸箱")


def sign(phone: Page, box: Locator) -> None:
    """A line with the finger."""
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place is not None
    x, y = place["x"], place["y"]
    phone.mouse.move(x + 20, y + 90)
    phone.mouse.down()
    for step in range(1, 9):
        phone.mouse.move(x + 20 + 30 * step, y + 90 + (40 if step % 2 else -40))
    phone.mouse.up()
    expect(phone.locator("[data-sign-state]")).to_have_text("signed")


def test_a_finding_in_four_taps(people: People, product: Product, shop: str) -> None:
    call(product, shop)
    phone = people.squad("street1", place=PLACE)
    taps = 0

    def tap(what: Locator) -> None:
        nonlocal taps
        taps += 1
        what.tap()

    tap(phone.locator(".navbar a", has_text="On patrol"))
    at(phone, "/field/patrol/")
    with phone.expect_file_chooser() as chooser:
        tap(phone.locator(".shoot").first)
    chooser.value.set_files(photo("on patrol"))
    tap(phone.locator(".picks [name=category] + label").first)
    expect(phone.locator("[data-where] [data-sum-t]")).to_contain_text("演示·角落小店")
    tap(phone.get_by_role("button", name="Record it"))
    at(phone, r"/field/finding/\d+/")
    assert taps == 4
    sees(phone, "Recorded as ", "Decide here, or later")
    assert phone.locator("[name=outcome]:checked").count() == 0
    phone.locator("#outcome-rectification").check()
    expect(phone.locator("#outcome-guidance")).to_be_hidden()
    expect(phone.locator(".due:visible")).to_have_count(1)
    sees(phone, "recheck")


def test_nearest_first_on_a_narrow_phone_in_large_type(people: People, product: Product, shop: str) -> None:
    call(product, shop)
    phone = people.squad("street1", place=PLACE)
    expect(card(phone, shop).locator("[data-away]")).to_contain_text("m away")
    phone.locator("[data-order=near]").tap()
    expect(phone.locator("[data-cards] > [data-card]").first).to_contain_text("演示·角落小店")
    phone.goto("/field/me/")
    phone.get_by_role("button", name="Large text").tap()
    sees(phone, "Normal text")
    for size in ((320, 640), (640, 320)):
        phone.set_viewport_size({"width": size[0], "height": size[1]})
        for path in ("/field/", "/field/me/", "/field/patrol/"):
            phone.goto(path)
            fits(phone)
    errors = phone.context.new_cdp_session(phone).send("Page.getInstallabilityErrors")
    assert [e["errorId"] for e in errors["installabilityErrors"] if e["errorId"] != "in-incognito"] == []
