"""The cast can be made, and its guards see what they should."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cases.law import OfficerFacts, OfficerKind, eligible
from cases.refusals import Refused
from tests.cast import Cast, refused, unchanged


def test_everybody_has_a_role(cast: Cast) -> None:
    assert cast.act(cast.dispatcher).main_role == "dispatcher"
    assert cast.act(cast.head).streets() == {cast.street.pk}
    assert cast.act(cast.market_officers[0]).squads() == {cast.squads["market"].pk}
    assert cast.act(cast.lab_technician).laboratories == {cast.squads["laboratory"].pk}
    assert [len(cast.officers_of(f)) >= 2 for f in ("street", "market", "urban", "fire", "ecology")] == [True] * 5


def test_an_auxiliary_alone_never_inspects(cast: Cast) -> None:
    facts = OfficerFacts(cast.auxiliary.pk, "street", OfficerKind.AUXILIARY)
    assert eligible([facts], ["street"], timezone.localdate())


def _alter(cast: Cast) -> None:
    with unchanged():
        cast.target.name = "演示·改名"
        cast.target.save()


def _half_refused(cast: Cast) -> None:
    with refused("no"):
        cast.foreign_target.delete()
        raise Refused("no", "no")


def test_unchanged_sees_an_altered_and_a_missing_row(cast: Cast) -> None:
    with pytest.raises(AssertionError, match="cases_target"):
        _alter(cast)
    with pytest.raises(AssertionError, match="cases_target"):
        _half_refused(cast)
    with refused("no", status=409):
        raise Refused("no", "no")
