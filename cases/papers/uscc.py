"""The unified social credit code (GB 32100-2015): what is wrong with a typed one, and what to look at first.

Eighteen characters: registering authority, kind, division (six digits), organisation code (nine, with its own check
character, GB 11714), check character (ISO 7064, MOD 31). A check character says that something is wrong, never where;
the organisation's own one says on which side of it to look.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LOOKS_LIKE = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
_MISREAD = ("0D", "8B", "2Z", "1L", "1T", "5S", "6G", "6B", "0Q", "UV", "3B", "7T", "17", "38", "56", "69", "89", "08")
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Fault:
    """``code``: ``length`` (``given``), ``character`` (``position`` from 1, ``given``, ``meant``), ``division``
    (``position``) or ``check`` (``meant`` = the check character that would fit, ``whole`` = codes one slip away that
    are sound, ``first`` and ``last`` = where to look first)."""

    code: str
    position: int = 0
    given: str = ""
    meant: str = ""
    whole: tuple[str, ...] = ()
    first: int = 0
    last: int = 0


def plain(text: str) -> str:
    """Without blanks and hyphens, in capitals, full-width characters made narrow."""
    narrow = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in narrow if not sign.isspace() and sign not in "-‐–—'`")


def fault_of(text: str) -> Fault | None:
    """What is wrong with the code, None when it is sound."""
    code = plain(text)
    if len(code) != LENGTH:
        return Fault("length", given=str(len(code)))
    for position, sign in enumerate(code, start=1):
        if sign not in ALPHABET:
            return Fault("character", position, sign, _LOOKS_LIKE.get(sign, ""))
        if 3 <= position <= 8 and not sign.isdigit():
            return Fault("division", position, sign)
    if _sound(code):
        return None
    first, last = (1, 8) if _organisation_sound(code[8:17]) else (9, 17)
    return Fault("check", LENGTH, code[17], uscc.calc_check_digit(code[:17]), tuple(_one_slip_away(code)), first, last)


def organisation_of(code: str) -> str:
    """The nine characters that stay when a party is registered anew elsewhere; empty for anything but a whole code."""
    return code[8:17] if len(code) == LENGTH else ""


def _sound(code: str) -> bool:
    try:
        uscc.validate(code)
    except ValidationError:
        return False
    return True


def _organisation_sound(code: str) -> bool:
    total = sum(weight * _ORG_ALPHABET.index(sign) for weight, sign in zip(_ORG_WEIGHTS, code, strict=False))
    return "0123456789X0"[11 - total % 11] == code[8]


def _one_slip_away(code: str) -> Iterator[str]:
    """Sound codes that differ by two neighbours exchanged or by one character that is often misread; at most three."""
    found: set[str] = set()
    for slip in _slips(code):
        if slip not in found and slip != code and all(sign in ALPHABET for sign in slip) and _sound(slip):
            found.add(slip)
            yield slip
            if len(found) == 3:
                return


def _slips(code: str) -> Iterator[str]:
    for at in range(LENGTH - 1):
        yield code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    for at, sign in enumerate(code):
        for pair in _MISREAD:
            if sign in pair:
                yield code[:at] + pair.replace(sign, "", 1) + code[at + 1 :]
