"""Random walks over the four machines, drawn by hypothesis, on the real database."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case, CaseStage, Event, Need, OrderNeed, Part
from cases.refusals import Refused
from tests.cast import Cast, snapshot
from tests.stage import issued_order, planned_case
from tests.walks.moves import Walker
from tests.walks.truths import broken_chains, inconsistencies

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
def test_no_walk_leaves_the_table(cast: Cast, data: st.DataObject, length: int) -> None:
    with transaction.atomic():
        walker = Walker(deepcopy(cast), Drawn(data))
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
def test_a_long_walk_sees_every_stage(cast: Cast) -> None:
    """The walks are worth something only if they get around: until each stage that is no accident was met."""
    walker = Walker(cast, Random(3))
    missing = set(CaseStage.values) - {CaseStage.RECEIVED}
    for step in range(2500):
        _refusal(walker.choose.choice(walker.moves))
        if step % 50 == 0:
            bodies = Event.objects.filter(case__isnull=False).values_list("body", flat=True)
            missing -= {json.loads(body)["data"].get("to", "") for body in bodies}
            if not missing:
                break
    assert not missing
    assert inconsistencies() == []
    assert broken_chains() == []


@pytest.mark.django_db
def test_parted_truths_are_told(cast: Cast) -> None:
    """Each line of the statement speaks: the row is bent behind the services' backs."""
    order = issued_order(cast)
    served = order.need_links.get().need
    assert served.case is not None
    waiting, _need = planned_case(cast)
    on_the_way = Case.objects.filter(pk=served.case.pk)
    bent: list[tuple[QuerySet[Any], dict[str, Any], str]] = [
        (on_the_way, {"stage": "nowhere"}, "unknown stage nowhere"),
        (on_the_way, {"stage": "checking"}, "is checking with needs {ordered}"),
        (Case.objects.filter(pk=waiting.pk), {"stage": "visiting"}, "is visiting with needs {open}"),
        (Case.objects.filter(pk=waiting.pk), {"complaint_count": 7}, "counts 7 complaints"),
        (Need.objects.filter(pk=served.pk), {"state": "open"}, "is open but stands in 1 orders"),
        (OrderNeed.objects.filter(order=order), {"released_at": timezone.now()}, "without a need"),
        (Part.objects.filter(order=order), {"is_lead": False}, "has not exactly one lead"),
    ]
    for rows, values, told in bent:
        with transaction.atomic():
            assert rows.update(**values)
            assert any(told in text for text in inconsistencies()), told
            transaction.set_rollback(True)
        assert inconsistencies() == []
