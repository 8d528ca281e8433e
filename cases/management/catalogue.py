"""Reads the reference catalogue (``reference/*.toml``) into the tables, by code; what an office added stays."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models, transaction

from cases.management.keeping import REASON, Hands
from cases.models import (
    Category,
    CategoryWord,
    DeadlineRule,
    InspectionItem,
    ItemBasis,
    ItemKind,
    ItemLimit,
    Period,
    Setting,
)
from teams.services.history import facts

FOLDER = Path(__file__).parent / "reference"
STAMP = "reference_loaded"
"""Setting that keeps the digest of the files last loaded: nothing is touched while it is the same."""

LONG_IN_FORCE = date(2000, 1, 1)
Row = Mapping[str, Any]


@dataclass(slots=True)
class Loaded:
    """What a loading wrote: rows made and rows changed, by table; what it left as people set it, in ``hands.kept``;
    ``skipped`` when the files are the ones loaded."""

    hands: Hands
    made: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    skipped: bool = False

    @property
    def writes(self) -> int:
        return sum(self.made.values()) + sum(self.changed.values())


def digest() -> str:
    """SHA-256 over all files of the catalogue, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.toml")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def read(name: str) -> dict[str, Any]:
    """One file of the catalogue."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@transaction.atomic
def load(*, force: bool = False) -> Loaded:
    """Update or create every row of the catalogue by its code.

    With the same files as last time nothing is touched. With others, what nobody touched follows them, and what a
    person set in the administration stays: told in ``hands.kept`` and in the log. ``force`` writes the catalogue over
    that too. Rows that the catalogue doesn't know are left alone.
    """
    stamp = digest()
    known = Setting.objects.filter(key=STAMP, street__isnull=True).first()
    if known is not None and known.value == stamp and not force:
        return Loaded(Hands(), skipped=True)
    done = Loaded(Hands() if force else Hands.read())
    file = read("categories")
    _categories(file["major"], file["minor"], done)
    clocks = read("clocks")
    _clocks(clocks["clock"], done)
    for row in clocks["setting"]:
        _put(Setting, {"key": row["key"], "street": None}, {"value": row["value"], "source": row["source"]}, done)
    laws = read("laws")
    for name in ("items_catering", "items_sites"):
        for row in read(name)["item"]:
            _item(row, laws, clocks["noise"], done)
    Setting.objects.update_or_create(key=STAMP, street=None, defaults={"value": stamp, "source": REASON})
    return done


def powers() -> list[tuple[str, str, bool, bool]]:
    """The proposed powers: function, class, optional, delegated to the street."""
    rows = []
    for function, row in read("powers").items():
        delegated = set(row.get("delegated", "").split())
        for key, optional in (("classes", False), ("optional", True)):
            rows += [(function, code, optional, code in delegated) for code in row.get(key, "").split()]
    return rows


def _put(model: type[models.Model], keys: Row, values: Row, done: Loaded) -> Any:
    """The row with these keys, made or changed where it differs and no person set it; writes nothing where it
    doesn't."""
    name = model.__name__
    found = model._default_manager.filter(**_lookups(keys)).first()
    if found is None:
        done.made[name] = done.made.get(name, 0) + 1
        return model._default_manager.create(**keys, **values)
    stale = {column: value for column, value in values.items() if getattr(found, column) != value}
    if stale := done.hands.leave(found, stale):
        before = facts(found, stale)
        for column, value in stale.items():
            setattr(found, column, value)
        found.save(update_fields=list(stale))
        done.hands.note(found, before, facts(found, stale))
        done.changed[name] = done.changed.get(name, 0) + 1
    return found


def _lookups(keys: Row) -> dict[str, Any]:
    return {f"{key}__isnull" if value is None else key: value is None or value for key, value in keys.items()}


def _categories(majors: Iterable[Row], minors: Iterable[Row], done: Loaded) -> None:
    parents = {
        row["code"]: _put(Category, {"code": row["code"]}, {"name": row["name"], "name_en": row["name_en"]}, done)
        for row in majors
    }
    for row in minors:
        category = _put(
            Category,
            {"code": row["code"]},
            {
                "name": row["name"],
                "name_en": row["name_en"],
                "parent_id": parents[row["code"][:2]].pk,
                "severity": row.get("severity", "C"),
                "closing_condition": row["condition"],
                "closing_condition_en": row["condition_en"],
                "night": row.get("night", False),
                "clause_group": row["group"],
                "key_area": row.get("key_area", False),
                "basis": row["basis"],
            },
            done,
        )
        _words(category, row["words"], done)


def _words(category: Category, text: str, done: Loaded) -> None:
    # Pairs are parted by spaces, so "_" stands for the space within one.
    pairs = (pair.rpartition(":") for pair in text.split())
    wanted = {word.replace("_", " "): int(weight) for word, _colon, weight in pairs}
    have = {row.word: row for row in category.words.all()}
    for word in done.hands.words_of(category, wanted, have):
        wanted.pop(word, None)
    fresh = [
        CategoryWord(category=category, word=word, weight=weight) for word, weight in wanted.items() if word not in have
    ]
    stale = [row for word, row in have.items() if word in wanted and row.weight != wanted[word]]
    before = [f"{row.word} {row.weight}" for row in stale]
    for row in stale:
        row.weight = wanted[row.word]
    CategoryWord.objects.bulk_create(fresh)
    CategoryWord.objects.bulk_update(stale, ["weight"])
    after = [f"{row.word} {row.weight}" for row in (*stale, *fresh)]
    if have and after:
        done.hands.note(category, {"words": before}, {"words": after})
    if fresh:
        done.made["CategoryWord"] = done.made.get("CategoryWord", 0) + len(fresh)
    if stale:
        done.changed["CategoryWord"] = done.changed.get("CategoryWord", 0) + len(stale)


def _clocks(rows: Iterable[Row], done: Loaded) -> None:
    for row in rows:
        for urgent, text in ((False, row["normal"]), (True, row["urgent"])):
            amount, unit = text.split()
            _put(
                DeadlineRule,
                {"kind": row["kind"], "urgent": urgent, "street": None, "ends_on": None},
                {"amount": int(amount), "unit": unit, "source": row["source"]},
                done,
            )


def _item(row: Row, laws: Row, noise: Row, done: Loaded) -> None:
    bases = [laws[key] for key in row["laws"]]
    item = _put(
        InspectionItem,
        {"code": row["code"]},
        {
            "name": row["name"],
            "name_en": row["name_en"],
            "function": row["function"],
            "kind": row.get("kind", ItemKind.YES_NO.value),
            "hint": row["hint"],
            "hint_en": row["hint_en"],
            "choices": row.get("choices", []),
            "choices_en": row.get("choices_en", []),
            "unit": row.get("unit", ""),
            "unit_en": row.get("unit_en", ""),
            "key_item": row.get("key", False),
            "photo_required": row.get("photo", False),
            "clause_group": row.get("group", ""),
            "order": row.get("order", 100),
            "starts_on": LONG_IN_FORCE,
        },
        done,
    )
    _classes(item, set(row.get("classes", "").split()), done)
    for basis in bases:
        _put(
            ItemBasis,
            {"item": item, "text": basis["text"]},
            {
                "text_en": basis["text_en"],
                "starts_on": basis["starts_on"],
                "ends_on": basis.get("ends_on"),
                "to_confirm": basis.get("to_confirm", True),
            },
            done,
        )
    for keys, values in _limits(row, noise):
        if not done.hands.has_limit(item, keys, values):
            _put(ItemLimit, {"item": item, **keys}, values, done)


def _classes(item: InspectionItem, codes: set[str], done: Loaded) -> None:
    have = set(item.categories.values_list("code", flat=True))
    if codes == have:
        return
    found = list(Category.objects.filter(code__in=codes))
    if len(found) != len(codes):
        raise ValueError(f"{item.code} names classes that the catalogue does not have: {sorted(codes)}")
    if not done.hands.leave(item, {"categories": sorted(row.name for row in found)}):
        return
    before = facts(item, ["categories"])
    item.categories.set(found)
    done.changed["item classes"] = done.changed.get("item classes", 0) + 1
    if have:
        done.hands.note(item, before, facts(item, ["categories"]))


def _limits(row: Row, noise: Row) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if limit := row.get("limit"):
        keys = {"zone": None, "period": Period.ANY.value, "starts_on": limit["starts_on"]}
        return [(keys, {**_maximum(limit["maximum"], limit["unit"]), "standard": limit["standard"]})]
    if "noise" not in row:
        return []
    table = noise[row["noise"]]
    found = []
    for period in (Period.DAY.value, Period.NIGHT.value):
        by_zone = table[period] if isinstance(table[period], list) else {None: table[period]}
        for zone, maximum in by_zone.items() if isinstance(by_zone, dict) else enumerate(by_zone):
            keys = {"zone": zone, "period": period, "starts_on": table["starts_on"]}
            found.append((keys, {**_maximum(maximum, "dB(A)"), "standard": table["standard"]}))
    return found


def _maximum(value: float, unit: str) -> dict[str, Any]:
    return {"maximum": Decimal(str(value)), "unit": unit}
