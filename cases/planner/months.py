"""When a plan's row says to go: a month, a quarter, a span of months or days as agencies write them, as a window."""

import calendar
import re
import unicodedata
from datetime import date

Days = tuple[date, date]

_DIGITS = {sign: number for number, sign in enumerate("〇一二三四五六七八九")}
_SPANS = {"全年": (1, 12), "全年度": (1, 12), "上半年": (1, 6), "下半年": (7, 12)}
_YEAR = re.compile(r"^(?P<year>\d{4})(?:年度?|[-/.]|(?=Q|第|[一二三四上下全]))(?P<rest>.+)$")
_QUARTER = re.compile(r"^(?:第?(?P<word>[1-4])季度?|Q(?P<sign>[1-4]))$")
_MONTHS = re.compile(r"^(?P<one>\d{1,2})月?份?(?:(?:-|~|至|到|—|–|、)(?P<two>\d{1,2})月?份?)?$")
_DAY = re.compile(r"^(?P<year>\d{4})(?:年|[-/.])(?P<month>\d{1,2})(?:月|[-/.])(?P<day>\d{1,2})日?(?:T.*)?$")
_OPEN_DAY = re.compile(r"^(?P<month>\d{1,2})(?:月|[-/.])(?P<day>\d{1,2})日?$")


def window_of(text: str, year: int) -> Days:
    """The first and last day of ``3月``, ``2027年3-4月``, ``第二季度``, ``Q2``, ``上半年``, ``全年``, ``2027-03``.

    Of a day its month is meant. ``year`` stands for a year that is not named. ValueError when it says no such thing.
    """
    plain = _plain(text)
    if found := _DAY.match(plain):
        return _months(int(found["year"]), int(found["month"]), int(found["month"]))
    if re.fullmatch(r"\d{6}", plain):
        return _months(int(plain[:4]), int(plain[4:]), int(plain[4:]))
    if found := _YEAR.match(plain):
        year, plain = int(found["year"]), found["rest"]
    if plain in _SPANS:
        return _months(year, *_SPANS[plain])
    if found := _QUARTER.match(plain):
        first = 3 * int(found["word"] or found["sign"]) - 2
        return _months(year, first, first + 2)
    if found := _MONTHS.match(plain):
        return _months(year, int(found["one"]), int(found["two"] or found["one"]))
    raise ValueError(f"no months: {text}")


def day_of(text: str, year: int) -> date:
    """``2027-03-05``, ``2027年3月5日``, ``20270305`` or, without its year, ``3月5日``. ValueError when it is no day."""
    plain = _plain(text)
    if re.fullmatch(r"\d{8}", plain):
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    if found := _DAY.match(plain):
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _OPEN_DAY.match(plain):
        return date(year, int(found["month"]), int(found["day"]))
    raise ValueError(f"no day: {text}")


def _months(year: int, first: int, last: int) -> Days:
    if not (1 <= first <= last <= 12 and 2000 <= year <= 2999):
        raise ValueError(f"no months of a year: {year}, {first}-{last}")
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


def _plain(text: str) -> str:
    """Narrow signs, no blanks, Chinese numbers up to twelve as digits."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if "T" in plain and plain[:1].isdigit():
        return plain
    plain = re.sub(r"十([一二])", lambda found: f"1{_DIGITS[found[1]]}", plain).replace("十", "10")
    return re.sub("[一二三四五六七八九]", lambda found: str(_DIGITS[found[0]]), plain)
