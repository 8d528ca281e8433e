"""What squads do on their phones, one small function an act."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import at, sees

OFFICER = "label:has([name=officers])"


def card(phone: Page, party: str) -> Locator:
    """The card of the party on the page of today."""
    return phone.locator("article.card", has_text=party)


def part_of(phone: Page, party: str) -> str:
    """The address of this squad's part in the visit to the party."""
    return str(card(phone, party).locator("h2 a").get_attribute("href"))


def acknowledge(phone: Page, party: str) -> None:
    """With one touch on the card; the next step takes its place."""
    card(phone, party).get_by_role("button", name="Acknowledge").click()
    expect(card(phone, party)).to_contain_text("Report in")


def here(phone: Page, *names: str) -> None:
    """Tick exactly these people beside oneself and report."""
    for box in phone.locator(OFFICER).all():
        mine = any(name in box.inner_text() for name in names)
        box.locator("input").set_checked(mine)
    phone.locator("button[form=arrive]").click()


def report_in(phone: Page, part: str, *names: str, person: str = "") -> None:
    """On scene with these members of the squad, certificates shown."""
    phone.goto(f"{part}arrive/")
    expect(phone.locator("[data-geo-lat]")).not_to_have_value("")
    phone.locator("[name=identity_shown]").check()
    if person:
        phone.locator("[name=party_person]").fill(person)
    here(phone, *names)
    at(phone, f"{part}visit/")
    sees(phone, "You are on scene")


def item(phone: Page, text: str) -> Locator:
    return phone.locator("section.item", has_text=text)


def answer(box: Locator, result: str = "yes", *, note: str = "", value: str = "") -> None:
    """One item: the note, the value, what was chosen, then the verdict; it saves itself."""
    if note or box.get_by_text("photo wanted").count():
        box.locator("[name=note]").fill(note or "现场核对无误")
    if (choices := box.locator("[name=text_value] + label")).count():
        choices.first.click()
    if (measured := box.locator("[name=value]")).count():
        limit = box.locator("[data-measure]").get_attribute("data-limit")
        measured.fill(value or str(Decimal(limit) - 6 if limit else 3))
        measured.blur()
    box.locator(f"[name=result][value={result}] + label").click()


def answer_rest(phone: Page) -> None:
    """Whatever has no answer yet is in order."""
    open_ones = phone.locator("section.item:not(:has(.item-state .help)):has([data-item])")
    for name in open_ones.evaluate_all("items => items.map(item => item.id)"):
        answer(phone.locator(f"#{name}"))
    expect(phone.locator(".bottom")).to_contain_text("Our part is finished")


def finish(phone: Page) -> None:
    phone.get_by_role("button", name="Our part is finished").click()
    sees(phone, "Your part is finished.")


def close(phone: Page, part: str, opinion: str) -> None:
    """The lead closes the visit with what the party says."""
    at(phone, f"{part}close/")
    phone.locator("[name=outcome][value=done]").check()  # not chosen beforehand while another squad is at its items
    phone.locator("[name=party_opinion]").fill(opinion)
    phone.locator("button[form=close]").click()
    sees(phone, "The visit is closed.")


def rule(phone: Page, outcome: str, *, reason: str, measures: str = "", days: int | None = None) -> None:
    """Decide on the finding that is open."""
    phone.locator(f"#outcome-{outcome}").check()
    if measures:
        phone.locator("[name=measures]").fill(measures)
    if days is not None:
        phone.locator(f"#due-{days} + label").click()
    phone.locator("[name=reason]").fill(reason)
    phone.get_by_role("button", name="Decide").click()
    sees(phone, "Decided and recorded.")
