"""Sheets: what a spreadsheet program reads back, and that no cell of ours can run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from dispatch.web.sheets import BOM, Cell, Table, safe_text, sheet_response, xlsx_response

MOMENT = datetime(2026, 8, 21, 12, 45, tzinfo=UTC)  # 20:45 in the street
ROW: list[Cell] = ["演示·烧烤店", 3, Decimal("58.5"), date(2026, 8, 21), MOMENT, None, -7, "-7"]
HEAD = ["名称", "n", "dB", "day", "at", "none", "minus", "text"]


def body(answer: Any) -> bytes:
    return b"".join(answer)


def test_csv_is_utf8_with_a_bom_and_typed() -> None:
    answer = sheet_response("案件 8月", Table("案件", HEAD, [ROW]), "csv")
    text = body(answer).decode()
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert rows == [HEAD, ["演示·烧烤店", "3", "58.5", "2026-08-21", "2026-08-21 20:45", "", "-7", "'-7"]]
    assert "filename*=utf-8''" in answer["Content-Disposition"].lower()
    assert answer["Cache-Control"] == "private, no-store"


def test_xlsx_keeps_numbers_dates_and_moments() -> None:
    answer = sheet_response("cases", Table("案件", HEAD, [ROW]), "xlsx")
    raw = body(answer)
    assert answer["Content-Length"] == str(len(raw))
    sheet = load_workbook(io.BytesIO(raw)).active
    assert sheet is not None
    assert sheet.title == "案件"
    head, row = list(sheet.iter_rows(values_only=True))
    assert list(head) == HEAD
    moment = datetime(2026, 8, 21, 20, 45)
    assert list(row) == ["演示·烧烤店", 3, 58.5, datetime(2026, 8, 21), moment, None, -7, "'-7"]


def test_sheets_of_one_book_have_names_of_their_own() -> None:
    tables = [
        Table("a/b: [x]" + "长" * 40, ["h"], []),
        Table("a/b: [x]" + "长" * 40, ["h"], [[1]]),
        Table("", ["h"], []),
    ]
    names = load_workbook(io.BytesIO(body(xlsx_response("x", tables)))).sheetnames
    assert len(set(names)) == 3
    assert all(len(name) <= 31 for name in names)


def test_csv_is_streamed() -> None:
    drawn = []

    def rows() -> Iterator[list[Cell]]:
        for n in range(3):
            drawn.append(n)
            yield [n]

    lines = iter(cast(Any, sheet_response("x", Table("x", ["n"], rows()), "csv")))
    next(lines)
    next(lines)
    assert drawn == [0]


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-x", "@SUM(A1)", "\t=1", "\r=1", " =1", "　=1", "＝1", "\n=cmd|' /C'!A0"]
)
def test_a_cell_that_a_program_would_run_is_made_text(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=30))
def test_no_text_is_read_back_as_a_formula(text: str) -> None:
    """Whatever stands in a text cell, a spreadsheet finds text in it, in both formats."""
    table = Table("x", ["t"], [[text]])
    sheet = load_workbook(io.BytesIO(body(sheet_response("x", table, "xlsx")))).active
    assert sheet is not None
    assert sheet["A2"].data_type != "f"
    lines = body(sheet_response("x", table, "csv")).decode().removeprefix(BOM)
    rows = list(csv.reader(io.StringIO(lines, newline="")))
    assert not (rows[1] if len(rows) > 1 and rows[1] else [""])[0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_what_is_not_offered_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError):
        sheet_response("x", Table("x", [], []), "pdf")  # type: ignore[arg-type]
