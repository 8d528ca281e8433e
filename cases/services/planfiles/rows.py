"""One row of a plan, made sound or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.models import YearPlanRow
from cases.planner.months import day_of, window_of
from cases.refusals import Refused
from cases.services.imports.reading import BROKEN, facts_of
from cases.services.parties import uscc_check
from cases.services.partyfiles.rows import code_read

REASONS: Mapping[str, Any] = MappingProxyType(
    {
        "party_needed": _("Nothing says which party: give its credit code, its name or its address."),
        "party_unknown": _("No party of this street's register fits. Enter it there first, or correct the row."),
        "party_several": _("%(count)s parties fit. Give the credit code, or name and address as in the register."),
        "party_inactive": _("This party has closed down."),
        "uscc_wrong": _("The credit code is wrong."),
        "uscc_shortened": _("A spreadsheet has shortened the credit code. Format its column as text."),
        "uscc_elsewhere": _("A party with this credit code is in the register of another street."),
        "days_needed": _("Nothing says when: give a month, a quarter or the last day."),
        "month_wrong": _("“%(text)s” is no month: write 3月, 3-4月, 第二季度, 上半年, or 2027-03."),
        "day_wrong": _("“%(text)s” is no day: write it like 2027-03-05."),
        "days_reversed": _("The last day lies before the first one."),
        "days_over": _("These days have passed."),
        "item_unknown": _("This agency's checklist has no item “%(item)s”. Leave it empty for the whole checklist."),
        "note_long": _("The note is longer than 240 characters."),
        "twice_in_file": _("The same check stands in row %(row)s already."),
        "not_readable": _("Some characters can't be read."),
        "too_many_cells": _("There are more cells than columns; a quotation mark may be broken."),
        "target_merged": _("This party was merged into another. Compare the file again."),
        "row_failed": _("The database refused the row."),
    }
)


@dataclass(slots=True)
class Read:
    """What a row says: ``facts`` as written, its days; ``code`` when it is refused, ``params`` what that names."""

    row: int
    facts: dict[str, str] = field(default_factory=dict)
    days: tuple[date, date] | None = None
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


class _Bad(Exception):
    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def row_read(
    number: int, cells: Sequence[str], header: Sequence[str], columns: Mapping[str, str], *, year: int, today: date
) -> Read:
    """A row, sound or with the code of its refusal. ``year`` is meant where a month or day names none."""
    facts = facts_of(cells, header, columns)
    if facts is None:
        return Read(number, {}, code="too_many_cells")
    read = Read(number, facts)
    try:
        _check(read, year, today)
    except _Bad as bad:
        read.code, read.params = bad.code, bad.params
    return read


def _check(read: Read, year: int, today: date) -> None:
    facts = read.facts
    if any(BROKEN in text for text in facts.values()):
        raise _Bad("not_readable")
    if not any(facts.get(name) for name in ("uscc", "name", "address")):
        raise _Bad("party_needed")
    if facts.get("uscc"):
        facts["uscc"], wrong = code_read(facts["uscc"])
        if wrong:
            raise _Bad(wrong)
    if len(facts.get("note", "")) > 240:
        raise _Bad("note_long")
    read.days = _days(facts, year)
    if read.days[1] < read.days[0]:
        raise _Bad("days_reversed")
    if read.days[1] < today:
        raise _Bad("days_over")


def _days(facts: Mapping[str, str], year: int) -> tuple[date, date]:
    """The month's days, narrowed by a first or last day where the row gives one; the last day alone: from the first
    of its month."""
    first = last = None
    if facts.get("month"):
        try:
            first, last = window_of(facts["month"], year)
        except ValueError:
            raise _Bad("month_wrong", text=facts["month"]) from None
    if facts.get("until"):
        last = _day(facts["until"], year)
        first = first or last.replace(day=1)
    if facts.get("from"):
        first = _day(facts["from"], year)
    if first is None or last is None:
        raise _Bad("days_needed")
    return first, last


def _day(text: str, year: int) -> date:
    try:
        return day_of(text, year)
    except ValueError:
        raise _Bad("day_wrong", text=text) from None


def reason_of(row: YearPlanRow) -> str:
    """Why a row was refused, in words; for a credit code what is wrong with it."""
    if row.code == "uscc_wrong":
        try:
            uscc_check(str(row.facts.get("uscc", "")))
        except Refused as refused:
            return str(refused)
    try:
        return str(str(REASONS[row.code]) % row.params)
    except KeyError:
        return row.code
