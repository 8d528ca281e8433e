"""The months that agencies write in their plans."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.months import day_of, window_of


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("3月", date(2027, 3, 1), date(2027, 3, 31)),
        ("3", date(2027, 3, 1), date(2027, 3, 31)),
        ("２月份", date(2027, 2, 1), date(2027, 2, 28)),
        ("2028年2月", date(2028, 2, 1), date(2028, 2, 29)),
        ("十二月", date(2027, 12, 1), date(2027, 12, 31)),
        ("十月", date(2027, 10, 1), date(2027, 10, 31)),
        ("3-4月", date(2027, 3, 1), date(2027, 4, 30)),
        ("3月至5月", date(2027, 3, 1), date(2027, 5, 31)),
        ("2028年 3月 — 4月", date(2028, 3, 1), date(2028, 4, 30)),
        ("第二季度", date(2027, 4, 1), date(2027, 6, 30)),
        ("四季度", date(2027, 10, 1), date(2027, 12, 31)),
        ("2028年第1季度", date(2028, 1, 1), date(2028, 3, 31)),
        ("2028Q3", date(2028, 7, 1), date(2028, 9, 30)),
        ("上半年", date(2027, 1, 1), date(2027, 6, 30)),
        ("2028年下半年", date(2028, 7, 1), date(2028, 12, 31)),
        ("全年", date(2027, 1, 1), date(2027, 12, 31)),
        ("2028-03", date(2028, 3, 1), date(2028, 3, 31)),
        ("202803", date(2028, 3, 1), date(2028, 3, 31)),
        ("2028-03-15T00:00:00", date(2028, 3, 1), date(2028, 3, 31)),
    ],
)
def test_months_are_read(text: str, first: date, last: date) -> None:
    assert window_of(text, 2027) == (first, last)


@pytest.mark.parametrize("text", ["", "13月", "0", "4-3月", "五季度", "待定", "2027", "3月3日前后", "十三月"])
def test_what_says_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no "):
        window_of(text, 2027)


@pytest.mark.parametrize(
    "text", ["2027-03-05", "2027/3/5", "2027.3.5", "2027年3月5日", "20270305", "3月5日", "三月五日"]
)
def test_days_are_read(text: str) -> None:
    assert day_of(text, 2027) == date(2027, 3, 5)


@pytest.mark.parametrize("text", ["", "3月", "2027-02-29", "2027-13-01", "20271301", "明天"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no day|range|month must be"):
        day_of(text, 2027)


@given(st.dates(date(2000, 1, 1), date(2999, 12, 31)))
def test_a_day_as_a_workbook_gives_it(day: date) -> None:
    assert day_of(f"{day.isoformat()}T00:00:00", 1) == day
    first, last = window_of(day.isoformat(), 1)
    assert first <= day <= last
    assert (first.day, first.month, (last - first).days < 31) == (1, day.month, True)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (window_of, day_of):
        with suppress(ValueError):
            read(text, 2027)
