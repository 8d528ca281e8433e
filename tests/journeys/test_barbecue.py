"""Story 1 in browsers: the barbecue stall, from the report at night to the resident's rating.

Each asks what one of the people sees and what they don't: squads read the office's brief and never the complaint,
a resident reads no name of staff and nothing of others, another street reads nothing at all.
"""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import assert_accessible
from tests.journeys.desks import (
    PLACE,
    accept,
    approve,
    check_after,
    checked,
    choose,
    close_case,
    decide,
    draft,
    issue,
    live,
    not_reloaded,
    party_new,
    report,
    same_page,
    status,
    submit,
)
from tests.journeys.people import Clock, People, at, fits, sees, sees_nothing_of
from tests.journeys.phones import (
    OFFICER,
    acknowledge,
    answer,
    answer_rest,
    card,
    close,
    finish,
    here,
    item,
    part_of,
    report_in,
    rule,
)

pytestmark = pytest.mark.journey

SAID = "楼下烧烤摊半夜油烟呛人，客人划拳吵得孩子睡不着"
NAME, PHONE, FLAT = "演示住户丁", "13900004321", "2单元501"
SECRETS = (SAID, NAME, PHONE, FLAT)
OTHER_SAID = "烧烤摊白天把桌椅堆放在人行道上，轮椅过不去"
BRIEF, OTHER_BRIEF = "夜间露天烧烤，油烟、人声扰民", "占道堆放桌椅"
RESULT = "已责令减少室外桌椅，同时段复查安静；油烟检测达标。"
PAIRS = {
    "streetleader": ("综执队长甲", "综执队员甲"),
    "market1": ("市监队员甲", "市监队员乙"),
    "urban1": ("城管队员甲", "城管队员乙"),
    "fire1": ("消防队员甲", "消防队员乙"),
}
STAFF = ("调度员甲", "主任甲", "核查员甲", *(name for pair in PAIRS.values() for name in pair))


def test_the_barbecue_stall(people: People, clock: Clock) -> None:
    clock.to("22:05")
    stall = f"演示·夜话烧烤{secrets.randbelow(9000) + 1000}"
    dispatcher, head = people.office("dispatcher"), people.office("head")
    party = party_new(dispatcher, stall)
    dispatcher.goto("/console/queue/accept/")
    live(dispatcher)

    # 1 the resident reports, the office sees it arrive and decides
    resident = people.resident()
    reference, link = report(resident, stall, f"{SAID}，电话 {PHONE}，3号楼{FLAT}", name=NAME, phone=PHONE, shot=True)
    resident.goto(link)
    sees(resident, reference)
    arrives(dispatcher, reference)
    case = triage(dispatcher, reference, stall)
    shares_the_photo(dispatcher, case)

    # 2 the whistle goes before the approval; each squad's phone knows at once
    phones = {name: people.squad(name, place=PLACE) for name in PAIRS}
    for phone in phones.values():
        live(phone)
        not_reloaded(phone)
    order = draft(dispatcher, party)
    issue_at_once(dispatcher)
    parts = {name: called(phone, stall) for name, phone in phones.items()}
    approve(head, order)

    # 3 on scene: certificates, own checklists, a value against its limit, a sample
    street, market, urban = (phones[name] for name in ("streetleader", "market1", "urban1"))
    first_try_is_refused(street, parts["streetleader"])
    for name, phone in phones.items():
        report_in(phone, parts[name], *PAIRS[name], person="演示·摊主")
    only_own_items(market, street, parts["streetleader"])
    voices_fail(street)
    noise_against_limit(urban)
    seal = f"净化器排口，封签{secrets.token_hex(3)}"
    sample(urban, seal)
    *_, last = phones
    for name, phone in phones.items():
        answer_rest(phone)
        if name == last:
            waits_for_the_last(street, parts["streetleader"])
        finish(phone)
    sees(street, "All squads are through")
    expect(street.locator("[name=outcome][value=done]")).to_be_checked()
    expect(street.locator("[name=note]")).to_have_value("演示·等最后一队")
    assert same_page(street)
    close(street, parts["streetleader"], "核对无误")
    rectify(street)
    outsiders_see_nothing(people, case, order, parts["streetleader"])

    # 4 the laboratory
    clock.to("15:00", days=2)
    laboratory(people.squad("lab1"), seal)
    dispatcher.goto(case)
    sees(dispatcher, "To recheck", "within the limit")

    # 5 the recheck goes together with a neighbour's complaint
    clock.to("16:00", days=1)
    neighbour = people.resident("neighbour")
    other_reference, other_link = report(neighbour, stall, OTHER_SAID)
    other_case = accept(dispatcher, other_reference)
    dispatcher.goto(f"{other_case}triage/")
    choose(dispatcher, "05-07")
    expect(checked(dispatcher, "target")).to_contain_text(stall)
    decide(dispatcher, OTHER_BRIEF)
    order = draft(dispatcher, party)
    sees(dispatcher, reference, other_reference)
    submit(dispatcher, order)
    approve(head, order)
    issue(dispatcher, order)
    clock.to("21:40")
    recheck(street, stall, PAIRS["streetleader"])
    recheck(urban, stall, PAIRS["urban1"])
    street.goto(f"{part_of_today(street, stall)}close/")
    close(street, ".*/", "已改正")

    # 6 somebody else checks after and closes; the residents read and rate
    clock.to("21:50", days=1)
    checker = people.office("checker")
    check_after(checker, case, "同时段现场安静，门外四桌")
    close_case(checker, case, RESULT)
    reads_and_rates(resident, neighbour, other_link, other_reference)


def arrives(office: Page, reference: str) -> None:
    """It says by itself that something came; the row is shown when asked for."""
    expect(office.locator("#newcomers")).to_contain_text("1 new")
    office.locator("#newcomers a").click()
    expect(office.locator("tr[data-row]", has_text=reference)).to_be_visible()


def triage(office: Page, reference: str, stall: str) -> str:
    """Decided on what is suggested; the address of the case."""
    case = accept(office, reference)
    office.goto(f"{case}triage/")
    sees(office, SAID)
    sees_nothing_of(office, NAME)  # even the office looks at it only for a stated purpose
    expect(checked(office, "category")).to_contain_text("油烟")  # proposed, with the word that led to it
    choose(office, "05-10")  # a person decides
    expect(checked(office, "target")).to_contain_text(stall)
    agencies = office.locator("#agencies label")
    for name in ("Market", "Urban"):
        expect(agencies.filter(has_text=name).locator("input")).to_be_checked()
    agencies.filter(has_text="Fire").locator("input").check()
    office.locator("[data-key='1'] summary").click()
    office.locator("[name=urgency]").select_option("urgent")
    office.locator("summary", has_text="Only at certain hours").click()
    office.locator("[name=hour_from]").fill("21:00")
    office.locator("[name=hour_until]").fill("23:30")
    proposed = office.locator("[name=brief]").input_value()
    assert PHONE not in proposed, "the proposal masks a phone"
    assert FLAT not in proposed, "the proposal masks a flat"
    office.locator("[name=brief]").fill(BRIEF)
    office.locator(".decide-bar button").click()
    expect(office.locator("#id_brief_confirmed")).to_have_attribute("aria-invalid", "true")  # nobody confirmed it
    expect(office.locator("[name=brief]")).to_have_value(BRIEF)
    decide(office, BRIEF)
    return case


def shares_the_photo(office: Page, case: str) -> None:
    """What was drawn over, and one field more by the keys, is coarse in the squads' copy."""
    office.goto(case)
    office.locator("#photos a", has_text="Share with the squads").first.click()
    at(office, rf"{case}photos/\d+/")
    sees(office, "only the office sees this photo")
    place = office.locator("[data-veil]").bounding_box()
    assert place is not None
    step = place["width"] / 16
    office.mouse.move(place["x"] + step * 0.5, place["y"] + step * 0.5)
    office.mouse.down()
    office.mouse.move(place["x"] + step * 3.5, place["y"] + step * 0.5, steps=2)
    office.mouse.up()
    expect(office.locator("[data-veil] input:checked")).to_have_count(4)
    office.keyboard.press("ArrowDown")
    office.keyboard.press("ArrowRight")
    office.keyboard.press("Space")
    expect(office.locator("[data-veil-count]")).to_have_text("Marked fields: 5")
    assert_accessible(office)
    office.get_by_role("button", name="Share with the squads").click()
    expect(office.get_by_alt_text("The photo as the squads see it")).to_be_visible()
    expect(office.locator("[data-veil] input:checked")).to_have_count(5)


def issue_at_once(office: Page) -> None:
    office.get_by_role("button", name="Issue at once").click()
    office.locator("#confirm [data-confirm-yes]").click()
    sees(office, "Issued: the squads are called.", "approval to be made up")


def called(phone: Page, stall: str) -> str:
    """The card has come by itself; the part tells what it is about and nothing of who complained."""
    expect(card(phone, stall)).to_be_visible()
    assert same_page(phone)
    sees_nothing_of(phone, *SECRETS)
    part = part_of(phone, stall)
    acknowledge(phone, stall)
    phone.goto(part)
    at(phone, part)
    sees(phone, BRIEF, "A resident's report. Say no more than that on site.")
    expect(phone.get_by_alt_text("Photo shared by the office")).to_be_visible()
    sees_nothing_of(phone, *SECRETS)
    return part


def first_try_is_refused(phone: Page, part: str) -> None:
    """One certificate and an auxiliary are not two officers; what was typed stays."""
    phone.goto(f"{part}arrive/")
    phone.locator("[name=party_person]").fill("演示·摊主")
    here(phone, "综执队长甲", "协管员甲")
    expect(phone.locator("#arrive .errorlist").first).to_contain_text("协管员甲")
    expect(phone.locator("[name=party_person]")).to_have_value("演示·摊主")
    expect(phone.locator(OFFICER, has_text="协管员甲").locator("input")).to_be_checked()
    at(phone, f"{part}arrive/")


def waits_for_the_last(lead: Page, part: str) -> None:
    """The lead has the closing page open and begins to write while one squad is still at its items."""
    at(lead, f"{part}close/")
    live(lead)
    not_reloaded(lead)
    sees(lead, "Still at their items")
    expect(lead.locator("[name=outcome]:checked")).to_have_count(0)
    lead.locator("[name=note]").fill("演示·等最后一队")


def only_own_items(market: Page, street: Page, foreign: str) -> None:
    """Market supervision answers its own items; another squad's checklist is not there for it."""
    expect(item(market, "Business licence")).to_be_visible()
    expect(item(market, "Voices of guests")).to_have_count(0)
    assert status(market, f"{foreign}visit/") in (403, 404)
    action = str(item(street, "Voices of guests").locator("form").get_attribute("action"))
    token = next(cookie["value"] for cookie in market.context.cookies() if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": market.url}
    assert market.request.post(action, form={"result": "yes"}, headers=headers).status in (403, 404)


def voices_fail(street: Page) -> None:
    answer(item(street, "Voices of guests"), "no", note="门外十二桌，顾客划拳喧哗")
    expect(item(street, "Voices of guests")).to_contain_text("Saved: does not conform")


def noise_against_limit(urban: Page) -> None:
    """At night the limit of zone 2 holds; the verdict is said while typing."""
    noise = item(urban, "Noise of equipment")
    expect(noise).to_contain_text("50 dB(A)")
    noise.locator("[name=value]").fill("53")
    expect(noise.locator("[data-verdict]")).to_contain_text("3 dB(A) over the limit")
    answer(noise, value="46")
    expect(noise.locator("[data-verdict]")).to_contain_text("within the limit")
    expect(noise).to_contain_text("Saved: conforms")


def sample(urban: Page, seal: str) -> None:
    """The fumes go to the laboratory."""
    fumes = item(urban, "Concentration of cooking fumes")
    fumes.locator("[name=laboratory]").first.check()
    fumes.locator("[name=sample]").fill(seal)
    fumes.get_by_role("button", name="Send to the laboratory").click()
    fumes.get_by_role("link", name="Call the test off").click()  # it could be; here somebody only looks
    expect(urban.locator("[name=reason]")).to_be_visible()
    assert_accessible(urban)
    fits(urban)
    urban.go_back()
    expect(fumes).to_contain_text("commissioned")


def rectify(street: Page) -> None:
    """The competent agency orders a plan: fewer tables outside, by a day."""
    at(street, r"/field/finding/\d+/")
    rule(
        street,
        "rectification",
        reason="首次，情节轻微，限期改正",
        measures="室外桌椅减至四张，22时后不在门外经营",
        days=3,
    )
    sees(street, "责改字", "室外桌椅减至四张")
    sees_nothing_of(street, *SECRETS)


def outsiders_see_nothing(people: People, case: str, order: str, part: str) -> None:
    """Another street's office and squad: as if none of it existed. A resident's phone: neither."""
    for page in (people.office("dispatcher2"), people.squad("xstreet1")):
        for path in (case, order, part):
            assert status(page, path) in (403, 404), (page.url, path)
    assert status(people.office("dispatcher2"), case) == 404
    assert status(people.office("dispatcher2"), order) == 404
    assert status(people.squad("xstreet1"), part) == 404


def laboratory(technician: Page, seal: str) -> None:
    """It tests a sample, within the limit; it knows neither complaint nor complainant."""
    technician.goto("/field/tests/")
    at(technician, "/field/tests/")
    technician.locator("article", has_text=seal).get_by_role("link", name="Enter the report").click()
    technician.locator("[name=value]").fill("1.2")
    expect(technician.locator("[data-verdict]")).to_contain_text("within the limit")
    sees_nothing_of(technician, *SECRETS)
    technician.locator("[name=method]").fill("HJ 1077-2019")
    technician.locator("[name=report_number]").fill("演示检-001")
    technician.get_by_role("button", name="Send the report").click()
    sees(technician, "The report is in.")


def part_of_today(phone: Page, stall: str) -> str:
    phone.goto("/field/")
    return part_of(phone, stall)


def recheck(phone: Page, stall: str, pair: tuple[str, ...]) -> None:
    """The same people, the same hour; what failed and what the neighbour spoke of, in one visit."""
    part = part_of_today(phone, stall)
    acknowledge(phone, stall)
    report_in(phone, part, *pair)
    sees_nothing_of(phone, *SECRETS, OTHER_SAID)
    answer_rest(phone)
    finish(phone)


def reads_and_rates(resident: Page, neighbour: Page, other_link: str, other_reference: str) -> None:
    """The result in the office's words, no names, nothing of the other; five of five."""
    sees(resident, RESULT)  # it came by itself: the page was open all the time
    resident.reload()
    sees_nothing_of(resident, *STAFF, OTHER_SAID, other_reference)
    resident.locator("[name=contacted][value=yes] + label").click()
    resident.locator("[name=solved][value=yes] + label").click()
    resident.locator("[name=satisfied][value='5'] + label").click()
    resident.locator("#rate-form [name=words]").fill("终于安静了")
    resident.locator("button[form=rate-form]").click()
    expect(resident.locator("#rate-form")).to_have_count(0)
    neighbour.goto(other_link)
    sees(neighbour, other_reference)
    sees_nothing_of(neighbour, *STAFF, *SECRETS, RESULT, "终于安静了")
