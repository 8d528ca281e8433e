"""Reading a hotline's file row by row: .csv in UTF-8 or GB18030, .xlsx. Row numbers count records, the header is 1."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO

from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook

from cases.refusals import Refused

MAX_FIELD = 1_000_000
MOST_UNPACKED = 200 * 1024**2
"""Bytes of a workbook's parts together, as its own directory tells; a million short rows are less."""
_CHUNK = 1 << 20
SAMPLED = 20
_OTHERS = (b"%PDF", b"%!PS", b"{\\rtf", b"MZ", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"#!")
_DELIMITERS = ",\t;，|"
BROKEN = "\ufffd"
"""Stands where bytes make no character; a row that has it is refused, its neighbours are not."""

Record = tuple[int, list[str]]


def header_of(path: Path) -> list[str]:
    """The names of the columns. ``Refused("file_unreadable")`` when the file is no table."""
    with _opened(path) as records:
        first = next(records, None)
        if first is None or not any(first[1]):
            raise Refused("file_empty", _("The file is empty."), field="file", status=422)
        return first[1]


def count_of(path: Path) -> int:
    """How many rows follow the header; blank rows don't count."""
    with _opened(path) as records:
        next(records, None)
        return sum(1 for _row in records)


def rows_of(path: Path, *, skip: int = 0) -> Iterator[Record]:
    """(row number, cells) of every row that is not blank, after the header and the first ``skip`` such rows."""
    with _opened(path) as records:
        next(records, None)
        for place, record in enumerate(records):
            if place >= skip:
                yield record


def sample_of(path: Path) -> dict[str, str]:
    """Column name → the first cell that says something among the first rows, to tell which column is which."""
    header = header_of(path)
    found: dict[str, str] = {}
    for _number, cells in islice(rows_of(path), SAMPLED):
        for name, cell in zip(header, cells, strict=False):
            if name and cell and name not in found:
                found[name] = cell
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Record]]:
    try:
        with open(path, "rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise Refused("file_unreadable", _("The file can't be opened."), field="file", status=422) from error
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "file_kind", _("This is an old .xls file. Save it as .xlsx or .csv first."), field="file", status=422
        )
    if start.startswith(b"PK\x03\x04"):
        with _workbook(path) as rows:
            yield rows
        return
    _text_only(start)
    encoding = encoding_of(path)
    with open(path, encoding=encoding, errors="replace", newline="") as text:
        yield _csv(text, _delimiter(path, encoding))


def _text_only(start: bytes) -> None:
    """Pictures, papers, programs and pages pass for a table of one odd column: they are told apart here."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        words = _("This file is in UTF-16. Save it as .csv in UTF-8, or as .xlsx.")
    elif start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        words = _("This is a web page or XML, whatever its name says. Open it in a spreadsheet and save it as .xlsx.")
    elif b"\0" in start or start.startswith(_OTHERS):
        words = _("This is no table. Send the hotline's or the register's file as .csv or .xlsx.")
    else:
        return
    raise Refused("file_kind", words, field="file", status=422)


@contextmanager
def _workbook(path: Path) -> Iterator[Iterator[Record]]:
    # By handle: openpyxl would refuse a path without .xlsx at its end.
    with open(path, "rb") as file:
        with _readable():
            _bearable(file)
            book = load_workbook(file, read_only=True, data_only=True)
        try:
            yield _filled(book)
        finally:
            book.close()


def _filled(book: Workbook) -> Iterator[Record]:
    with _readable():  # what the reader of the rows stumbles over does not come by here
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in row]
            if any(cells) or number == 1:
                yield number, cells


@contextmanager
def _readable() -> Iterator[None]:
    """A broken book fails anywhere: in the archive, its XML, its styles, its sheets."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused("file_unreadable", _("This workbook can't be read."), field="file", status=422) from error


def _bearable(file: IO[bytes]) -> None:
    """A small file may swell to gigabytes; ``zipfile`` reads no part further than the directory told."""
    with zipfile.ZipFile(file) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    file.seek(0)
    if unpacked > MOST_UNPACKED:
        raise Refused(
            "file_too_large",
            _("This workbook is too large once unpacked. Save its rows as .csv, or in several files."),
            field="file",
            status=422,
        )


def _csv(text: Iterator[str], delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(text, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, [BROKEN]
            continue
        cells = [cell.strip() for cell in row]
        if number == 1:
            cells = [cell.lstrip("\ufeff") for cell in cells]
        if any(cells) or number == 1:
            yield number, cells


def encoding_of(path: Path) -> str:
    """UTF-8 where the bytes are valid (or nearly so) in it, else GB18030, which such exports really have."""
    if _bad_share(path, "utf-8") == 0:
        return "utf-8-sig"
    utf8, gb = _bad_share(path, "utf-8"), _bad_share(path, "gb18030")
    return "utf-8-sig" if utf8 < 0.001 and utf8 <= gb else "gb18030"


def _bad_share(path: Path, encoding: str) -> float:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    bad = total = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            bad += text.count(BROKEN)
            total += len(text)
    tail = decoder.decode(b"", final=True)
    return (bad + tail.count(BROKEN)) / max(1, total + len(tail))


def _delimiter(path: Path, encoding: str) -> str:
    with open(path, encoding=encoding, errors="replace", newline="") as text:
        line = text.readline(10_000)
    return max(_DELIMITERS, key=lambda sign: (line.count(sign), -_DELIMITERS.index(sign)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


_NONE = frozenset({"无", "-", "—", "/", "暂无", "null", "none", "n/a"})


def facts_of(cells: Sequence[str], header: Sequence[str], columns: Mapping[str, str]) -> dict[str, str] | None:
    """What a row says in our fields, blanks made single: filled cells only, so an empty one never erases anything.
    None as ``named``."""
    by_name = named(cells, header)
    if by_name is None:
        return None
    facts = {name: " ".join(by_name.get(column, "").replace("\0", "").split()) for name, column in columns.items()}
    return {name: text for name, text in facts.items() if text and text.lower() not in _NONE}


def named(cells: Sequence[str], header: Sequence[str]) -> dict[str, str] | None:
    """Cells by their column; None when there are more cells than columns (a broken quotation mark)."""
    if any(cells[len(header) :]):
        return None
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {column: cell for column, cell in zip(header, padded, strict=False) if column}
