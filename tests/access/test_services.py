"""Every write refuses who may not, by itself: whatever a page, a form or the API asked before."""

from __future__ import annotations

import pytest

from cases.refusals import Refused
from teams.models import Role
from teams.selectors import actor_of
from tests.access.rights import ANYWHERE, HOLDERS
from tests.access.services import INNER, asked, values_for
from tests.access.world import World
from tests.cast import unchanged

STRANGERS = ("uncalled", "auditor", "nobody", "left")
SERVICES = {name: one for name, one in asked().items() if ".".join(name.split(".")[-2:]) not in INNER}
OF_OWN_STREETS = frozenset({"identity_export", "identity_search", "person_find"})
"""Held by every head of office, over the own streets: see ``test_edges``."""
HELD_ANYWHERE = {
    "desk.export_record": "case.export",
    "invitations.invitation_make": "factor.reset",
}
"""Where one of the strangers may: the right that lets them."""


def test_every_inner_write_is_there() -> None:
    assert set(INNER) <= {".".join(name.split(".")[-2:]) for name in asked()}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_stranger_is_refused(name: str, taken_back: World) -> None:
    """The head of the other street holds every right of an office, an officer of a squad without a part all of a squad,
    the auditor sees everything; none of them may change the own street's rows."""
    world = taken_back
    values = values_for(world, name, SERVICES[name])
    people = {who: world.people[who] for who in STRANGERS} | {"head elsewhere": world.cast.outsider_head}
    if name.rsplit(".", 1)[-1] in OF_OWN_STREETS:
        del people["head elsewhere"]
    right = HELD_ANYWHERE.get(".".join(name.split(".")[-2:]), "")
    wrong = []
    with unchanged(world.untouched):
        for who, user in people.items():
            actor = actor_of(user)
            if (
                right
                and HOLDERS[right][1] == ANYWHERE
                and actor.has(*(Role(role) for role in HOLDERS[right][0].split()))
            ):
                continue
            try:
                SERVICES[name](actor=actor, **values)
            except Refused as refused:
                if refused.status not in (403, 404) or not str(refused.message):
                    wrong.append(f"{who}: {refused.status} {refused.code}")
            else:
                wrong.append(f"{who}: done")
    assert not wrong, wrong
