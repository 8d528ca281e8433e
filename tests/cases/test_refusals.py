"""What a service raises when it will not."""

import pickle

from cases.refusals import Refused


class Late:
    """Stands in for a lazily translated string: resolved when it is shown, not before."""

    shown = 0

    def __str__(self) -> str:
        Late.shown += 1
        return "Already issued."


def test_the_sentence_is_resolved_only_when_shown() -> None:
    refusal = Refused("order_already_issued", Late(), {"order": 7}, field="order", status=403)
    assert (refusal.code, refusal.params["order"], refusal.field, refusal.status) == (
        "order_already_issued",
        7,
        "order",
        403,
    )
    assert "order_already_issued" in repr(refusal)
    assert Late.shown == 0
    assert str(refusal) == "Already issued."


def test_it_survives_a_worker() -> None:
    refusal = pickle.loads(pickle.dumps(Refused("no_squad", "No squad.", {"agency": "fire"}, status=404)))
    assert (refusal.code, str(refusal), dict(refusal.params), refusal.status) == (
        "no_squad",
        "No squad.",
        {"agency": "fire"},
        404,
    )
