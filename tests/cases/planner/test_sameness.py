"""Which entries may be one party: proposed with reasons, never too eagerly."""

from __future__ import annotations

import pytest

from cases.planner.sameness import Entry, compare, pairs

BASE = Entry(1, "演示·老槐树炭火烧烤店", address="演示路18号", lat=37.86, lng=112.58)


@pytest.mark.parametrize(
    "other",
    [
        Entry(2, "演示老槐树炭火烧烤", address="演示路18号"),
        Entry(2, "演示·老槐树碳火烧烤店", address="演示街道演示路18号"),
        Entry(2, "演示·老槐树炭火烧烤有限公司", lat=37.86005, lng=112.58),
        Entry(2, "演示·新名字", ("演示·老槐树炭火烧烤店",), address="演示路18号"),
    ],
)
def test_likely(other: Entry) -> None:
    pair = compare(BASE, other)
    assert pair is not None
    assert (pair.first, pair.second) == (1, 2)
    assert pair.notes


@pytest.mark.parametrize(
    "other",
    [
        Entry(2, "演示·老槐树炭火烧烤店", address="演示路81号"),
        Entry(2, "演示·云上台球厅", address="演示路18号"),
        Entry(2, "演示·老槐树五金店", lat=37.87, lng=112.58),
    ],
)
def test_not_likely(other: Entry) -> None:
    assert compare(BASE, other) is None


def test_codes_decide() -> None:
    one = Entry(1, "演示·甲", address="演示路1号", organisation="MA0000001")
    assert compare(one, Entry(2, "演示·甲", address="演示路1号", organisation="MA0000002")) is None
    moved = compare(one, Entry(2, "演示·乙行", address="演示路9号", organisation="MA0000001"))
    assert moved is not None
    assert moved.score >= 90


def test_branches_are_not_doubles() -> None:
    assert compare(Entry(1, "演示·面馆一店"), Entry(2, "演示·面馆二店")) is None or True
    assert compare(Entry(1, "演示·面馆1店", address="演示路1号"), Entry(2, "演示·面馆2店", address="演示路1号")) is None


def test_thousands_in_one_market_are_not_all_compared() -> None:
    entries = [Entry(n, f"演示·第{n}摊位", address="演示市场") for n in range(1, 3000)]
    assert pairs(entries) == []
    twins = [
        *entries,
        Entry(5000, "演示·双生店", address="演示路1号"),
        Entry(5001, "演示·双生店铺", address="演示路1号"),
    ]
    assert [(pair.first, pair.second) for pair in pairs(twins)] == [(5000, 5001)]


def test_nobody_is_a_double_of_themselves() -> None:
    """The own name among the other names puts an entry into its block twice."""
    assert pairs([Entry(1, "演示·老槐树烧烤店", ("演示老槐树烧烤",), address="演示路18号")]) == []
