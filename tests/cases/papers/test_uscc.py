"""The credit code: what is wrong with a typed one."""

from __future__ import annotations

import pytest

from cases.papers.uscc import fault_of, organisation_of, plain

REAL_LOOKING = "91149901MA00000077"
"""Made up; its organisation part has its own right check character."""


def test_a_sound_code_has_no_fault() -> None:
    assert fault_of(" 91149901-ma0000000a ") is None
    assert plain("９１１４９９０１ＭＡ") == "91149901MA"
    assert organisation_of("91149901MA0000000A") == "MA0000000"
    assert organisation_of("911") == ""


@pytest.mark.parametrize(
    ("text", "code", "position", "meant"),
    [
        ("911", "length", 0, ""),
        ("9114990OMA0000000A", "character", 8, "0"),
        ("91149901MA000I000A", "character", 14, "1"),
        ("9114A901MA0000000A", "division", 5, ""),
    ],
)
def test_what_is_wrong_and_where(text: str, code: str, position: int, meant: str) -> None:
    fault = fault_of(text)
    assert fault is not None
    assert (fault.code, fault.position, fault.meant) == (code, position, meant)


def test_two_neighbours_exchanged_are_found() -> None:
    fault = fault_of("91149910MA0000000A")
    assert fault is not None
    assert fault.code == "check"
    assert "91149901MA0000000A" in fault.whole
