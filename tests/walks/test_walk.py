"""Random walks over the four machines, drawn by hypothesis, on the real database."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import CaseStage, Event
from cases.refusals import Refused
from tests.cast import make_cast, snapshot
from tests.walks.moves import Walker, broken_chains, inconsistencies

T = TypeVar("T")


class Drawn:
    """Hypothesis as a chooser, so that a failing walk is shrunk to its shortest."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def choice(self, options: Sequence[T]) -> T:
        return options[self._data.draw(st.integers(0, len(options) - 1))]


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), length=st.integers(30, 150))
def test_no_walk_leaves_the_table(data: st.DataObject, length: int) -> None:
    with transaction.atomic():
        walker = Walker(make_cast(), Drawn(data))
        walker.complain()
        for step in range(length):
            move = walker.choose.choice(walker.moves)
            events = Event.objects.count()
            before = snapshot() if step % 10 == 0 else None
            answer = _refusal(move)
            if answer is None and Event.objects.count() == events:
                continue
            assert inconsistencies() == [], move.__name__
            if answer is not None:
                assert str(answer)
                assert before is None or snapshot() == before, f"{move.__name__} was refused but wrote"
        assert broken_chains() == []
        transaction.set_rollback(True)


def _refusal(move: Callable[[], None]) -> Refused | None:
    try:
        move()
    except Refused as refused:
        return refused
    return None


@pytest.mark.django_db
def test_a_long_walk_sees_every_stage() -> None:
    """The walks are worth something only if they get around: one seed, long, meets every stage that is no accident."""
    walker = Walker(make_cast(), Random(3))
    seen: set[str] = set()
    for _step in range(2500):
        _refusal(walker.choose.choice(walker.moves))
    for event in Event.objects.filter(case__isnull=False).values_list("body", flat=True):
        seen.add(json.loads(event)["data"].get("to", ""))
    assert set(CaseStage.values) - seen - {CaseStage.RECEIVED} == set()
    assert inconsistencies() == []
    assert broken_chains() == []
