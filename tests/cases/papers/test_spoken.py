"""References read over the phone, and understood again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.papers import reference_heard, spoken

references = st.builds(
    lambda kind, y, m, d, serial: f"{kind}{y:02}{m:02}{d:02}-{serial:04}",
    st.sampled_from(["", "JC-"]),
    st.integers(20, 99),
    st.integers(1, 12),
    st.integers(1, 31),
    st.integers(1, 10_000_000),
)


def test_a_reference_is_read_in_short_groups() -> None:
    assert [row.said for row in spoken("260821-0131")] == ["二六零", "八二幺", "零幺三幺"]
    assert [row.said for row in spoken("260821-0131", "en")] == ["two six zero", "eight two one", "zero one three one"]
    assert [row.written for row in spoken("JC-260821-10007")] == ["JC", "260", "821", "100", "07"]
    assert spoken("JC-260821-0007", "en-gb")[0].said == "Juliett Charlie"
    assert spoken("") == []


@pytest.mark.parametrize(
    "heard",
    [
        "260821-0131",
        "2608210131",
        " 260821 0131 ",
        "２６０８２１－０１３１",
        "260821-131",
        "20260821-0131",
        "2026年8月21日 131号",
        "26年8月21日第0131号",
        "二六零八二幺 零幺三幺",
        "两六洞，八两腰，洞幺三幺",
        "二六〇八二一杠〇一三一",
        "Two six zero, eight two one, zero one three one",
        "two six oh eight two one dash one three one",
        "26O821-O13l",
        "2 6 0 8 2 1 0 1 3 1",
    ],
)
def test_what_is_heard_or_typed_loosely_is_understood(heard: str) -> None:
    assert reference_heard(heard) == "260821-0131"


def test_an_order_is_understood_by_its_letters() -> None:
    assert reference_heard("jc 260821 7") == "JC-260821-0007"
    assert reference_heard("Juliett Charlie two six zero eight two one zero zero zero seven") == "JC-260821-0007"
    assert reference_heard("JC2608210007") == "JC-260821-0007"


@pytest.mark.parametrize(
    "other", ["", "0131", "演示·烧烤店", "13800000000x", "261301-0131", "260832-0131", "2608211", "smoke"]
)
def test_other_words_are_no_reference(other: str) -> None:
    assert reference_heard(other) == ""


@given(references, st.sampled_from(["zh-hans", "en"]))
def test_whatever_is_read_aloud_is_understood_again(reference: str, language: str) -> None:
    groups = spoken(reference, language)
    assert "".join(row.written for row in groups) == reference.replace("-", "")
    assert all(2 <= len(row.written) <= 4 for row in groups)
    serial = reference.split("-")[-1]
    if len(serial) == 4:
        assert reference_heard(", ".join(row.said for row in groups)) == reference
        assert reference_heard(" ".join(row.written for row in groups)) == reference
    assert reference_heard(reference) == reference


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    found = reference_heard(text)
    assert found == "" or reference_heard(found) == found
