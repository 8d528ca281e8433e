"""Numbers of rows, as addresses, forms and cursors write them."""

from __future__ import annotations

DIGITS = 18
"""What a bigint holds in any case."""


def is_number(text: object) -> bool:
    """Whether ``int(text)`` is the number of a row: ASCII digits, at most eighteen.

    ``str.isdigit`` alone is not enough: it takes “²”, which ``int`` refuses, and thousands of digits, which it refuses
    too.
    """
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= DIGITS
