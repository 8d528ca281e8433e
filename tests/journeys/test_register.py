"""The register in browsers: entered with its checks, changed by two at once, merged by keys, a file taken in."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import FilePayload, Page, expect
from stdnum.cn import uscc

from tests.journeys.people import People, at, sees

pytestmark = pytest.mark.journey

LIST = "/console/parties/"


def code_of(number: int) -> str:
    text = f"91140106DEMR{number:05}"
    return text + str(uscc.calc_check_digit(text))


def test_the_register(people: People) -> None:
    own = secrets.randbelow(90000) + 10000
    office = people.office("dispatcher")
    shop, address = f"演示·台账小馆{own}", f"演示台账路{own}号"
    page = enter(office, shop, address, code_of(own))
    enter_its_double(office, shop, address)
    merge_by_keys(office, shop, page)
    change_at_once(office, people.office("head"), page)
    take_in_a_file(office, shop, address, own)


def enter(office: Page, name: str, address: str, code: str) -> str:
    """A wrong code is told while it is typed; the right one is taken. The address of the party."""
    office.goto(f"{LIST}new/")
    office.locator("[name=name]").fill(name)
    office.locator("[name=address]").fill(address)
    office.locator("[name=uscc]").fill(code[:-2] + ("0" if code[-2] != "0" else "1") + code[-1])
    office.locator("[name=trade]").fill("餐饮")
    expect(office.locator("#alike")).to_contain_text("wrong")
    office.locator("[name=uscc]").fill(code)
    office.locator("[name=hours_1]").fill("9-14, 17-2")
    expect(office.locator("#alike")).to_contain_text("sound and not in the register")
    office.get_by_role("button", name="Save").click()
    at(office, rf"{LIST}\d+/")
    sees(office, name, "09:00-14:00, 17:00-02:00")
    return office.url


def enter_its_double(office: Page, name: str, address: str) -> None:
    """A likely double has to be confirmed as another party."""
    office.goto(f"{LIST}new/")
    office.locator("[name=name]").fill(f"{name}店")
    office.locator("[name=address]").fill(address)
    office.get_by_role("button", name="Save").click()
    sees(office, "Is it one of these?", "same address")
    expect(office.locator("[name=name]")).to_have_value(f"{name}店")
    office.locator("#another").check()
    office.get_by_role("button", name="Save").click()
    at(office, rf"{LIST}\d+/")


def merge_by_keys(office: Page, name: str, page: str) -> None:
    """From the list of doubles, without the mouse; the old address leads to the one that stays."""
    office.goto(f"{LIST}?text={name}店")
    gone = str(office.locator("a[data-open]").get_attribute("href"))
    office.goto(f"{LIST}doubles/")
    row = office.locator("tr[data-row]", has_text=f"{name}店")
    row.locator("[data-open]").focus()
    office.keyboard.press("m")
    at(office, rf"{LIST}\d+/merge/")
    office.locator("[name=reason]").fill("演示·同一家店录了两次")
    office.keyboard.press("Escape")
    office.keyboard.press("m")
    sees(office, "Merged.")
    at(office, f"{LIST}doubles/")
    office.goto(gone)
    assert office.url == page
    sees(office, f"{name}店", "took in another entry")


def change_at_once(office: Page, head: Page, page: str) -> None:
    """Both have the form open; the second to save is told, and nothing typed is lost."""
    for person in (office, head):
        person.goto(f"{page}edit/")
    head.locator("[name=trade]").fill("餐饮·面食")
    head.locator("[name=phone]").fill("139****0001")
    head.get_by_role("button", name="Save").click()
    sees(head, "Saved.")
    office.locator("[name=phone]").fill("139****0002")
    office.locator("[name=person_in_charge]").fill("演示·掌柜")
    office.get_by_role("button", name="Save").click()
    sees(office, "Somebody changed this party while you were typing", "139****0001")
    expect(office.locator("[name=trade]")).to_have_value("餐饮·面食")
    expect(office.locator("[name=phone]")).to_have_value("139****0002")
    expect(office.locator("[name=person_in_charge]")).to_have_value("演示·掌柜")
    office.get_by_role("button", name="Save").click()
    sees(office, "Saved.", "139****0002", "餐饮·面食")


def take_in_a_file(office: Page, name: str, address: str, own: int) -> None:
    """Compared by the worker, a change chosen, a new party added, a bad row told; the same file again adds nothing."""
    table = (
        f"企业名称,统一社会信用代码,经营场所,负责人\n"
        f"演示·新来的{own},{code_of(own + 1)},演示台账路{own}号甲,演示·甲\n"
        f"{name},{code_of(own)},{address},演示·新掌柜\n"
        f"演示·错码{own},123,演示台账路{own}号乙,\n"
    )
    compare(office, table)
    sees(office, "演示·掌柜", "演示·新掌柜")
    office.get_by_role("button", name="Choose all 1").click()
    sees(office, "2 rows are chosen")
    office.get_by_role("button", name="Take the chosen rows in").click()
    office.locator("#confirm [value=yes]").click()
    expect(office.locator(".top .tag").first).to_have_text("done", timeout=30_000)
    compare(office, table)
    expect(office.locator(".tabs a", has_text="already there")).to_contain_text("2")


def compare(office: Page, table: str) -> None:
    office.goto(f"{LIST}files/")
    file = FilePayload(name="parties.csv", mimeType="text/csv", buffer=table.encode("gb18030"))
    office.locator("input[type=file]").set_input_files(file)
    office.locator("main form:has(input[type=file]) button").first.click()
    at(office, rf"{LIST}files/\d+/")
    office.get_by_role("button", name="Compare with the register").click()
    expect(office.locator(".top .tag").first).to_have_text(re.compile("nothing written"), timeout=30_000)
