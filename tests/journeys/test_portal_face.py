"""The residents' face as people live with it: large type, others' reports, no signal, a lost browser, a slow phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import PHONE, fits, photo, sees_nothing_of
from tests.product import Product

pytestmark = pytest.mark.journey
SPOT = (37.8571, 112.5677)
"""A corner where no party and no other journey's case stands."""
SMALL = """() => [...document.querySelectorAll("body *")].filter((e) => {
  const box = e.getBoundingClientRect();
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return own && box.width > 2 && box.height > 2 && parseFloat(getComputedStyle(e).fontSize) < 18;
}).map((e) => e.outerHTML.slice(0, 90))"""
TOUCHED = "a[href], button, select, input:not([type=hidden]), textarea, summary"
LOW = (
    f"""() => [...document.querySelectorAll("{TOUCHED}")]"""
    + """.filter((e) => {
  const box = e.getBoundingClientRect(), look = getComputedStyle(e);
  if (box.width < 3 || look.opacity === "0" || e.tabIndex < 0 || e.classList.contains("skip")) return false;
  const label = e.closest("label") ?? (e.id && document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
  const tall = ["checkbox", "radio"].includes(e.type) && label ? label.getBoundingClientRect().height : box.height;
  return tall < 59.5;
}).map((e) => e.outerHTML.slice(0, 90))"""
)


@dataclass
class Phones:
    """Phones of residents, each of its own; complaints of a page are not watched: the signal is cut on purpose."""

    browser: Browser
    url: str
    contexts: list[BrowserContext]

    def new(self, *, elder: bool = False, javascript: bool = True, state: object = None) -> Page:
        context = self.browser.new_context(
            base_url=self.url,
            viewport=PHONE,
            locale="zh-CN",
            java_script_enabled=javascript,
            geolocation={"latitude": SPOT[0], "longitude": SPOT[1], "accuracy": 12},
            permissions=["geolocation"],
            storage_state=state,  # type: ignore[arg-type]
        )
        context.set_default_timeout(15_000)
        if elder:
            context.add_cookies([{"name": "elder", "value": "1", "url": self.url}])
        self.contexts.append(context)
        return context.new_page()


@pytest.fixture
def phones(browser: Browser, product: Product) -> Iterator[Phones]:
    made = Phones(browser, product.url, [])
    yield made
    for context in made.contexts:
        context.close()


def large(page: Page) -> None:
    """Large type holds on this page: 18 px, 60 px targets, line 1.5, nothing that floats over it."""
    fits(page)
    assert page.evaluate(SMALL) == [], page.url
    assert page.evaluate(LOW) == [], page.url
    high, size = page.evaluate("[getComputedStyle(document.body).lineHeight, getComputedStyle(document.body).fontSize]")
    assert float(high[:-2]) >= 1.5 * float(size[:-2]) - 0.1
    assert page.locator("dialog[open]").count() == 0
    expect(page.locator("a.call-big[href^='tel:']")).to_be_visible()


def to_the_last_step(page: Page, text: str, check: bool = False) -> None:
    page.goto("/report/")
    page.locator("[name=kinds][value=noise] + label").click()
    page.locator("[name=text]").fill(text)
    if check:
        large(page)
    page.locator(".bottom .btn-main").click()
    page.wait_for_url("**/report/where/")
    page.locator("[data-geo-ask]").click()
    expect(page.locator("[data-geo-lat]")).not_to_have_value("")
    if check:
        large(page)
    page.locator(".bottom .btn-main").click()
    page.wait_for_url("**/report/send/")


def sent(page: Page) -> tuple[str, str]:
    page.locator(".bottom .btn-main").click()
    page.wait_for_url("**/report/done/")
    return page.locator(".refno").inner_text().strip(), page.locator("#link").input_value()


def shelved(page: Page, photos: int) -> None:
    """So many photos lie on the phone's shelf, once the page's scripts are there."""
    page.wait_for_function("async n => (await globalThis.photoShelf?.all())?.length === n", arg=photos)


def test_a_grandmother_reports_and_a_neighbour_joins(phones: Phones, product: Product) -> None:
    hers = phones.new()
    hers.goto("/")
    hers.locator("header button[name=elder]").click()  # remembered from here on
    large(hers)
    to_the_last_step(hers, "演示·夜里楼下音响一直响，噪声很大", check=True)
    large(hers)
    hers.locator("[name=phone]").fill("13800002468")
    first, link = sent(hers)
    large(hers)
    hers.context.grant_permissions(["geolocation", "clipboard-read", "clipboard-write"], origin=product.url)
    hers.locator("[data-copy]").click()
    expect(hers.locator("[data-copy-out]")).not_to_be_empty()
    assert hers.evaluate("navigator.clipboard.readText()") == link  # the button does what it says
    read_aloud = " ".join(hers.locator(".spoken span").all_inner_texts())
    assert len(read_aloud.split()) == 3
    hers.goto(link)
    large(hers)
    his = phones.new()
    to_the_last_step(his, "演示·楼下音响噪声太大，睡不着")
    offer = his.locator(".same label", has_text="噪")
    expect(offer).to_have_count(1)
    sees_nothing_of(his, first, "13800002468", "夜里楼下")
    offer.click()
    second, _his_link = sent(his)
    assert second != first
    expect(his.locator(".status")).to_contain_text("一起办理")
    told = "from cases.models import Case; print(Case.objects.get(reference={!r}).complaints.count())"
    assert product.manage("shell", "--verbosity=0", "-c", told.format(first)).strip() == "2"
    # by telephone: the reference as it is said, and the end of the number she left
    his.goto("/lookup/")
    his.locator("#id_what").fill(read_aloud)
    his.locator("#id_tail").fill("2468")
    his.locator(".bottom .btn-main").click()
    expect(his.locator("h2.where-now")).to_be_visible()
    sees_nothing_of(his, "夜里楼下", "13800002468", link)


def test_in_a_flood_the_phone_works_while_one_reads(phones: Phones, product: Product) -> None:
    there = "from dispatch.web import flood; from django.core.cache import cache; cache."
    product.manage("shell", "--verbosity=0", "-c", there + "set(flood._key(0), 10**6, 600)")
    try:
        page = phones.new()
        to_the_last_step(page, "演示·洪峰里的一件")
        expect(page.locator("[data-flood-work]")).not_to_have_value("")
        sent(page)
        plain = phones.new(javascript=False)
        plain.goto("/report/")
        plain.locator("[name=text]").fill("演示·没有脚本")
        plain.locator(".bottom .btn-main").click()
        plain.locator("[name=address]").fill("演示路口")
        plain.locator(".bottom .btn-main").click()
        plain.locator(".bottom .btn-main").click()
        expect(plain.get_by_role("alert")).to_contain_text("20")
        fits(plain)
    finally:
        product.manage("shell", "--verbosity=0", "-c", there + "delete(flood._key(0))")


def test_no_signal_loses_neither_words_nor_photos(phones: Phones) -> None:
    page = phones.new()
    page.goto("/report/")
    page.locator("[name=text]").fill("演示·工地半夜施工")
    page.context.set_offline(True)
    page.locator("#photos").set_input_files(photo("no signal yet"))
    expect(page.locator(".shot .again")).to_be_visible()
    page.locator(".bottom .btn-main").click()
    expect(page.locator("[data-sending-state]")).to_contain_text("没有信号")
    expect(page.locator("[name=text]")).to_have_value("演示·工地半夜施工")
    page.context.set_offline(False)
    expect(page.locator(".shot button[name=remove]")).to_be_visible()  # tried again by itself
    page.locator(".bottom .btn-main").click()
    page.wait_for_url("**/report/where/")
    state = page.context.storage_state()
    page.context.close()  # the browser is closed, the phone was off over night
    again = phones.new(state=state)
    again.goto("/")
    again.locator("a[href='/report/']").click()
    expect(again.locator("[name=text]")).to_have_value("演示·工地半夜施工")
    expect(again.locator(".shot")).to_have_count(1)
    again.context.clear_cookies()  # the browser forgot: what this page has typed is kept, and it says so
    again.goto("/report/where/")
    expect(again.locator(".msg")).to_contain_text("只保留一天")


def test_photos_that_had_not_arrived_outlive_a_closed_page(phones: Phones) -> None:
    page = phones.new()
    page.goto("/report/")
    page.locator("[name=text]").fill("演示·楼道堆物")
    page.context.set_offline(True)
    page.locator("#photos").set_input_files(photo("closed too early"))
    expect(page.locator(".shot .again")).to_be_visible()
    shelved(page, 1)
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto("/report/")
    expect(page.locator(".shot button[name=remove]")).to_be_visible()  # here again, sent by itself
    shelved(page, 0)
    page.reload()
    expect(page.locator(".shot")).to_have_count(1)
    # Whoever forgets the report forgets them, too.
    page.context.set_offline(True)
    page.locator("#photos").set_input_files(photo("not to be kept"))
    shelved(page, 1)
    page.context.set_offline(False)
    page.goto("/report/clear/")
    page.locator("button[form=clear-form], #clear-form button").click()
    page.goto("/report/")
    shelved(page, 0)
    expect(page.locator(".shot")).to_have_count(0)


def test_photos_of_an_answer_outlive_a_closed_page(phones: Phones) -> None:
    page = phones.new()
    to_the_last_step(page, "演示·后巷堆物")
    _reference, link = sent(page)
    page.goto(link)
    box = page.locator("details:has(#add-form)")
    box.locator("summary").click()
    page.locator("#add-form [name=text]").press_sequentially("今天更多了")
    page.context.set_offline(True)
    page.locator("#more-photos").set_input_files(photo("closed before it was sent"))
    shelved(page, 1)
    assert page.evaluate("async () => !JSON.stringify(await photoShelf.all()).includes(location.pathname)")
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(link)
    expect(box.locator(".shot button[name=remove]")).to_be_visible()  # here again, its fold open, sent by itself
    expect(page.locator("#add-form [name=text]")).to_have_value("今天更多了")
    shelved(page, 0)
    # One that never arrives by itself rides with the answer, and is forgotten with it.
    page.route("**/photos/", lambda route: route.abort())
    page.locator("#more-photos").set_input_files(photo("rides with the answer"))
    expect(box.locator(".shot .again")).to_be_visible()
    box.locator("button[type=submit]").last.click()
    expect(page.locator(".msg-success")).to_be_visible()
    shelved(page, 0)
    expect(box.locator(".shot")).to_have_count(0)
    expect(page.locator("details:has(.shots a), details .shots .shot")).not_to_have_count(0)


def test_switches_keep_what_was_typed_without_javascript(phones: Phones) -> None:
    page = phones.new(javascript=False)
    page.goto("/report/")
    page.locator("[name=text]").fill("演示·占道经营")
    page.locator("#photos").set_input_files(photo("kept by a switch"))
    page.locator("header button[value='language:en']").click()
    expect(page.locator("h1")).to_have_text("What do you see?")
    expect(page.locator("[name=text]")).to_have_value("演示·占道经营")
    expect(page.locator(".shot")).to_have_count(1)
    page.locator("header button[value='elder:1']").click()
    expect(page.locator("html[data-mode=elder]")).to_have_count(1)
    page.locator("footer button[value='theme:dark']").click()
    expect(page.locator("html[data-theme=dark][data-mode=elder]")).to_have_count(1)
    expect(page.locator("[name=text]")).to_have_value("演示·占道经营")
    page.locator(".bottom .btn-main").click()
    page.locator("[name=address]").fill("演示路口")
    page.locator("header button[value='language:zh-hans']").click()
    expect(page.locator("[name=address]")).to_have_value("演示路口")
    page.locator(".bottom .btn-main").click()
    page.locator("[name=phone]").fill("13800001357")
    page.locator("header button[value='elder:0']").click()
    expect(page.locator("[name=phone]")).to_have_value("13800001357")
    reference, _link = sent(page)
    assert re.fullmatch(r"\d{6}-\d{4,}", reference)


def test_the_first_page_is_light_on_a_slow_network(phones: Phones) -> None:
    """Weight only: how long it takes is measured by ``python -m bench phone``, not here."""
    page = phones.new()
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    page.goto("/", wait_until="load")
    weight = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    assert 0 < weight <= 60 * 1024
    page.locator("a[href='/report/']").click()
    expect(page.locator("#photos")).to_be_attached()
