"""One row of a file of parties, made sound or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.models import PartyRow, TargetKind
from cases.refusals import Refused
from cases.services.imports.reading import BROKEN, facts_of
from cases.services.parties import uscc_check
from cases.services.parties.checking import CAP, NOISE_ZONES

REASONS: Mapping[str, Any] = MappingProxyType(
    {
        "name_needed": _("The name is missing."),
        "name_long": _("The name is longer than 160 characters."),
        "too_long": _("The column “%(column)s” is too long."),
        "uscc_wrong": _("The credit code is wrong."),
        "uscc_shortened": _("A spreadsheet has shortened the credit code. Format its column as text."),
        "uscc_elsewhere": _("A party with this credit code is in the register of another street."),
        "uscc_taken": _("A party with this credit code is already in the register."),
        "twice_in_file": _("The same party stands in row %(row)s already."),
        "kind_wrong": _("This kind of party is not known."),
        "number_wrong": _("The column “%(column)s” must be a number that is allowed there."),
        "point_wrong": _("The coordinates are not valid."),
        "not_readable": _("Some characters can't be read."),
        "too_many_cells": _("There are more cells than columns; a quotation mark may be broken."),
        "changed_meanwhile": _("Somebody changed this party after the comparison. Compare the file again."),
        "target_merged": _("This party was merged into another. Compare the file again."),
        "row_failed": _("The database refused the row."),
    }
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "": TargetKind.BUSINESS.value,
        "企业": TargetKind.BUSINESS.value,
        "个体": TargetKind.BUSINESS.value,
        "商户": TargetKind.BUSINESS.value,
        "经营": TargetKind.BUSINESS.value,
        "公司": TargetKind.BUSINESS.value,
        "合作社": TargetKind.BUSINESS.value,
        "工地": TargetKind.SITE.value,
        "摊": TargetKind.VENDOR.value,
        "地点": TargetKind.PLACE.value,
        "场所": TargetKind.BUSINESS.value,
    }
)
_LENGTHS = {"trade": 40, "address": 240, "person_in_charge": 60, "phone": 32}


@dataclass(slots=True)
class Read:
    """What a row says in our fields: filled cells only; ``code`` when it is refused, ``params`` its facts."""

    row: int
    facts: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def row_read(number: int, cells: Sequence[str], header: Sequence[str], columns: Mapping[str, str]) -> Read:
    """A row, sound or with the code of its refusal."""
    facts = facts_of(cells, header, columns)
    if facts is None:
        return Read(number, {}, "too_many_cells")
    read = Read(number, dict(facts))
    try:
        _check(read)
    except _Bad as bad:
        read.code, read.params = bad.code, bad.params
    return read


class _Bad(Exception):
    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def _check(read: Read) -> None:
    facts = read.facts
    if any(BROKEN in str(value) for value in facts.values()):
        raise _Bad("not_readable")
    if not facts.get("name"):
        raise _Bad("name_needed")
    if len(facts["name"]) > 160:
        raise _Bad("name_long")
    for name, length in _LENGTHS.items():
        if len(facts.get(name, "")) > length:
            raise _Bad("too_long", column=name)
    if facts.get("uscc"):
        _code(facts)
    if "kind" in facts:
        facts["kind"] = _kind(facts["kind"])
    if "aliases" in facts:
        names = facts["aliases"].replace("，", ",").replace("、", ",").replace(";", ",").split(",")
        facts["aliases"] = [name.strip()[:160] for name in names if name.strip()]
    for name, allowed in (("noise_zone", NOISE_ZONES), ("yearly_cap", CAP)):
        if name in facts:
            digits = "".join(sign for sign in str(facts[name]) if sign.isdigit())
            if not digits or int(digits[:6]) not in allowed:
                raise _Bad("number_wrong", column=name)
            facts[name] = int(digits)
    _point(facts)


def _code(facts: dict[str, Any]) -> None:
    facts["uscc"], wrong = code_read(facts["uscc"])
    if wrong:
        raise _Bad(wrong)


def code_read(text: str) -> tuple[str, str]:
    """A credit code as it is kept, and what is wrong with it: ``uscc_shortened``, ``uscc_wrong`` or nothing."""
    if "E+" in text.upper():
        return text, "uscc_shortened"
    try:
        return uscc_check(text) or "", ""
    except Refused:
        return text, "uscc_wrong"


def _kind(text: str) -> str:
    if text in TargetKind.values:
        return text
    found = next((kind for word, kind in _KINDS.items() if word and word in text), "")
    if not found:
        raise _Bad("kind_wrong")
    return found


def _point(facts: dict[str, Any]) -> None:
    if "lat" not in facts and "lng" not in facts:
        return
    try:
        lat, lng = float(facts["lat"]), float(facts["lng"])
    except (KeyError, ValueError):
        raise _Bad("point_wrong") from None
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise _Bad("point_wrong")
    facts["lat"], facts["lng"] = lat, lng


def reason_of(row: PartyRow, labels: Mapping[str, Any]) -> str:
    """Why a row was refused, in words; for a credit code what is wrong with it. ``labels``: columns in words."""
    if row.code == "uscc_wrong":
        try:
            uscc_check(str(row.facts.get("uscc", "")))
        except Refused as refused:
            return str(refused)
    params = {**(row.notes[0] if row.notes else {})}
    if "column" in params:
        params["column"] = labels.get(params["column"], params["column"])
    try:
        return str(REASONS[row.code]) % params
    except KeyError:
        return row.code
