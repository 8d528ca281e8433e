"""What is asked for by words, numbers and files tells nobody a field that ``cases.management.sight`` keeps from them.

The pages without questions are walked by ``test_matrix``, the API by ``tests/api/test_access``; here searches, offers
while typing, lists taken out, a look at an identity, and the link of a report.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.urls import reverse
from openpyxl import load_workbook

from cases.management.sight import BY_API_ALONE, FIELDS, PEOPLE
from tests.access.matrix import ROLES
from tests.access.sight import text_of, wrong_in
from tests.access.test_matrix import overheard, undone
from tests.access.world import Street, World

OFFERED = {"party"}
"""Names of the register are offered to whoever describes a place: to residents by their street, to officers on patrol
on every street that their squad serves."""
OFFERS = ("portal:parties", "field:parties", "field:patrol")


def test_every_role_of_the_matrix_is_in_the_table() -> None:
    assert set(PEOPLE) == set(ROLES)
    for name, (_words, cells) in FIELDS.items():
        assert set(cells) <= set(PEOPLE), name
        assert set(cells.values()) <= {"own", "other", "both"}, name


def questions(street: Street) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and data of everything that is asked with words of this street's rows."""
    signs, names = street.signs, street.names
    words = [
        signs.words,
        signs.brief,
        signs.flat,
        names["party"],
        names["case"],
        names["order"],
        signs.phone,
        signs.name,
    ]
    for word in words:
        yield "GET", reverse("console:search"), {"q": word}
        yield "POST", reverse("console:search_live"), {"q": word}
    yield "POST", reverse("console:search"), {"q": signs.phone}
    for name, field in (
        ("console:parties", "text"),
        ("console:party_doubles", "text"),
        ("console:party_alike", "name"),
        ("console:party_points", "text"),
        ("console:intake_parties", "party_name"),
        ("field:parties", "q"),
        ("field:patrol", "q"),
        ("portal:parties", "q"),
    ):
        yield "GET", reverse(name), {field: names["party"]}
    yield "GET", reverse("console:intake_addresses"), {"address": signs.address[:4]}
    yield "GET", reverse("console:queue", args=["all"]), {"text": signs.brief}
    yield "GET", reverse("console:board"), {"text": names["party"]}
    yield "GET", reverse("console:map_points"), {"bbox": "112,37,113,38", "zoom": "18"}
    yield "GET", reverse("console:map_points"), {"show": "parties", "bbox": "112,37,113,38", "zoom": "18"}
    yield "GET", reverse("console:party_export"), {"format": "csv"}
    yield "POST", reverse("console:intake_alike"), {"text": f"演示·烧烤{signs.words}", "address": signs.address}
    yield "POST", reverse("console:export"), {"queue": "all", "kind": "csv"}
    yield "POST", reverse("console:export"), {"queue": "all", "kind": "csv", "pick": [street.case.pk]}
    yield "POST", reverse("portal:lookup"), {"reference": street.complaint.reference, "tail": signs.phone[-4:]}


ASKING = ("dispatcher", "dispatcher_elsewhere", "supervisor_elsewhere", "auditor", "system_admin", "leader", "uncalled")
"""One of each kind: the others are answered like one of these, see ``test_matrix``."""


@pytest.mark.parametrize("role", [*ASKING, "technician", "grid_worker", "nobody", "anonymous"])
def test_questions_tell_no_more_than_pages(role: str, world: World) -> None:
    client = world.clients[role]
    wrong: list[str] = []
    for street in (world.own, world.other):
        for method, url, data in questions(street):
            caches["default"].clear()  # nobody is slowed down
            with undone():
                answer = client.get(url, data) if method == "GET" else client.post(url, data)
                assert answer.status_code < 500, url
                wrong += without_echo(overheard(world, role, url, answer), data, street, url)
    assert not wrong, "\n".join(["", *wrong])


def without_echo(wrong: list[str], data: dict[str, Any], street: Street, url: str) -> list[str]:
    """What somebody typed stands in their own box again: it tells them nothing."""
    typed = " ".join(str(value) for value in data.values())
    echo = street.signs.found_in(typed) | {name for name, word in street.names.items() if word in typed}
    if url in map(reverse, OFFERS):
        echo |= OFFERED
    return [line for line in wrong if not any(f"tells the {name} of" in line for name in echo)]


@pytest.mark.parametrize("role", ROLES)
def test_a_look_at_an_identity(role: str, world: World) -> None:
    """Name and phone in clear, to the office of the street that answers the report, for a purpose."""
    for place, street in (("own", world.own), ("other", world.other)):
        with undone():
            url = reverse("console:complaint_reveal", args=[street.complaint.pk])
            told = {*seen_in(world.clients[role].post(url, {"purpose": "contact"}), street)}
        office = {"dispatcher": "own", "head": "own", "checker": "own", "dispatcher_elsewhere": "other"}
        assert ({"name", "phone"} <= told) is (office.get(role) == place), (role, place, told)
        assert told.isdisjoint({"name", "phone"}) is (office.get(role) != place), (role, place, told)


@pytest.mark.parametrize("role", ROLES)
def test_a_person_s_own_data(role: str, world: World) -> None:
    """Found by the head of the street, and masked by who erases; handed out in clear by the head alone."""
    url = reverse("console:admin_persons")
    for place, street in (("own", world.own), ("other", world.other)):
        with undone():
            found = {*seen_in(world.clients[role].post(url, {"q": street.complaint.reference}), street)}
            given = {
                "q": street.complaint.reference,
                "act": "export",
                "pick": street.complaint.pk,
                "purpose": "request",
            }
            book = words_of(world.clients[role].post(url, given))
        may_find = role == "security_admin" or (role == "head" and place == "own")
        assert ("masked phone" in found) is may_find, (role, place)
        assert found.isdisjoint({"name", "phone", "words"})
        assert (street.signs.phone in book) is (role == "head" and place == "own"), (role, place)


@pytest.mark.parametrize("place", ["own", "other"])
def test_who_holds_the_link_reads_that_report_alone(place: str, world: World) -> None:
    mine, another = (world.own, world.other) if place == "own" else (world.other, world.own)
    told: set[str] = set()
    for name in ("portal:private", "portal:withdraw", "portal:slip"):
        answer = world.clients["anonymous"].get(reverse(name, args=[mine.token]))
        told |= {*seen_in(answer, mine)}
        assert not {*seen_in(answer, another)}, name
        assert another.token not in text_of(answer)
    assert {"words", "photo"} <= told
    assert told.isdisjoint({"name", "phone", "original", "brief", "order"}), told


def test_the_pages_tell_each_what_the_table_says(world: World) -> None:
    """The other half: whom the table names is told, on a page of the own work."""
    pages = {
        "console:case": "case",
        "console:triage": "case",
        "console:order": "order",
        "console:party": "party",
        "field:part": "lead part",
        "field:order": "order",
        "field:lab": "test",
    }
    for role in ROLES:
        for street in (world.own, world.other):
            for name, subject in pages.items():
                url = reverse(name, args=[street.rows[subject]])
                overheard(world, role, url, world.clients[role].get(url))
            for url in (
                reverse("field:part", args=[street.rows["joint part"]]),
                reverse("field:labs"),
                reverse("console:case_photo", args=[street.rows["case"], street.rows["veiled photo"]]),
                f"{reverse('console:search')}?q={street.names['case']}",
                f"{reverse('console:search')}?q={street.signs.flat}",
            ):
                overheard(world, role, url, world.clients[role].get(url))
    lacking = [
        (role, name, place)
        for name, (_words, cells) in FIELDS.items()
        for role, cell in cells.items()
        if role not in BY_API_ALONE.get(name, ())
        for place in (["own", "other"] if cell == "both" else [cell])
        if (role, name, place) not in world.told.met
    ]
    assert not lacking, "\n".join(map(str, lacking))


def seen_in(answer: Any, street: Street) -> Iterator[str]:
    yield from street.signs.found_in(text_of(answer))


def words_of(answer: Any) -> str:
    """The cells of a workbook, or the answer itself."""
    if "spreadsheet" not in answer.headers.get("Content-Type", ""):
        return ""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    book = load_workbook(io.BytesIO(body))
    return " ".join(str(cell) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for cell in row)


def test_a_sign_that_may_not_be_told_is_found(world: World) -> None:
    """The walk sees what it looks for."""
    text = f"{world.own.signs.words} {world.own.signs.phone}"
    wrong = wrong_in(world.told, "nobody", "own", world.own.signs, world.own.names, "/here/", text)
    assert len(wrong) == 2
    for name in ("words", "phone"):
        world.told.met.pop(("nobody", name, "own"))
