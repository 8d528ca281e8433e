from __future__ import annotations

import pytest

from teams.numbers import is_number


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "１", "-1", "+1", "1.0", " 1", "1_000", "1\n", "9" * 19, "9" * 5000, None, 7]
)
def test_what_is_no_number_of_a_row(text: object) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ["0", "7", "007", "9" * 18])
def test_what_is_one_is_read_by_int(text: str) -> None:
    assert is_number(text)
    assert int(text) < 2**63
