"""Three administrators let somebody in and out again, a head of office plans a week; the history shows it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.people import People, at, fits, sees, sees_nothing_of

pytestmark = pytest.mark.journey
SECRET = "wen-miao-jie-2026"


def test_one_makes_one_grants_one_reads(people: People) -> None:
    system = people.office("sysadmin")
    system.goto("/console/admin/")
    sees(system, "Set up your street")
    system.goto("/console/admin/people/new/")
    fill(system, username="jiedao9", name="演示·新调度员")
    system.get_by_role("button", name="Invite").click()
    link = system.locator(".linkbox").inner_text()
    assert_accessible(system)
    system.get_by_role("link", name="Handed over").click()
    at(system, r"/console/admin/people/\d+/")
    page = system.url
    expect(system.get_by_role("link", name="Grant a role")).to_have_count(0)

    security = people.office("secadmin")
    security.goto(page)
    security.get_by_role("link", name="Grant a role").click()
    security.locator("[name=role]").select_option("dispatcher")
    expect(security.locator("[name=squad]")).to_be_hidden()
    security.locator("[name=street]").select_option(label="Miaoqian Street")
    fill(security, reason="演示·新到岗")
    security.get_by_role("button", name="Grant").click()
    sees(security, "Role granted.")

    newcomer = people.resident("newcomer", language="en-US")
    newcomer.goto(link)
    fill(newcomer, password1=SECRET, password2=SECRET + "x")
    newcomer.get_by_role("button").first.click()
    sees(newcomer, "The two are not the same.")
    fill(newcomer, password1=SECRET, password2=SECRET)
    newcomer.get_by_role("button").first.click()
    at(newcomer, "/accounts/login/")
    fill(newcomer, login="jiedao9", password=SECRET)
    newcomer.locator("form:has([name=password]) button").click()
    at(newcomer, "/console/.*")

    auditor = people.office("auditor")
    auditor.goto("/console/admin/history/?text=演示·新调度员")
    sees(auditor, "role granted", "invited", "演示·新到岗")
    sees_nothing_of(auditor, link.rsplit("/", 2)[-2])
    auditor.goto(page)
    expect(auditor.get_by_role("link", name="Edit")).to_have_count(0)

    system.goto(page)
    system.get_by_role("link", name="Deactivate").click()
    fill(system, reason="演示·试用结束")
    system.get_by_role("button", name="Deactivate").click()
    sees(system, "Deactivated.")
    newcomer.goto("/console/")
    at(newcomer, "/accounts/login/")


def test_a_head_plans_the_week(people: People) -> None:
    head = people.office("head")
    head.goto("/console/admin/duty/")
    head.get_by_role("link", name=re.compile("Miaoqian.*team", re.I)).first.click()
    head.get_by_role("link", name="Week after").click()
    head.get_by_role("link", name="Week after").click()
    cell = head.locator("table input").first
    cell.fill("8-20")
    head.get_by_role("button", name="Save the week").click()
    sees(head, "Write turns like 08:00-20:00")
    assert head.locator("table input").first.input_value() == "8-20"
    head.locator("table input").first.fill("08:00-20:00")
    head.get_by_role("button", name="Save the week").click()
    sees(head, "The rota is saved.")
    fits(head)


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)
