"""What publishing would do with each row: a new reason to visit, nothing because it is planned already, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.models import InspectionItem, NeedState, PlanFate, Target, YearPlan, YearPlanRow
from cases.planner.sameness import plain
from cases.selectors.namesakes import parties_by_address, parties_by_alias, parties_by_code, parties_by_name
from cases.services.planfiles.rows import Read
from teams.models import Agency

Check = tuple[int, date, date, tuple[int, ...]]
"""A planned check of an agency: party, first and last day, items. The same one is never planned twice."""
_BETWEEN = re.compile(r"[、,，;；/|\n]")


@dataclass(slots=True)
class Checklist:
    """The agency's items by everything that a plan may call them, with the days between which they are in force."""

    rows: dict[str, list[InspectionItem]]

    @classmethod
    def of(cls, agency: Agency) -> Checklist:
        rows: dict[str, list[InspectionItem]] = {}
        for item in InspectionItem.objects.filter(function=agency.function).order_by("pk"):
            for name in {plain(item.code), plain(item.name), plain(item.name_en)} - {""}:
                rows.setdefault(name, []).append(item)
        return cls(rows)

    def item(self, text: str, on: date) -> int | None:
        """The item of this name in force on the day."""
        for item in self.rows.get(plain(text), ()):
            if item.starts_on <= on and (item.ends_on is None or item.ends_on >= on):
                return item.pk
        return None

    def read(self, text: str, on: date) -> tuple[list[int], str]:
        """The items that a cell names, and the first name that none has. A whole cell may be one item's name."""
        whole = self.item(text, on) if text else None
        if whole is not None:
            return [whole], ""
        found: set[int] = set()
        for name in filter(None, (part.strip() for part in _BETWEEN.split(text))):
            item = self.item(name, on)
            if item is None:
                return [], name
            found.add(item)
        return sorted(found), ""


def seen_before(plan: YearPlan) -> dict[Check, int]:
    """Checks of the rows that an earlier slice has compared, with their row numbers."""
    rows = YearPlanRow.objects.filter(plan=plan).exclude(fate=PlanFate.REFUSED).order_by("row")
    return {check_of(row): row.row for row in rows.iterator(chunk_size=5000)}


def rows_compare(
    plan: YearPlan, reads: Sequence[Read], checklist: Checklist, seen: dict[Check, int]
) -> list[YearPlanRow]:
    """The rows of a batch with their fate, not saved; ``seen`` grows. Five queries a batch."""
    sound = [read for read in reads if not read.code]
    street_id = plan.street_id
    by_code = parties_by_code(read.facts["uscc"] for read in sound if read.facts.get("uscc"))
    names = {read.facts["name"] for read in sound if read.facts.get("name")}
    by_name = parties_by_name(street_id, names)
    by_alias = parties_by_alias(street_id, names)
    by_address = parties_by_address(
        street_id, {read.facts["address"] for read in sound if read.facts.get("address") and not read.facts.get("name")}
    )
    rows = []
    for read in reads:
        row = YearPlanRow(plan=plan, row=read.row, facts=read.facts, code=read.code, params=read.params)
        row.fate = PlanFate.REFUSED
        rows.append(row)
        if read.code or read.days is None:
            continue
        found = _party(street_id, read.facts, by_code, {**by_alias, **by_name}, by_address)
        if isinstance(found, Target):
            row.target = found
            row.from_day, row.due_day = read.days
            row.item_ids, unknown = checklist.read(read.facts.get("items", ""), read.days[0])
            if unknown:
                row.code, row.params = "item_unknown", {"item": unknown}
            elif not found.active:
                row.code = "party_inactive"
            else:
                row.fate = PlanFate.NEW
        else:
            row.code, row.params = found
    planned = planned_checks(plan.agency_id, {row.target_id for row in rows if row.target_id is not None})
    for row in rows:
        if row.fate != PlanFate.NEW:
            continue
        check = check_of(row)
        if check in seen:
            row.fate, row.code, row.params = PlanFate.REFUSED, "twice_in_file", {"row": seen[check]}
            continue
        seen[check] = row.row
        if check in planned:
            row.fate = PlanFate.SAME
    return rows


def planned_checks(agency_id: int, target_ids: Iterable[int]) -> set[Check]:
    """What plans of the agency have asked for at these parties, as far as nobody withdrew it. A party that was merged
    counts as the one it lives on in, since its needs went there."""
    rows = YearPlanRow.objects.filter(plan__agency=agency_id, need__target__in=list(target_ids))
    rows = rows.exclude(need__state=NeedState.WITHDRAWN)
    return {
        (target_id, first, last, tuple(items))
        for target_id, first, last, items in rows.values_list("need__target", "from_day", "due_day", "item_ids")
        if first is not None and last is not None
    }


def check_of(row: YearPlanRow) -> Check:
    """What a row asks for. ValueError for a refused one."""
    if row.target_id is None or row.from_day is None or row.due_day is None:
        raise ValueError("only a row that isn't refused is a check")
    return row.target_id, row.from_day, row.due_day, tuple(row.item_ids)


def _party(
    street_id: int,
    facts: dict[str, str],
    by_code: dict[str, Target],
    by_name: dict[str, list[Target]],
    by_address: dict[str, list[Target]],
) -> Target | tuple[str, dict[str, Any]]:
    """The party of the code; else of the name, where several have it the one at the address; else of the address.
    Otherwise why there is none."""
    owner = by_code.get(facts.get("uscc", ""))
    if owner is not None:
        return owner if owner.street_id == street_id else ("uscc_elsewhere", {})
    name, address = facts.get("name", ""), facts.get("address", "")
    fitting = by_name.get(name, []) if name else by_address.get(address, [])
    if facts.get("uscc"):
        # The register has this name under another code: that is another business.
        fitting = [row for row in fitting if not row.uscc]
    if len(fitting) > 1 and address:
        fitting = [row for row in fitting if plain(row.address) == plain(address)] or fitting
    if not fitting:
        return "party_unknown", {}
    return fitting[0] if len(fitting) == 1 else ("party_several", {"count": len(fitting)})
