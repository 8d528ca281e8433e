"""What waits for a squad, the urgent first."""

from __future__ import annotations

from cases.selectors.cards import worklist
from tests.cast import Cast
from tests.stage import issued_order


def test_an_extra_urgent_order_is_urgent_too(cast: Cast) -> None:
    issued_order(cast, urgency="extra_urgent")
    assert [card.urgent for card in worklist(cast.act(cast.leader)).today] == [True]
