"""Every right × every role, at the subject's place and at another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.management.commands.permissions_doc import permissions_document
from cases.policies import RIGHTS, may, require
from cases.refusals import Refused
from teams.models import OFFICE_ROLES, SQUAD_ROLES, Role
from teams.policies import GROUND_RIGHTS, RESIDENT, SYSTEM, Actor, Grant
from tests.access.rights import ANYWHERE, HOLDERS, SQUAD, STREET

HERE, ELSEWHERE = 7, 8


def actor(role: Role, place: int) -> Actor:
    """Somebody with the role in the street, squad and district of this number, whichever the role stands in."""
    return Actor(1, (Grant(role, street_id=place, squad_id=place, district_id=place),))


def test_every_right_is_written_down() -> None:
    assert set(RIGHTS) == set(HOLDERS)
    assert {role for roles, _place in HOLDERS.values() for role in roles.split()} <= set(Role.values)


@pytest.mark.parametrize("right", sorted(HOLDERS))
def test_exactly_the_holders(right: str) -> None:
    roles, place = HOLDERS[right]
    asked = {STREET: {"street_id": HERE}, SQUAD: {"squad_ids": [HERE]}, ANYWHERE: {}}[place]
    for role in Role:
        holds = role.value in roles.split()
        assert may(actor(role, HERE), right, **asked) is holds, role  # type: ignore[arg-type]
        at_another = may(actor(role, ELSEWHERE), right, **asked)  # type: ignore[arg-type]
        assert at_another is (holds and place == ANYWHERE), f"{role} of another place"
        if place != ANYWHERE:
            assert not may(actor(role, HERE), right), f"{role}: a subject without a place gives nobody a right"
    assert not may(Actor(1), right, **asked), "an account without a role"  # type: ignore[arg-type]
    assert not may(RESIDENT, right, **asked), "a resident"  # type: ignore[arg-type]
    assert may(SYSTEM, right, **asked)  # type: ignore[arg-type]


def test_a_right_of_one_kind_of_place_is_not_held_at_another() -> None:
    both = {"street_id": HERE, "squad_ids": [HERE]}
    of_street = Actor(1, (Grant(Role.DISPATCHER, squad_id=HERE),))
    of_squad = Actor(1, (Grant(Role.OFFICER, street_id=HERE),))
    assert not may(of_street, "case.triage", **both)  # type: ignore[arg-type]
    assert not may(of_squad, "visit.answer", **both)  # type: ignore[arg-type]
    assert not Actor(1, (Grant(Role.DISPATCHER, district_id=HERE),)).districts


def test_who_looks_on_decides_nothing() -> None:
    """Auditor, supervisor, administrators: no right that writes to a case, an order or a party."""
    onlookers = {Role.AUDITOR, Role.SUPERVISOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}
    held = {name for name, rule in RIGHTS.items() if rule.roles & onlookers} - set(GROUND_RIGHTS)
    # a list taken out writes to no case, nor does it decide one when a person is forgotten
    assert held == {"message.view", "message.retry", "district.view", "case.export", "identity.erase"}
    assert not OFFICE_ROLES & SQUAD_ROLES
    mixed = {name for name, rule in RIGHTS.items() if rule.roles & OFFICE_ROLES and rule.roles & SQUAD_ROLES}
    assert mixed == set(), "whoever handles neither triages nor closes"


def test_the_three_administrators_are_apart() -> None:
    """Who makes accounts grants nothing, who grants makes nothing, who reads changes nothing."""
    of = {role: {name for name, rule in GROUND_RIGHTS.items() if role in rule.roles} for role in Role}
    assert of[Role.SYSTEM_ADMIN] & of[Role.SECURITY_ADMIN] == {"ground.view", "history.view", "leave.record"}
    assert of[Role.AUDITOR] == {"ground.view", "history.view"}


def test_a_refusal_is_a_403() -> None:
    with pytest.raises(Refused) as caught:
        require(actor(Role.OFFICER, HERE), "case.close", street_id=HERE)
    assert (caught.value.code, caught.value.status) == ("not_allowed", 403)


def test_the_document_tells_the_truth() -> None:
    root = Path(__file__).resolve().parents[2]
    written = (root / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert written == permissions_document(), "run manage.py permissions_doc"
