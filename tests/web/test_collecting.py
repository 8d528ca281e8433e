"""Full collections of a web process stop walking over what lasts."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from dispatch.web.collecting import ROUNDS, Lasting


class Thing:
    other: Thing


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    before = list(gc.callbacks)
    yield
    gc.callbacks[:] = before
    gc.unfreeze()


def test_what_is_there_and_what_the_next_collections_leave_is_set_aside() -> None:
    lasting = Lasting()
    lasting.begin()
    assert gc.get_freeze_count() > 0
    for _round in range(ROUNDS):
        kept = Thing()
        kept.other = kept
        gc.collect()
        assert not any(one is kept for one in gc.get_objects())
    later = Thing()
    gc.collect()
    assert any(one is later for one in gc.get_objects())
    assert lasting.left == 0


def test_garbage_of_later_requests_is_found_as_ever() -> None:
    Lasting().begin()
    for _round in range(ROUNDS + 2):
        circle = Thing()
        circle.other = circle
        seen = weakref.ref(circle)
        del circle
        gc.collect()
        assert seen() is None
