"""Tables that people open in a spreadsheet: .csv (UTF-8 with BOM) and .xlsx, typed, no cell that a program would run.

Text from outside (a party's name, an address) may begin with ``= + - @``: spreadsheets run such a cell as a formula
(CWE-1236). Every text of that kind gets an apostrophe in front, in both formats; numbers and dates stay typed.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.child import _WorkbookChild

Cell = str | int | float | Decimal | bool | date | datetime | Promise | None
Format = Literal["csv", "xlsx"]

FORMATS: tuple[Format, ...] = ("xlsx", "csv")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_MAX = 32_767
"""Characters that a cell of .xlsx holds."""
TITLE_MAX = 31
MEMORY = 2 * 1024 * 1024
"""A file up to this many bytes is kept in memory, a larger one on the disk until it is sent."""
BOM = "\ufeff"
_RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TITLE = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: a title, the head of each column, rows as long as the head. ``rows`` is read once."""

    title: str
    columns: Sequence[str | Promise]
    rows: Iterable[Sequence[Cell]]


def safe_text(text: str) -> str:
    """The text as a cell may hold it: never a formula, no sign that .xlsx can't carry, cut at ``CELL_MAX``."""
    plain = _UNWRITABLE.sub("", text)
    if plain.lstrip(" \n\u3000").startswith(_RUNS):
        plain = f"'{plain}"
    return plain[:CELL_MAX]


def sheet_response(name: str, table: Table, kind: Format) -> HttpResponseBase:
    """The table as a download called ``name`` (without an ending). ValueError for a kind that is not offered."""
    if kind == "csv":
        return csv_response(name, table)
    if kind == "xlsx":
        return xlsx_response(name, [table])
    raise ValueError(kind)


def csv_response(name: str, table: Table) -> StreamingHttpResponse:
    """Streamed row by row; moments in local time as ``2026-08-21 20:45``."""
    answer = StreamingHttpResponse(_csv_lines(table), content_type="text/csv; charset=utf-8")
    _download(answer, f"{name}.csv")
    return answer


def xlsx_response(name: str, tables: Sequence[Table]) -> FileResponse:
    """A workbook with one sheet a table; numbers, dates and moments keep their type. Written without holding rows."""
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for table in tables:
        _sheet(book, table, _title(table.title, taken))
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - the response closes it
    book.save(file)
    size = file.tell()
    file.seek(0)
    answer = FileResponse(file, content_type=XLSX)
    answer["Content-Length"] = str(size)
    _download(answer, f"{name}.xlsx")
    return answer


def _download(answer: HttpResponseBase, filename: str) -> None:
    answer["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"


def _csv_lines(table: Table) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def line(cells: Iterable[Cell]) -> str:
        writer.writerow([_plain(cell) for cell in cells])
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    yield BOM + line(table.columns)
    for row in table.rows:
        yield line(row)


def _plain(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, int | float | Decimal):
        return cell
    if isinstance(cell, datetime):
        return f"{_local(cell):%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return safe_text(str(cell))


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(tzinfo=None) if timezone.is_aware(moment) else moment


def _sheet(book: Workbook, table: Table, title: str) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(40, max(12, 2 * len(str(column)) + 2))
    head = []
    for column in table.columns:
        cell = WriteOnlyCell(sheet, value=safe_text(str(column)))
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        head.append(cell)
    sheet.append(head)
    for row in table.rows:
        sheet.append([_typed(sheet, cell) for cell in row])


def _typed(sheet: _WorkbookChild, cell: Cell) -> object:
    if cell is None or isinstance(cell, bool | int | float | Decimal):
        return cell
    if isinstance(cell, datetime):
        made = WriteOnlyCell(sheet, value=_local(cell))
        made.number_format = "yyyy-mm-dd hh:mm"
        return made
    if isinstance(cell, date):
        made = WriteOnlyCell(sheet, value=datetime(cell.year, cell.month, cell.day))  # noqa: DTZ001 - a day, no moment
        made.number_format = "yyyy-mm-dd"
        return made
    return safe_text(str(cell))


def _title(wanted: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 signs, none that spreadsheets refuse, no second one alike."""
    base = _TITLE.sub(" ", wanted).strip("' ")[:TITLE_MAX] or "1"
    title, number = base, 2
    while title.lower() in taken:
        tail = f" {number}"
        title, number = base[: TITLE_MAX - len(tail)] + tail, number + 1
    taken.add(title.lower())
    return title
