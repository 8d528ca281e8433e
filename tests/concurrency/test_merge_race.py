"""Two people merge the same two entries at once, each the other way round: one wins, no ring of entries is made."""

from __future__ import annotations

import pytest

from cases.models import Order, Target
from cases.services import merging, orders, parties
from tests.cast import Cast
from tests.concurrency.together import Outcome, Rendezvous, together
from tests.stage import planned_case

pytestmark = pytest.mark.concurrency


def _merge(stage: Cast, survivor: Target, absorbed: Target) -> Target:
    return merging.parties_merge(
        actor=stage.act(stage.dispatcher), survivor_id=survivor.pk, absorbed_id=absorbed.pk, reason="演示·重复录入"
    )


def _both_ways(stage: Cast) -> list[Outcome]:
    return together(
        lambda: _merge(stage, stage.target, stage.supermarket), lambda: _merge(stage, stage.supermarket, stage.target)
    )


def test_without_the_locks_nobody_is_told_of_the_other(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(target_ids: list[int]) -> dict[int, Target]:
        return {pk: Target.objects.get(pk=pk) for pk in target_ids}

    monkeypatch.setattr(parties, "targets_lock", Rendezvous(unlocked))
    outcomes = _both_ways(stage)
    # Each overwrites the other, or both wait in a ring until the database breaks one off: nobody reads a reason.
    assert [outcome.refused for outcome in outcomes] == [None, None]
    ring = Target.objects.filter(merged_into__isnull=True, street=stage.street).count() == 0
    assert ring or any(outcome.fault for outcome in outcomes)


def test_both_ways_at_once(stage: Cast) -> None:
    outcomes = _both_ways(stage)
    assert [outcome.fault for outcome in outcomes] == [None, None]
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert {outcome.refused.code for outcome in outcomes if outcome.refused} == {"target_merged"}
    assert Target.objects.filter(merged_into__isnull=True, street=stage.street).count() == 1


def test_an_order_is_opened_while_its_party_is_merged_away(stage: Cast) -> None:
    planned_case(stage, target=stage.supermarket)
    merged, opened = together(
        lambda: _merge(stage, stage.target, stage.supermarket),
        lambda: orders.order_open(actor=stage.act(stage.dispatcher), target_id=stage.supermarket.pk),
    )
    assert (merged.fault, opened.fault) == (None, None)
    assert merged.won
    assert opened.won or (opened.refused is not None and opened.refused.code == "target_merged")
    assert not Order.objects.filter(target=stage.supermarket).exists()
