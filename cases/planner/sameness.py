"""Whether two entries of the register may be one party: by code, name and place. It proposes, a person merges."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, radians

from rapidfuzz import fuzz

from cases.law.notes import Note

LIKELY = 70
"""From this score on two entries are put before a person."""
BLOCK = 60
"""Entries of one block that are compared with each other at most; a market hall has hundreds under one address."""
NEAR_M = 40
_SIGNS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+")
_FORMS = re.compile(
    r"(股份)?有限(责任)?公司|个体工商户|个体户|合伙企业|工作室|经营部|经销部|门市部?|分公司|分店|总店|商行|商店|店|铺"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is compared of an entry. ``organisation``: the nine middle characters of its code, or empty."""

    id: int
    name: str
    aliases: tuple[str, ...] = ()
    address: str = ""
    uscc: str = ""
    organisation: str = ""
    lat: float | None = None
    lng: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries by id, the smaller first; ``score`` 0 to 100 and why."""

    first: int
    second: int
    score: int
    notes: tuple[Note, ...]


def plain(text: str) -> str:
    """For comparing: narrow, small letters, no signs or blanks."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text)).lower()


def compare(one: Entry, other: Entry) -> Pair | None:
    """The pair when it is likely enough. Two sound codes of different organisations are two parties."""
    first, second = sorted((one, other), key=lambda entry: entry.id)
    notes: list[Note] = []
    if one.organisation and other.organisation and one.organisation != other.organisation:
        return None
    score = 0.0
    if one.organisation and one.organisation == other.organisation:
        notes.append(Note("organisation_same", {"code": one.organisation}))
        score = 92
    name = _names(one, other)
    place = _places(one, other)
    if name is not None:
        notes.append(name[1])
    if place is not None:
        notes.append(place[1])
    if name is not None and place is not None:
        # One number of the house apart is next door: the name must carry it alone.
        score = max(score, 0.65 * name[0] + 0.35 * place[0])
    elif name is not None and not (one.address and other.address) and name[0] >= 95:
        score = max(score, 75)
    if score < LIKELY:
        return None
    return Pair(first.id, second.id, min(100, round(score)), tuple(notes))


def pairs(entries: Sequence[Entry]) -> list[Pair]:
    """Likely pairs among the entries, the likeliest first. Compared within blocks: same organisation, address or name,
    or side by side on the map, so that thousands of entries cost no more than their neighbours."""
    by_id = {entry.id: entry for entry in entries}
    seen: set[tuple[int, int]] = set()
    found: list[Pair] = []
    for block in _blocks(entries):
        for first, second in combinations(sorted(set(block))[:BLOCK], 2):
            if (first, second) in seen:
                continue
            seen.add((first, second))
            pair = compare(by_id[first], by_id[second])
            if pair is not None:
                found.append(pair)
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def _blocks(entries: Iterable[Entry]) -> Iterator[list[int]]:
    blocks: dict[tuple[str, object], list[int]] = defaultdict(list)
    for entry in entries:
        if entry.organisation:
            blocks["code", entry.organisation].append(entry.id)
        if entry.address:
            blocks["address", plain(entry.address)].append(entry.id)
        for name in (entry.name, *entry.aliases):
            blocks["name", _core(name)].append(entry.id)
        if entry.lat is not None and entry.lng is not None:
            # Each point lies in its cell and the next ones, so that neighbours meet whatever the borders.
            row, column = int(entry.lat / _CELL), int(entry.lng / _CELL)
            for up in (0, 1):
                for right in (0, 1):
                    blocks["cell", (row + up, column + right)].append(entry.id)
    return (block for block in blocks.values() if len(block) > 1)


_CELL = 0.0005


def _names(one: Entry, other: Entry) -> tuple[float, Note] | None:
    best, mine, theirs = max(
        (_alike(a, b), a, b) for a in (one.name, *one.aliases) for b in (other.name, *other.aliases)
    )
    if best < 70:
        return None
    if best >= 99.5:
        return 100.0, Note("name_same", {"name": mine})
    return best, Note("name_alike", {"name": mine, "other": theirs, "percent": round(best)})


def _alike(one: str, other: str) -> float:
    a, b = plain(one), plain(other)
    if a == b:
        return 100.0
    if _NUMBER.findall(a) != _NUMBER.findall(b) and _NUMBER.sub("", a) == _NUMBER.sub("", b):
        return 0.0  # the first and the second branch
    whole = fuzz.ratio(a, b)
    core_a, core_b = _core(one), _core(other)
    if len(core_a) >= 2 and len(core_b) >= 2:
        return max(whole, 0.97 * fuzz.ratio(core_a, core_b))
    return whole


def _core(name: str) -> str:
    """The name without its legal form; the whole name when nothing else is left."""
    whole = plain(name)
    return _FORMS.sub("", whole) or whole


def _places(one: Entry, other: Entry) -> tuple[float, Note] | None:
    a, b = plain(one.address), plain(other.address)
    if a and a == b:
        return 100.0, Note("address_same", {"address": one.address})
    away = _metres(one, other)
    if a and b:
        if _NUMBER.findall(a) != _NUMBER.findall(b):
            alike = 0.0
        else:
            alike = max(fuzz.ratio(a, b), 90.0 if a in b or b in a else 0.0)
        if alike >= 80:
            return alike, Note("address_alike", {"percent": round(alike)})
        if away is not None and away <= NEAR_M / 2:
            return 70.0, Note("near", {"metres": round(away)})
        return None
    if away is not None and away <= NEAR_M:
        return 100.0 - away, Note("near", {"metres": round(away)})
    return None


def _metres(one: Entry, other: Entry) -> float | None:
    if one.lat is None or one.lng is None or other.lat is None or other.lng is None:
        return None
    return hypot((one.lat - other.lat) * 111_320, (one.lng - other.lng) * 111_320 * cos(radians(one.lat)))
