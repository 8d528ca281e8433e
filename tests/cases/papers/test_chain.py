"""One text for one meaning, and a chain that shows every tampering."""

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.papers.chain import GENESIS, Break, Link, canonical, chain_hash, verify_chain


class Kind(Enum):
    CASE = "case"


def test_the_text_is_what_it_says() -> None:
    body = {
        "b": [1, True, None],
        "a": Decimal("63.50"),
        "at": datetime(2026, 7, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        "on": date(2026, 7, 1),
        "kind": Kind.CASE,
        "id": UUID(int=7),
        "words": "退回\n原因",
    }
    assert canonical(body) == (
        '{"a":"63.50","at":"2026-07-01T00:00:00.000000Z","b":[1,true,null],'
        '"id":"00000000-0000-0000-0000-000000000007","kind":"case","on":"2026-07-01","words":"退回\\n原因"}'
    )


def test_the_same_moment_and_letters_have_one_text() -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    assert canonical({"at": moment}) == canonical({"at": moment.astimezone(timezone(timedelta(hours=8)))})
    assert canonical({"e": "e\u0301"}) == canonical({"e": "\u00e9"})
    assert canonical({"a": (1, 2)}) == canonical({"a": [1, 2]})
    assert canonical({"d": Decimal("1E+2")}) == '{"d":"100"}'


class Lazy:
    def __str__(self) -> str:
        return "in the reader's language"


@pytest.mark.parametrize("value", [1.5, {1, 2}, b"x", Lazy(), {1: "x"}, object()])
def test_what_has_no_one_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"x": [value]})


@pytest.mark.parametrize(
    "body",
    [{"at": datetime(2026, 7, 1)}, {"e\u0301": 1, "\u00e9": 2}, {"d": Decimal("NaN")}],
)
def test_what_is_ambiguous_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"time zone|two keys|not a number"):
        canonical(body)


letters = st.text(
    'ab é油烟"\
',
    max_size=8,
)
numbers = st.decimals(-1000, 1000, places=2)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | letters | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(["kind", "actor", "note", "ids"]), values, max_size=4)


@given(bodies)
def test_the_order_of_keys_does_not_matter(body: dict[str, object]) -> None:
    assert canonical(body) == canonical(dict(reversed(body.items())))


@given(bodies)
def test_the_text_is_json_as_the_standard_library_writes_it(body: dict[str, object]) -> None:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return format(value, "f") if isinstance(value, Decimal) else value

    written = json.dumps(plain(body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical(body) == unicodedata.normalize("NFC", written)


def chain(texts: list[str]) -> list[Link]:
    links: list[Link] = []
    head = GENESIS
    for seq, text in enumerate(texts, 1):
        hashed = chain_hash(head, text)
        links.append(Link(seq, head, text, hashed))
        head = hashed
    return links


def test_an_empty_chain_holds() -> None:
    assert verify_chain([], head=GENESIS, seq=0) is None
    assert verify_chain([], head="f" * 64) == Break(0, "head")


@given(st.lists(bodies, min_size=1, max_size=6), st.data())
def test_every_tampering_shows(rows: list[dict[str, object]], data: st.DataObject) -> None:
    links = chain([canonical(row) for row in rows])
    head = links[-1].hash
    assert verify_chain(links, head=head, seq=len(links)) is None
    assert verify_chain([replace(link, prev="") for link in links], head=head) is None

    place = data.draw(st.integers(0, len(links) - 1))
    link = links[place]
    changed = [*links]
    changed[place] = replace(link, body=link.body + " ")
    assert verify_chain(changed, head=head) == Break(place + 1, "hash")

    removed = links[:place] + links[place + 1 :]
    found = verify_chain(removed, head=head)
    assert found is not None
    assert found.reason == ("head" if place == len(links) - 1 else "gap")

    # Rewriting the end of the chain needs the head, which is kept elsewhere.
    rewritten = chain([x.body for x in links[:place]] + [canonical({"note": "rewritten"}), "x"])
    assert verify_chain(rewritten) is None
    assert verify_chain(rewritten, head=head) == Break(len(rewritten), "head")


def test_a_wrong_link_backwards_shows() -> None:
    one, two = chain(["a", "b"])
    assert verify_chain([one, replace(two, prev=GENESIS)]) == Break(2, "prev")
