"""Addresses with one number in them, which most are: worked out once, then the number is put in."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse

_STANDS_FOR = 9_182_736_455


def numbered(name: str, number: int) -> str:
    """The same as ``reverse(name, args=[number])``, number 0 or above."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{number}{after}"


@lru_cache(maxsize=1024)
def _around(name: str, _prefix: str) -> tuple[str, str]:
    before, after = reverse(name, args=[_STANDS_FOR]).split(str(_STANDS_FOR))
    return before, after
