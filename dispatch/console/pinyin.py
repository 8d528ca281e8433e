"""The initials of pinyin, for finding a Chinese name by the keys d-c-l. GB 2312 orders its 3,755 commonest characters
by their sound, so the first letter follows from the code; rarer ones have none."""

from __future__ import annotations

from bisect import bisect_right

_STARTS = (
    (0xB0A1, "a"), (0xB0C5, "b"), (0xB2C1, "c"), (0xB4EE, "d"), (0xB6EA, "e"), (0xB7A2, "f"), (0xB8C1, "g"),
    (0xB9FE, "h"), (0xBBF7, "j"), (0xBFA6, "k"), (0xC0AC, "l"), (0xC2E8, "m"), (0xC4C3, "n"), (0xC5B6, "o"),
    (0xC5BE, "p"), (0xC6DA, "q"), (0xC8BB, "r"), (0xC8F6, "s"), (0xCBFA, "t"), (0xCDDA, "w"), (0xCEF4, "x"),
    (0xD1B9, "y"), (0xD4D1, "z"),
)  # fmt: skip
_CODES = [code for code, _letter in _STARTS]
_END = 0xD7F9


def initials(text: str) -> str:
    """``待处理`` → ``dcl``; signs and letters of other scripts are left out, a rare character too."""
    return "".join(filter(None, map(_initial, text)))


def _initial(sign: str) -> str:
    try:
        raw = sign.encode("gb2312")
    except UnicodeEncodeError:
        return ""
    code = int.from_bytes(raw, "big")
    if len(raw) != 2 or not _CODES[0] <= code <= _END:
        return ""
    return _STARTS[bisect_right(_CODES, code) - 1][1]
