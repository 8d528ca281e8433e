"""Ten thousand random moves by eight pairs of hands at once: no deadlock, no fault, one truth at the end."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from threading import Thread

import pytest
from django.db import connections

from cases.models import Event
from cases.refusals import Refused
from tests.cast import Cast
from tests.walks.moves import Walker
from tests.walks.truths import broken_chains, inconsistencies

pytestmark = pytest.mark.concurrency

MOVES = int(os.environ.get("CROWD_MOVES", "10000"))
HANDS = 8


def test_ten_thousand_moves_at_once(stage: Cast) -> None:
    done: Counter[str] = Counter()
    faults: list[str] = []

    def hands(seed: int) -> None:
        walker = Walker(stage, Random(seed))
        try:
            for _step in range(MOVES // HANDS):
                move = walker.choose.choice(walker.moves)
                try:
                    move()
                    done["done"] += 1
                except Refused:
                    done["refused"] += 1
                except Exception as fault:
                    faults.append(f"{move.__name__}: {type(fault).__name__}: {fault}")
        finally:
            connections.close_all()

    threads = [Thread(target=hands, args=(seed,)) for seed in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sum(done.values()) == MOVES // HANDS * HANDS
    assert Event.objects.count() > MOVES // 100
    assert inconsistencies() == []
    assert broken_chains() == []
