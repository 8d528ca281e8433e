"""Every exported file, column by column: what a cell tells, its column is known to tell, and its reader may be told.

Signs of both streets' rows (``tests.access.sight``) are looked for in the cells of .csv and .xlsx, as the walk does in
HTML and JSON; there a workbook is a packed archive that shows nothing.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver, reverse
from openpyxl import load_workbook

from cases.management.sight import may_be_told
from cases.models import Case, ImportRefusal, PartyRow, YearPlanRow
from dispatch.web.sheets import FORMATS, XLSX
from tests.access.matrix import ROLES
from tests.access.mutants import reach
from tests.access.test_matrix import undone
from tests.access.world import Street, World


@dataclass(frozen=True, slots=True)
class Book:
    """How one is asked for, and the fields of ``cases.management.sight`` that its columns tell; others tell none.
    ``handed``: who is given a person's own data in clear, whatever the table says of pages."""

    method: str
    tells: Mapping[str, str]
    given: Callable[[Street], dict[str, Any]] = lambda street: {}
    subject: str = ""
    formats: tuple[str, ...] = FORMATS
    kind: str = "format"
    handed: tuple[str, ...] = ()
    before: Callable[[Street], object] = lambda street: None
    readers: Mapping[str, str] = field(default_factory=dict)


_OFFICE = {"dispatcher": "own", "head": "own", "dispatcher_elsewhere": "other"}
_DESK = {**_OFFICE, "checker": "own", "supervisor": "both", "auditor": "both"}
_EXPORT = {name: place for name, place in _DESK.items() if name != "checker"}
_ORDER = {"Number": "order", "Party": "party"}


def without_a_party(street: Street) -> None:
    """The list falls back on the address that the complainant wrote."""
    Case.objects.filter(pk=street.case.pk).update(target=None, stage="accepted", disposition="")


def refused_party(street: Street) -> None:
    facts = {"name": street.names["party"], "address": "演示路1号"}
    PartyRow.objects.create(run_id=street.rows["party file"], row=2, fate="refused", facts=facts, code="uscc_wrong")


def refused_plan(street: Street) -> None:
    facts = {"name": street.names["party"], "note": "演示"}
    YearPlanRow.objects.create(plan_id=street.rows["year plan"], row=2, fate="refused", facts=facts, code="no_party")


def refused_order(street: Street) -> None:
    ImportRefusal.objects.create(run_id=street.rows["import"], row=2, code="phone_wrong", reason="演示")


BOOKS: dict[str, Book] = {
    "console:export": Book(
        "POST",
        {"Reference": "case", "Party": "party", "Order": "order"},
        given=lambda street: {"queue": "all"},
        kind="kind",
        readers=_EXPORT,
    ),
    "console:export, no party": Book(
        "POST",
        {"Reference": "case", "Order": "order"},
        given=lambda street: {"queue": "all", "pick": [street.case.pk]},
        kind="kind",
        before=without_a_party,
        readers=_EXPORT,
    ),
    "console:party_export": Book("GET", {"name": "party"}, readers=_DESK),
    "console:ledger": Book("GET", _ORDER, formats=("xlsx",), kind="as", readers=_DESK),
    "console:reports": Book("GET", {}, formats=("xlsx",), kind="as"),
    "console:import_refused": Book("GET", {}, subject="import", formats=("csv",), before=refused_order),
    "console:party_file_refused": Book(
        "GET", {"name": "party"}, subject="party file", before=refused_party, readers=_OFFICE
    ),
    "console:year_plan_refused": Book(
        "GET", {"name": "party"}, subject="year plan", before=refused_plan, readers=_OFFICE
    ),
    "console:admin_persons": Book(
        "POST",
        {"reference": "case", "name": "name", "phone": "phone", "what happened": "words", "address": "flat",
         "latitude": "point", "cases": "case"},
        given=lambda street: {
            "q": street.complaint.reference, "act": "export", "pick": street.complaint.pk, "purpose": "request",
        },
        formats=("xlsx",),
        handed=("head",),
        readers={"head": "own"},
    ),
}  # fmt: skip


def columns_of(answer: Any) -> Iterator[tuple[str, str]]:
    """Head and all cells of each column of each sheet; nothing where no file was given."""
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code != 200 or not (kind == XLSX or kind.startswith("text/csv")):
        return
    body = b"".join(answer.streaming_content)
    if kind == XLSX:
        sheets = [list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(io.BytesIO(body)).worksheets]
    else:
        sheets = [[tuple(row) for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))]]
    for rows in sheets:
        assert rows, "a sheet has heads"
        for head, *cells in zip(*rows, strict=True):
            yield str(head), "\n".join("" if cell is None else f"{cell:.5f}" if isinstance(cell, float) else str(cell)
                                       for cell in cells)  # fmt: skip


def exporting(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Names of the addresses whose views come to a writer of sheets."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from exporting(one, f"{one.namespace}:" if one.namespace else space)
        elif {name for path, name in reach([one.callback]) if path == "dispatch/web/sheets.py"} & WRITERS:
            yield f"{space}{one.name}"


WRITERS = {"csv_response", "xlsx_response"}


def test_every_exported_file_stands_here() -> None:
    assert {*exporting(get_resolver())} == {name.split(",")[0] for name in BOOKS}


def columns_for(role: str, name: str, world: World) -> Iterator[tuple[str, str]]:
    """Of the file asked for about each street, in each format."""
    book, client = BOOKS[name], world.clients[role]
    for street in (world.own, world.other):
        url = reverse(name.split(",")[0], args=[street.rows[book.subject]] if book.subject else [])
        for kind in book.formats:
            with undone():
                book.before(street)
                ask = client.get if book.method == "GET" else client.post
                yield from columns_of(
                    ask(url, {**book.given(street), book.kind: kind}, headers={"Accept-Language": "en"})
                )


@pytest.mark.parametrize("name", BOOKS)
def test_a_column_tells_its_field_to_who_may_be_told(name: str, world: World) -> None:
    book = BOOKS[name]
    wrong: dict[str, None] = {}
    met: dict[str, set[str]] = defaultdict(set)
    readers: set[tuple[str, str]] = set()
    for role in ROLES:
        for head, cells in columns_for(role, name, world):
            for place, street in (("own", world.own), ("other", world.other)):
                for told in street.told_in(cells):
                    met[head].add(told)
                    readers.add((role, place))
                    if book.tells.get(head) != told:
                        wrong[f"{head} tells the {told}"] = None
                    if role not in book.handed and not may_be_told(role, told, place):
                        wrong[f"{role}: {head} tells the {told} of the {place} street"] = None
    assert not wrong, "\n".join(["", *wrong])
    assert {head: {told} for head, told in book.tells.items()} == dict(met), "each column is met as it is described"
    wanted = {
        (role, place)
        for role, cell in book.readers.items()
        for place in (("own", "other") if cell == "both" else (cell,))
    }
    assert readers == wanted, "and by these people alone"
