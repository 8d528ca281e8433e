"""Parties are looked up by an index and then compared: what is found is what comparing the whole register finds."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Target
from cases.selectors import candidates, lookups
from teams.statements import Slot
from tests.cast import Cast

SIGNS = "小店路桥东烧A1 "


def made_up(chance: random.Random, least: int, most: int) -> str:
    """Of few signs, so that many share pairs."""
    return "".join(chance.choices(SIGNS, k=chance.randint(least, most)))


@pytest.fixture
def register(cast: Cast) -> list[Target]:
    """Names and addresses with blanks, capitals and a single sign, some twice, a few on another street or gone."""
    chance = random.Random(20261127)
    Target.objects.bulk_create(
        Target(
            street=cast.other_street if n % 9 == 0 else cast.street,
            name=made_up(chance, 1, 18),
            address=made_up(chance, 0, 14),
            aliases=[made_up(chance, 1, 6) for _ in range(chance.choice((0, 0, 1, 2)))],
            active=n % 11 != 0,
        )
        for n in range(700)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_target")
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = Target.objects.filter(street=cast.street, active=True, merged_into__isnull=True)
    return list(rows.order_by("pk"))


def texts(register: list[Target], of: Callable[[Target], str]) -> list[str]:
    """What a caller might say: as it is written, with signs lost or put wrong, longer and shorter than the original."""
    chance = random.Random(7)
    found = ["", "店", "  ", "桥 东", *(made_up(chance, 1, 22) for _ in range(40))]
    for row in chance.sample(register, 60):
        heard = list(of(row))
        for _slip in range(chance.randint(0, 4)):
            if heard:
                heard[chance.randrange(len(heard))] = chance.choice(["", *SIGNS])
        found.append("".join(heard) + made_up(chance, 0, 3))
    return found


@pytest.mark.parametrize("size", ["small", "big", "unknown"])
@pytest.mark.parametrize("column", ["name", "address"])
def test_the_likest_are_those_of_the_whole_register(
    cast: Cast, register: list[Target], monkeypatch: pytest.MonkeyPatch, column: str, size: str
) -> None:
    known = lookups.Statistics(1_000_000) if size == "unknown" else lookups.Statistics()
    monkeypatch.setattr(lookups, "_statistics", (known, float("inf") if size == "unknown" else 0.0))
    monkeypatch.setattr(lookups, "SMALL", 0 if size == "big" else lookups.SMALL)
    few_and_many = [0, 0]
    for text in texts(register, lambda row: str(getattr(row, column))):
        plain = "".join(text.split())[:16]
        pairs = {plain[at : at + 2] for at in range(len(plain) - 1)}
        shared = {row.pk: sum(pair in getattr(row, column) for pair in pairs) for row in register}
        enough = [pk for pk in shared if pairs and shared[pk] >= (len(pairs) + 1) // 2]
        expected = sorted(enough, key=lambda pk: (-shared[pk], pk))[: lookups.ALIKE]
        assert lookups.alike(cast.street.pk, column, text) == expected, text
        few_and_many[len(expected) == lookups.ALIKE] += bool(expected)
    assert min(few_and_many) > 10  # the search ended early, and it went to its end
    assert bool(lookups.statistics().often) == (size != "unknown")


def test_names_that_stand_in_a_text_are_those_of_the_whole_register(cast: Cast, register: list[Target]) -> None:
    hits = 0
    for text in texts(register, lambda row: f"反映{row.name}夜里"):
        expected = [row.pk for row in register if row.name in text][:40]
        asked = {"street": cast.street.pk, "text": text, "pieces": lookups.pieces_of(text)}
        assert candidates._NAMED(**asked) == expected, text
        hits += len(expected)
    assert hits > 100


def test_parties_called_so_are_those_of_the_whole_register(cast: Cast, register: list[Target]) -> None:
    """In a longer name, or as another name; a name of one sign has no pair to be looked up by."""
    hits = 0
    aliases = [alias for row in register[:80] for alias in row.aliases]
    for name in filter(None, [*texts(register, lambda row: row.name[2:6]), *aliases]):
        expected = [row.pk for row in register if name in row.name or name in row.aliases][:10]
        assert candidates._called(cast.street.pk, name) == expected, name
        hits += len(expected)
    assert hits > 100


def test_the_nearest_look_ups_use_their_indexes(cast: Cast, register: list[Target]) -> None:
    """Else they would be right and slow."""
    plans = {
        "target_keys": lookups.register().filter(lookups.keyed("keys")),
        "target_ends": lookups.register().filter(lookups.stands_in("text"), street=cast.street.pk),
    }
    for index, rows in plans.items():
        sql, params = rows.query.sql_with_params()
        given: dict[str, Any] = {"keys": ["1n小店", "1n店路"], "text": "小店路", "pieces": ["小店路", "小"]}
        with connection.cursor() as cursor:
            values = [given[one.name] if isinstance(one, Slot) else one for one in params]
            cursor.execute(f"EXPLAIN {sql}", values)
            assert any(index in line for (line,) in cursor.fetchall())


@given(st.lists(st.text("甲乙丙丁戊", min_size=2, max_size=2), min_size=1, max_size=15, unique=True), st.data())
def test_whatever_is_missing_one_hand_is_whole(keys: list[str], data: st.DataObject) -> None:
    misses = data.draw(st.integers(0, len(keys) // 2))
    often = data.draw(st.dictionaries(st.sampled_from(keys), st.floats(0, 1)))
    hands = lookups.look_ups(keys, misses, often)
    assert sorted(key for hand in hands for key in hand) == sorted(keys)
    assert len(hands) == misses + 1 <= lookups._LOOK_UPS
    for gone in combinations(keys, misses):
        assert any(not set(hand) & set(gone) for hand in hands)


def test_each_hand_has_a_rare_key_and_neighbours_are_apart() -> None:
    keys = ["太原", "原市", "市小", "小张", "张面", "面馆", "馆有", "有限", "限公", "公司"]
    often = {"太原": 0.9, "原市": 0.9, "市小": 0.8, "馆有": 0.1, "有限": 0.5, "限公": 0.5, "公司": 0.5}
    hands = lookups.look_ups(keys, 2, often)
    assert [hand[0] for hand in hands] == ["小张", "张面", "面馆"]
    assert not any(abs(keys.index(one) - keys.index(two)) == 1 for hand in hands for one, two in combinations(hand, 2))
