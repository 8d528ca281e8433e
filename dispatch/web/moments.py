"""Moments and days in words of the active language, on the clocks of this country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from django.utils import dateformat, timezone
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language, gettext


def local(value: datetime) -> datetime:
    """The moment on the clocks of this country; one without a zone is that already."""
    return timezone.localtime(value) if value.tzinfo is not None else value


def iso(value: datetime | date) -> str:
    """A moment or a day for machines, as it is given."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def moment_words(value: datetime | date | None, style: str = "short") -> str:
    """Write a moment in local time.

    ``short`` 8月21日 20:12 / 21 Aug 20:12; ``time`` 20:12; ``date`` 8月21日 / 21 Aug; ``full`` with the year;
    ``month`` 2026年8月 / Aug 2026.
    """
    if value is None:
        return ""
    if not isinstance(value, datetime):
        style = {"full": "fulldate", "month": "month"}.get(style, "date")
    else:
        value = local(value)
    return written(value, style)


def written(value: datetime | date, style: str) -> str:
    """A moment that is local already."""
    language = get_language() or ""
    form = _forms(language)[style]
    if form is None:
        return dateformat.format(value, _patterns(language)[style])
    return form.format(value, _months(language)[value.month])


@lru_cache(maxsize=8)
def _patterns(_language: str) -> Mapping[str, str]:
    """A page writes some hundred moments."""
    return {
        "short": gettext("j M H:i"),
        "time": "H:i",
        "date": gettext("j M"),
        "full": gettext("j M Y H:i"),
        "fulldate": gettext("j M Y"),
        "month": gettext("M Y"),
    }


_FORM = {
    "j": "{0.day}",
    "d": "{0.day:02d}",
    "n": "{0.month}",
    "m": "{0.month:02d}",
    "M": "{1}",
    "Y": "{0.year:04d}",
    "H": "{0.hour:02d}",
    "i": "{0.minute:02d}",
    "{": "{{",
    "}": "}}",
}
"""The letters of our patterns (``dateformat``) as places of ``str.format``: the value, its month in short."""


@lru_cache(maxsize=8)
def _forms(language: str) -> Mapping[str, str | None]:
    """Patterns as forms to fill, which takes a tenth of the time; None for one with letters that ``_FORM`` has not."""
    return {
        style: None
        if any((sign.isascii() and sign.isalpha() and sign not in _FORM) or sign == "\\" for sign in pattern)
        else "".join(_FORM.get(sign, sign) for sign in pattern)
        for style, pattern in _patterns(language).items()
    }


@lru_cache(maxsize=8)
def _months(_language: str) -> Mapping[int, str]:
    return {number: str(name).title() for number, name in MONTHS_3.items()}
