"""The register: parties entered by their street's office, places made where nobody is known."""

from __future__ import annotations

import pytest

from cases.models import Target, TargetKind
from cases.services import parties
from tests.cast import LAT, LNG, Cast, refused

USCC = "91149901MA0000000A"  # made up, with its right check character


def test_the_office_registers_a_party_with_its_grid(cast: Cast) -> None:
    target = parties.target_create(
        actor=cast.act(cast.dispatcher),
        street_id=cast.street.pk,
        name="  演示·  新店 ",
        uscc=USCC.lower(),
        lat=LAT,
        lng=LNG,
        aliases=["新店", "新店", ""],
        trade="餐饮",
    )
    assert (target.name, target.uscc, target.aliases, target.grid) == ("演示· 新店", USCC, ["新店"], cast.grid)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"name": " "}, "name_needed"),
        ({"uscc": "91149901MA0000000B"}, "uscc_wrong"),
        ({"uscc": "123"}, "uscc_wrong"),
        ({"lat": 91.0, "lng": 0.0}, "coordinates_wrong"),
        ({"lat": 37.0}, "coordinates_wrong"),
        ({"kind": "ship"}, "choice_wrong"),
    ],
)
def test_an_unsound_party_is_refused(cast: Cast, facts: dict[str, object], code: str) -> None:
    given: dict[str, object] = {"name": "演示·新店", **facts}
    with refused(code, status=422):
        parties.target_create(
            actor=cast.act(cast.dispatcher),
            street_id=cast.street.pk,
            **given,  # type: ignore[arg-type]
        )


def test_one_credit_code_is_one_party(cast: Cast) -> None:
    actor = cast.act(cast.dispatcher)
    parties.target_create(actor=actor, street_id=cast.street.pk, name="演示·甲", uscc=USCC)
    with refused("uscc_taken"):
        parties.target_create(actor=actor, street_id=cast.street.pk, name="演示·乙", uscc=USCC)


def test_only_its_own_street_edits_a_party(cast: Cast) -> None:
    for user in (cast.outsider, cast.leader, cast.auditor, cast.checker):
        with refused("not_allowed", status=403):
            parties.target_create(actor=cast.act(user), street_id=cast.street.pk, name="演示·甲")
        with refused("not_allowed", status=403):
            parties.target_update(actor=cast.act(user), target_id=cast.target.pk, name="演示·改名")
    changed = parties.target_update(actor=cast.act(cast.head), target_id=cast.target.pk, name="演示·改名", trade="零售")
    assert Target.objects.get(pk=cast.target.pk).name == changed.name == "演示·改名"
    with pytest.raises(TypeError):
        parties.target_update(actor=cast.act(cast.head), target_id=cast.target.pk, street=cast.other_street)
    with refused("not_found", status=404):
        parties.target_update(actor=cast.act(cast.head), target_id=0, name="演示")


def test_the_same_address_is_the_same_place(cast: Cast) -> None:
    actor = cast.act(cast.dispatcher)
    first = parties.place_for(actor=actor, street_id=cast.street.pk, address="演示路口", lat=LAT, lng=LNG)
    assert (first.kind, first.name, first.radius_m) == (TargetKind.PLACE, "演示路口", parties.PLACE_RADIUS_M)
    assert parties.place_for(actor=actor, street_id=cast.street.pk, address="演示路口") == first
    assert parties.place_for(actor=actor, street_id=cast.other_street.pk, address="演示路口") != first
    assert parties.place_for(actor=actor, street_id=cast.street.pk, lat=LAT, lng=LNG).name == "37.86000, 112.58000"
    with refused("place_needed", status=422):
        parties.place_for(actor=actor, street_id=cast.street.pk)
