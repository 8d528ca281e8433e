"""What each row would do to the register: new, a change, a possible duplicate, nothing, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.models import PartyRow, PartyRun, RowChoice, RowFate, Target
from cases.planner.sameness import plain
from cases.selectors.alike import alike_of
from cases.selectors.namesakes import parties_by_code, parties_by_name
from cases.services.parties import columns_of
from cases.services.partyfiles.rows import Read


@dataclass(slots=True)
class Seen:
    """What earlier rows of the file said: codes, and names with addresses, with their row numbers."""

    codes: dict[str, int] = field(default_factory=dict)
    places: dict[tuple[str, str], int] = field(default_factory=dict)


def seen_before(run: PartyRun) -> Seen:
    """The same for the rows that an earlier slice of the run has compared."""
    seen = Seen()
    rows = PartyRow.objects.filter(run=run).exclude(fate=RowFate.REFUSED).order_by("row").values_list("row", "facts")
    for number, facts in rows.iterator(chunk_size=5000):
        _note(seen, number, facts)
    return seen


def rows_compare(run: PartyRun, reads: Sequence[Read], seen: Seen) -> list[PartyRow]:
    """The rows of a batch with their fate, not saved. Two queries for those that match, two for each that doesn't."""
    by_code = parties_by_code([str(read.facts["uscc"]) for read in reads if not read.code and read.facts.get("uscc")])
    by_name = parties_by_name(run.street_id, [read.facts["name"] for read in reads if not read.code])
    found = []
    for read in reads:
        row = PartyRow(run=run, row=read.row, facts=read.facts)
        if read.code:
            _refuse(row, read.code, read.params)
        elif (earlier := _earlier(seen, read.facts)) is not None:
            _refuse(row, "twice_in_file", {"row": earlier})
        else:
            _note(seen, read.row, read.facts)
            _fate(row, run.street_id, by_code, by_name)
        found.append(row)
    return found


def _fate(row: PartyRow, street_id: int, by_code: dict[str, Target], by_name: dict[str, list[Target]]) -> None:
    facts = row.facts
    owner = by_code.get(str(facts.get("uscc") or ""))
    if owner is not None and owner.street_id != street_id:
        _refuse(row, "uscc_elsewhere", {})
        return
    known = owner or _same_place(facts, by_name.get(facts["name"], []))
    if known is not None:
        row.target = known
        row.changes = _changes(known, facts)
        row.fields = list(row.changes)
        row.fate = RowFate.CHANGE if row.changes else RowFate.SAME
        return
    likely = alike_of(_as_target(street_id, facts))
    if likely:
        row.target, pair = likely[0]
        row.changes = _changes(row.target, facts)
        row.fields = list(row.changes)
        row.notes = [note.as_dict() for note in pair.notes]
        row.fate = RowFate.LIKELY
        return
    row.fate, row.choice = RowFate.NEW, RowChoice.ADD


def _refuse(row: PartyRow, code: str, params: dict[str, Any]) -> None:
    row.fate, row.code, row.notes = RowFate.REFUSED, code, [params]


def _earlier(seen: Seen, facts: dict[str, Any]) -> int | None:
    code = facts.get("uscc")
    if code and code in seen.codes:
        return seen.codes[code]
    return None if code else seen.places.get(_place(facts))


def _note(seen: Seen, number: int, facts: dict[str, Any]) -> None:
    if facts.get("uscc"):
        seen.codes.setdefault(str(facts["uscc"]), number)
    seen.places.setdefault(_place(facts), number)


def _place(facts: dict[str, Any]) -> tuple[str, str]:
    return plain(facts["name"]), plain(facts.get("address", ""))


def _same_place(facts: dict[str, Any], named: list[Target]) -> Target | None:
    """The party of exactly this name and address whose code does not speak against it."""
    for row in named:
        codes = {str(code) for code in (row.uscc, facts.get("uscc")) if code}
        if len(codes) < 2 and plain(row.address) == plain(facts.get("address", "")):
            return row
    return None


def _as_target(street_id: int, facts: dict[str, Any]) -> Target:
    columns = ("name", "address", "lat", "lng", "uscc", "aliases")
    return Target(street_id=street_id, **{name: facts[name] for name in columns if name in facts})


def _changes(target: Target, facts: dict[str, Any]) -> dict[str, list[Any]]:
    """Column → before and after, for what the file says otherwise; other names are added, never taken away."""
    now = columns_of(target)
    found: dict[str, list[Any]] = {}
    for column, value in facts.items():
        after = value
        if column == "aliases":
            after = list(dict.fromkeys([*target.aliases, *value]))
        elif column in ("lat", "lng") and now[column] is not None and abs(float(str(now[column])) - value) < 0.00002:
            continue
        if now.get(column) != after:
            found[column] = [now.get(column), after]
    if ("lat" in found) != ("lng" in found):
        for column in ("lat", "lng"):
            found.setdefault(column, [now[column], facts[column]])
    return found
