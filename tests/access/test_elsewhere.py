"""Questions of pages, each asked as somebody whom it alone refuses: mostly one who holds the right somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Likeness, Target
from dispatch.console import line
from dispatch.console.frame import office_name
from teams.models import Assignment, Role, Squad
from teams.selectors import actor_of
from tests.access.world import World
from tests.api.client import program_of
from tests.cast import LONG_AGO, person, unchanged

USCC = "91149901MA0000000A"


@pytest.fixture
def two_places(taken_back: World) -> Client:
    """A dispatcher of the other street who is a checker of this one: sees what is here, decides nothing."""
    cast = taken_back.cast
    Assignment.objects.create(user=cast.outsider, role=Role.CHECKER, street=cast.street, starts_on=LONG_AGO)
    return taken_back.clients["dispatcher_elsewhere"]


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.txt", b"no table")


HERE: dict[str, Callable[[World], dict[str, Any]]] = {
    "console:day_make": lambda world: {"day": timezone.localdate().isoformat()},
    "console:imports": lambda _world: {"file": _file()},
    "console:party_files": lambda _world: {"file": _file()},
    "console:party_new": lambda _world: {"kind": "business", "name": "演示·新店"},
    "console:year_plans": lambda world: {"file": _file(), "agency": world.cast.agencies["market"].pk, "year": "2027"},
    "console:party_different": lambda world: _pair(world),
}
"""Page → what is sent to it, beside the street."""


def _pair(world: World) -> dict[str, Any]:
    first, street = world.own.rows["party"], world.cast.street
    second = Target.objects.create(street=street, kind="business", name="演示·又一家").pk
    Likeness.objects.create(first_id=first, second_id=second, street=street, score=90, found_at=timezone.now())
    return {"first": first, "second": second}


@pytest.mark.parametrize("address", HERE)
def test_a_right_held_in_another_street_does_nothing_here(address: str, two_places: Client, taken_back: World) -> None:
    given = {"street": taken_back.cast.street.pk, **HERE[address](taken_back)}
    with unchanged():
        assert two_places.post(reverse(address), given).status_code == 403


def test_a_decision_is_taken_back_where_the_right_is_held_still(two_places: Client, taken_back: World) -> None:
    case, session = taken_back.own.case, two_places.session
    session[line._DONE] = {
        "day": line._today(),
        "count": 1,
        "last": [{"pk": case.pk, "reference": case.reference, "disposition": "inspection"}],
    }
    session.save()
    with unchanged():
        assert two_places.post(reverse("console:triage_undo")).status_code == 403


def test_a_resident_s_rating_is_the_desk_s(taken_back: World) -> None:
    """An officer here who is a dispatcher elsewhere isn't told that there is one."""
    cast, page = taken_back.cast, reverse("console:feedback_decide", args=[taken_back.own.rows["rating"]])
    Assignment.objects.create(user=cast.outsider, role=Role.OFFICER, squad=cast.squads["urban"], starts_on=LONG_AGO)
    assert taken_back.clients["dispatcher_elsewhere"].get(page).status_code == 404


def test_a_laboratory_is_not_told_of_the_visit(taken_back: World) -> None:
    """It sees the order of its sample, and of the visit nothing; the squads on it may, and its lead alone ends it."""
    path, wanted = f"visits/{taken_back.own.order.visits.get().pk}/close/", {}
    for role in ("technician", "dispatcher_elsewhere", "auditor", "joint"):
        program = program_of(taken_back.people[role])
        with unchanged():
            program._send("POST", path, {"outcome": "done"}, {})
        wanted[role] = program.answer.status_code
    assert wanted == {"technician": 404, "dispatcher_elsewhere": 404, "auditor": 403, "joint": 403}


@pytest.mark.parametrize(("address", "row"), [("field:item", "lead item"), ("field:finish", "lead part")])
def test_who_came_as_an_officer_and_helps_out_now_answers_nothing(address: str, row: str, taken_back: World) -> None:
    Assignment.objects.filter(user=taken_back.cast.leader).update(role=Role.AUXILIARY)
    with unchanged():
        answer = taken_back.clients["leader"].post(
            reverse(address, args=[taken_back.own.rows[row]]), {"result": "conforms"}
        )
    assert answer.status_code == 403


# --- rows of another street that are named in a form ---


ROWS = (
    ("console:bulk_accept", "case", "dispatcher"),
    ("console:bulk_assign", "case", "dispatcher"),
    ("console:order_bulk_submit", "order", "dispatcher"),
    ("console:order_bulk_issue", "order", "dispatcher"),
    ("console:order_bulk_approve", "order", "head"),
)


@pytest.mark.parametrize(("address", "row", "role"), ROWS, ids=[row[0] for row in ROWS])
def test_ticked_rows_of_another_street_fall_out(address: str, row: str, role: str, taken_back: World) -> None:
    named = taken_back.other.names[row]
    with unchanged():
        answer = taken_back.clients[role].post(
            reverse(address), {"pick": taken_back.other.rows[row], "sure": "1"}, follow=True
        )
    assert answer.status_code == 200
    assert named not in answer.content.decode()


def test_who_ticks_orders_needs_the_right_of_the_act(taken_back: World) -> None:
    """For the page that asks too, which tells what each is about."""
    for act, role in (("submit", "auditor"), ("approve", "dispatcher"), ("issue", "supervisor")):
        answer = taken_back.clients[role].post(
            reverse(f"console:order_bulk_{act}"), {"pick": taken_back.own.rows["order"]}
        )
        assert answer.status_code == 403, act


def test_who_has_the_code_of_a_party_is_told_in_the_own_street_alone(taken_back: World) -> None:
    foreign = Target.objects.get(pk=taken_back.other.rows["party"])
    Target.objects.filter(pk=foreign.pk).update(uscc=USCC, name="演示·隔壁店")
    sent = {"street": taken_back.cast.street.pk, "kind": "business", "name": "演示·抄号店", "uscc": USCC}
    page = taken_back.clients["dispatcher"].post(reverse("console:party_new"), sent)
    assert page.status_code == 409
    assert "演示·隔壁店" not in page.content.decode()
    Assignment.objects.create(
        user=taken_back.cast.dispatcher, role=Role.CHECKER, street=taken_back.cast.other_street, starts_on=LONG_AGO
    )
    page = taken_back.clients["dispatcher"].post(reverse("console:party_new"), sent)
    assert "演示·隔壁店" in page.content.decode()


def test_a_squad_s_open_work_names_orders_of_the_own_street(taken_back: World) -> None:
    page = reverse("console:admin_squad", args=[taken_back.cast.squads["market"].pk])
    number = taken_back.other.order.number
    told = {role: number in taken_back.clients[role].get(page).content.decode() for role in ("head", "system_admin")}
    assert told == {"head": False, "system_admin": True}


@pytest.mark.parametrize("address", ["field:patrol", "field:parties"])
def test_who_is_left_without_a_squad_is_not_on_patrol(address: str, taken_back: World) -> None:
    """The role runs on, the squad was dissolved."""
    gone = Squad.objects.create(
        agency=taken_back.cast.agencies["fire"], kind="module", name="演示·撤销队", active=False
    )
    client = Client(raise_request_exception=False)
    client.force_login(person("leftover", "无队队员", Role.OFFICER, squad=gone))
    assert client.get(reverse(address)).status_code == 403


def test_who_has_no_street_is_named_by_what_is_looked_on(world: World) -> None:
    """One after the other, as the name is kept for a while."""
    names = [office_name(actor_of(who)) for who in (world.cast.supervisor, world.cast.auditor)]
    assert len(set(names)) == 2
