"""The canonical text of an event and the chain of hashes over a subject's events.

What is hashed is the exact text that is stored: nothing is parsed and written again before it is verified.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring
from uuid import UUID

GENESIS = "0" * 64
"""The hash before a subject's first event."""


def canonical(body: Mapping[str, object]) -> str:
    """One text for one meaning: sorted keys, no blanks, NFC, UTF-8 as it is.

    Takes None, bool, int, str, Decimal (as text), aware datetime (UTC with microseconds), date, time, UUID,
    Enum (its value), mappings with str keys, lists and tuples. TypeError for anything else: floats, whose
    text depends on who writes them, and lazily translated strings, whose text depends on who reads them.
    ValueError for a naive datetime or keys that become the same.
    """
    return _mapping(body)


def moment_text(value: datetime) -> str:
    """A moment as ``canonical`` writes it, without quotes. ValueError without a time zone."""
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@lru_cache(maxsize=2048)
def word_text(value: str) -> str:
    """A code or a key, of which there are few, as ``canonical`` writes it."""
    return _text(value)


def chain_hash(prev: str, body: str) -> str:
    """SHA-256, hex, of the previous hash, a line break and the canonical text, in UTF-8."""
    return hashlib.sha256(f"{prev}\n{body}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """An event as it is stored; `prev` may be left empty where only the hash is kept."""

    seq: int
    prev: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: `gap`, `prev`, `hash` at a seq, or `head` after the last."""

    seq: int
    reason: str


def verify_chain(links: Iterable[Link], *, head: str | None = None, seq: int | None = None) -> Break | None:
    """None when the links, in order from seq 1, hold together and end at `head` and `seq` where given."""
    previous, expected = GENESIS, 1
    for link in links:
        if link.seq != expected:
            return Break(expected, "gap")
        if link.prev and link.prev != previous:
            return Break(link.seq, "prev")
        if chain_hash(previous, link.body) != link.hash:
            return Break(link.seq, "hash")
        previous, expected = link.hash, expected + 1
    if (head is not None and head != previous) or (seq is not None and seq != expected - 1):
        return Break(expected - 1, "head")
    return None


def _text(value: str) -> str:
    return encode_basestring(value if value.isascii() else unicodedata.normalize("NFC", value))


def _written(value: object) -> str:
    match value:
        case Enum():
            return _written(value.value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return int.__repr__(value)
        case str():
            return _text(value)
        case Decimal():
            if not value.is_finite():
                raise ValueError("not a number")
            return f'"{value:f}"'
        case datetime():
            return f'"{moment_text(value)}"'
        case date() | time():
            return f'"{value.isoformat()}"'
        case UUID():
            return f'"{value}"'
        case Mapping():
            return _mapping(value)
        case list() | tuple():
            return f"[{','.join([_written(item) for item in value])}]"
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical text")


def _mapping(value: Mapping[object, object] | Mapping[str, object]) -> str:
    written: dict[str, str] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key is text, not {type(key).__name__}")
        name = key if key.isascii() else unicodedata.normalize("NFC", key)
        if name in written:
            raise ValueError(f"two keys become {name!r}")
        # Nearly all of a body is of these two; an Enum, be it of text, has a class of its own.
        kind = item.__class__
        written[name] = repr(item) if kind is int else _text(item) if kind is str else _written(item)  # type: ignore[arg-type]
    return f"{{{','.join([f'{word_text(name)}:{written[name]}' for name in sorted(written)])}}}"
