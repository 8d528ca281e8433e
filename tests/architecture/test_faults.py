"""The guards that ``make faults`` takes out of a copy still stand where it looks for them."""

from __future__ import annotations

import pytest

from bench.faults.broken import GUARDS
from dispatch.embedded.layout import PROJECT


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_is_found_once(guard: str) -> None:
    for name, stands, _instead in GUARDS[guard]:
        assert (PROJECT / name).read_text().count(stands) == 1, name
