"""Every page of the three faces, for every role, in both languages: translated, accessible, no wider than the window.

A walk along the links: each role visits each address of the faces once. The first visitor of a page in a language
opens it in the browser; those after read its text alone.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, get_resolver, resolve, reverse
from playwright.sync_api import FilePayload, Page

from dispatch.console.bulk import BULK
from dispatch.console.orderbulk import ORDER_BULK
from tests.journeys.axe import assert_accessible
from tests.journeys.desks import PLACE, report
from tests.journeys.language import Data, data_of, left_in_chinese, left_in_english, texts_of, translated
from tests.journeys.people import People, fits
from tests.product import Product

pytestmark = pytest.mark.journey

FACES = ("console", "field", "portal")
OFFICE = ("dispatcher", "head", "checker", "supervisor", "auditor", "sysadmin", "secadmin")
SQUADS = ("streetleader", "urban1", "fire1", "market1", "lab1", "grid1", "aux1")
HEADINGS = ("工单编号", "来电内容")
"""Of the hotline's file, shown as they stand there."""
SAID = (
    *HEADINGS, "门口堆满纸箱", "门口堆满纸箱，行人绕行", "（并）迎综执责改字〔2026〕第001号",
)  # fmt: skip
"""What this walk itself types, and the example of a paper's number: data, wherever they are shown."""
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
PARTS = {
    "console:day_points", "console:case_near", "console:presence", "console:search_live",
    "console:newcomers", "console:rail", "console:rows", "console:preview", "console:triage_agencies",
    "console:triage_parties", "console:import_progress", "field:parties", "portal:parties", "portal:code",
    "console:triage_first", "field:order", "field:task", "field:whistle", "field:manifest", "field:worker",
    "console:intake_parties", "console:intake_addresses", "console:import_refused", "console:admin_leave_end",
    "console:admin_clock_withdraw", "console:map_points", "console:party_alike", "console:party_points",
    "console:party_file_progress", "console:year_plan_progress", "console:year_plan_refused",
    "console:year_plan_withdraw",
    "console:party_export", "console:party_file_refused", "field:sample_off",
}  # fmt: skip
"""Pieces of a page that scripts ask for, a picture, addresses that lead on to another page, and three pages of a
moment: a handling task under way, which ``test_live`` looks at, a test to call off, which ``test_barbecue`` opens, and
a published plan to take back, which ``tests/console/test_year_plans.py`` does."""
POSTED = {
    "console:undo", "console:export", "console:view_change", *(f"console:bulk_{act}" for act in BULK),
    *(f"console:order_bulk_{act}" for act in ORDER_BULK),
    "console:triage_hold", "console:triage_undo", "console:triage_brief", "console:intake_alike",
    "console:notices_read", "console:message_retry", "console:outbox_retry", "console:party_different",
    "console:day_make", "console:day_confirm", "console:day_insert", "console:day_move",
    "console:party_doubles_look", "console:party_file_choose", "console:year_plan_publish",
    "field:acknowledge", "field:photos", "field:finish", "field:item", "field:sample", "field:notices_read",
    "portal:photos", "portal:private_photos", "field:photo",
    "console:admin_calendar_remove", "console:admin_duty_copy", "console:admin_webhook_test",
    "console:admin_delivery_retry",
}  # fmt: skip
"""Only sent to, never opened."""
FIRST = {"dispatcher", "streetleader", "urban1"}
HUBS = {
    "console:queue": 11,
    "console:case": 10,
    "console:order": 6,
    "field:today": 3,
    "field:part": 12,
    "field:visit": 4,
}
"""Pages that look different by where a case stands: so many of each are read, by the first of their role."""
BESIDE = {
    "console:admin_person": ("reopen/", "sign-out/"),
    "console:admin_item": ("limit/", "replace/", "end/"),
    "console:admin_category": ("words/",),
    "console:case": ("accept/", "close/", "settle/", "resume/", "take-back/", "check-after/"),
    "console:order": ("submit/", "approve/", "send-back/", "issue/", "../../tests/1/cancel/"),
    "console:part_reassign": ("../call-again/",),
    "field:me": ("../offline/",),
    "field:part": ("close/", "task/", "return/", "record/"),
    "field:visit": ("../finding/",),
}
"""Pages that a button leads to only at the right moment."""
OUTSIDE = (
    "account_login", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done",
    "account_inactive", "account_signup",
)  # fmt: skip
INSIDE = (
    "account_sessions", "account_email", "account_change_password", "account_logout", "account_reauthenticate",
    "mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn",
)  # fmt: skip
"""Pages of accounts without and with a sign-in; those that need a factor or a link of a mail are in ``test_doors``."""
LINKS = """[...Array.from(document.querySelectorAll('a[href]'), e => e.getAttribute('href')),
  ...Array.from(document.querySelectorAll('form[action]'), e => e.getAttribute('action'))]"""


@dataclass
class Tour:
    """What was visited and what was wrong there, told at the end all at once."""

    data: Data
    interface: frozenset[str]
    opened: set[tuple[str, str]] = field(default_factory=set)
    visits: int = 0
    faults: list[str] = field(default_factory=list)

    def walk(self, page: Page, name: str, language: str) -> None:
        """Along the links from where the page stands, each address of the faces once."""
        seen: Counter[str] = Counter()
        paths: set[str] = set()
        waiting = deque([urlsplit(page.url).path])
        while waiting:
            path = waiting.popleft()
            view = view_of(path)
            path = path if view == "field:today" else path.split("?")[0]
            if view is None or path in paths or seen[view] >= most(view, name) or view in PARTS | POSTED:
                continue
            paths.add(path)
            links = self.visit(page, path, view, name, language)
            if links is not None:
                seen[view] += 1
                waiting.extend(page_of(urljoin(page.url, link)) for link in links if not link.startswith("#"))
                waiting.extend(urljoin(path, beside) for beside in BESIDE.get(view, ()))

    def visit(self, page: Page, path: str, view: str, name: str, language: str) -> list[str] | None:
        """The page's links; none when it leads elsewhere now or is not for this role."""
        answer = page.request.get(path, headers={"Accept": "text/html"})
        where = urlsplit(answer.url).path
        if answer.status in (403, 405) or view_of(where) != view:
            return None
        html = answer.text()
        self.visits += 1
        if answer.status != 200:
            self.faults.append(f"{name} {language} {path}: {answer.status}")
            return None
        self.read(html, f"{name} {language} {path}", language)
        if (view, language) not in self.opened:
            new = all(known != view for known, _spoken in self.opened)  # colours don't depend on the language
            self.opened.add((view, language))
            page.goto(path)
            self.look(page, f"{name} {language} {path}", language, contrast=new)
            return list(page.evaluate(LINKS))
        return re.findall(r'(?:href|action)="(/[^"]*)"', html)

    def read(self, html: str, where: str, language: str) -> None:
        texts = texts_of(html)
        left = (
            left_in_english(texts, self.data) if language == "zh" else left_in_chinese(texts, self.data, self.interface)
        )
        self.faults += [f"{where}: not translated: {text}" for text in left]

    def look(self, page: Page, where: str, language: str, *, contrast: bool) -> None:
        for check in (fits, partial(assert_accessible, contrast=contrast)):
            try:
                check(page)
            except AssertionError as fault:
                self.faults.append(f"{where}: {fault}")
        self.read(page.content(), where, language)  # what scripts have written, too

    def told(self) -> None:
        once = list(dict.fromkeys(re.sub(r"^\S+ ", "", fault) for fault in self.faults))
        assert not once, f"{len(once)} faults on {self.visits} pages\n" + "\n".join(once)


def view_of(path: str) -> str | None:
    """The name of the address when it belongs to one of the faces."""
    try:
        found = resolve(path.split("?")[0])
    except Resolver404:
        return None
    return found.view_name if found.namespace in FACES else None


def most(view: str, name: str) -> int:
    """How many pages of this view this person reads."""
    return HUBS.get(view, 1) if name in FIRST else min(2, HUBS.get(view, 1))


def page_of(url: str) -> str:
    """Path and query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def all_views() -> set[str]:
    names = set()
    for face in FACES:
        _prefix, resolver = get_resolver().namespace_dict[face]
        names |= {f"{face}:{name}" for name in resolver.reverse_dict if isinstance(name, str)}
    return names


@pytest.fixture(scope="module")
def tour(product: Product) -> Tour:
    known = data_of(product)
    return Tour(Data(known.values | set(SAID), known.plain), translated())


@pytest.mark.parametrize("language", LANGUAGES)
def test_office(people: People, tour: Tour, product: Product, language: str) -> None:
    hotline_file(people.office("dispatcher", language=LANGUAGES[language]))
    planned_day(people.office("dispatcher", language=LANGUAGES[language]))
    doors(people.office("secadmin", language=LANGUAGES[language]))
    known = data_of(product)
    tour.data = Data(known.values | set(SAID), known.plain)
    for name in OFFICE:
        tour.walk(people.office(name, language=LANGUAGES[language]), name, language)
    told_of(tour, "console", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_squads(people: People, tour: Tour, language: str) -> None:
    for name in SQUADS:
        tour.walk(people.squad(name, language=LANGUAGES[language], place=PLACE), name, language)
    told_of(tour, "field", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_residents(people: People, tour: Tour, language: str) -> None:
    resident = people.resident(language=LANGUAGES[language])
    report(resident, "演示·便民超市", "门口堆满纸箱，行人绕行")
    tour.walk(resident, "resident", language)
    resident.goto("/report/")
    resident.locator("[name=text]").fill("门口堆满纸箱，行人绕行")
    resident.locator(".bottom .btn-main").click()
    resident.wait_for_url("**/report/where/")
    tour.walk(resident, "resident", language)
    resident.goto("/report/where/")
    resident.locator("[name=address]").fill("演示路1号")
    resident.locator(".bottom .btn-main").click()
    resident.wait_for_url("**/report/send/")
    tour.walk(resident, "resident", language)
    told_of(tour, "portal", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_accounts(people: People, tour: Tour, language: str) -> None:
    spoken = LANGUAGES[language]
    for page, names in (
        (people.resident(language=spoken), OUTSIDE),
        (people.office("checker", language=spoken), INSIDE),
    ):
        for name in names:
            path = reverse(name)
            page.goto(path)
            assert urlsplit(page.url).path == path, f"{name} leads to {page.url}"
            tour.look(page, f"accounts {language} {path}", language, contrast=True)
    told_of(tour, "accounts", language)


def planned_day(office: Page) -> None:
    """A day of the demo, planned once, so that there are teams to look at."""
    office.goto("/console/day/")
    button = office.locator("form[action='/console/day/make/'] button").first
    with office.expect_navigation() if not office.locator("[data-day-team]").count() else nullcontext():
        button.click()


def hotline_file(office: Page) -> None:
    """A file of one row, so that there is a run to look at."""
    office.goto("/console/imports/")
    row = f"{','.join(HEADINGS)}\n演示240001,门口堆满纸箱\n".encode()
    office.locator("input[type=file]").set_input_files(FilePayload(name="demo.csv", mimeType="text/csv", buffer=row))
    office.locator("main form:has(input[type=file]) button").first.click()
    office.wait_for_url(re.compile(r"/console/imports/\d+/"))
    office.goto("/console/parties/files/")
    office.locator("input[type=file]").set_input_files(FilePayload(name="demo.csv", mimeType="text/csv", buffer=row))
    office.locator("main form:has(input[type=file]) button").first.click()
    office.wait_for_url(re.compile(r"/console/parties/files/\d+/"))
    office.goto("/console/plans/")
    office.locator("select[name=agency]").select_option(index=1)
    office.locator("input[type=file]").set_input_files(FilePayload(name="demo.csv", mimeType="text/csv", buffer=row))
    office.locator("main form:has(input[type=file]) button").first.click()
    office.wait_for_url(re.compile(r"/console/plans/\d+/"))


def doors(security: Page) -> None:
    """A token and a webhook, so that there is one of each to look at; and the page that shows a secret once."""
    security.goto("/console/admin/tokens/new/")
    for name, text in (("account", "dispatcher"), ("name", "演示·热线平台")):
        security.locator(f"[name={name}]").fill(text)
    security.locator("[name=scopes]").first.check()
    security.locator("main form.act button").first.click()
    security.locator(".linkbox").wait_for()
    fits(security)
    assert_accessible(security)
    security.goto("/console/admin/webhooks/new/")
    for name, text in (("account", "head"), ("name", "演示·热线平台"), ("url", "https://hook.example.invalid/in")):
        security.locator(f"[name={name}]").fill(text)
    security.locator("[name=kinds][value='order.escalated']").check()
    security.locator("main form.act button").first.click()
    security.locator(".linkbox").wait_for()


def told_of(tour: Tour, face: str, language: str) -> None:
    """Every page of the face was there to be seen, and nothing was wrong with any."""
    opened = {view for view, spoken in tour.opened if spoken == language}
    missed = {view for view in all_views() if view.startswith(face)} - opened - PARTS - POSTED
    tour.faults += [f"{language} nobody came to {view}" for view in sorted(missed)]
    try:
        tour.told()
    finally:
        tour.faults.clear()
