"""A reference read over the phone: short groups of words to read aloud, and back from what was heard.

References are ``yymmdd-NNNN`` for cases and reports and ``JC-yymmdd-NNNN`` for orders; the serial may grow beyond four
digits. Chinese callers hear 幺 for 1 (it can't be mistaken for 七), English letters by the radio alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType

_CHINESE = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_ENGLISH = dict(
    zip("0123456789", ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), strict=True)
)
_ALPHABET = tuple(
    re.findall(
        r"\S+",
        "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec "
        "Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu",
    )
)
_LETTERS = {word[0]: word for word in _ALPHABET}

_HEARD: Mapping[str, str] = MappingProxyType(
    {
        **{sign: digit for digit, signs in zip("0123456789", _CHINESE.values(), strict=True) for sign in signs},
        **dict(zip("〇洞一壹腰两贰叁肆伍陆柒拐捌玖勾", "0011122345677899", strict=True)),
    }
)
"""One sign each: how digits are said and written in Chinese, the radio's 洞 幺 拐 勾 among them."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {word: digit for digit, word in _ENGLISH.items()}
    | {"oh": "0", "nought": "0", "naught": "0", "nil": "0", "tree": "3", "fower": "4", "fife": "5", "niner": "9"}
    | {word.lower().replace("-", ""): letter for letter, word in _LETTERS.items()}
    | {"alpha": "A", "juliet": "J", "whisky": "W", "dash": "-", "hyphen": "-", "minus": "-"}
)
_WORD = re.compile(r"[a-z]+")
_PAUSED_LETTERS = re.compile(r"\b([A-Z])\W([A-Z])\b")
_NOISE = re.compile(r"[\s.,;:·、，。；：/_\-–—‐‑−~()（）#杠横第号線线]+")
_DATED = re.compile(r"(?:20)?(\d{2})年(\d{1,2})月(\d{1,2})(?:日|号)")
_HEARD_WHOLE = re.compile(r"([A-Z]{2})?(-?\d[\d-]*)")
_DAY = 6
_SHORTEST_SERIAL = 4
_LONGEST_SERIAL = 9
_GROUP = 3


@dataclass(frozen=True, slots=True)
class SpokenGroup:
    """``written`` as it stands in the reference, ``said`` the words for it; a pause comes after each."""

    written: str
    said: str


def spoken(reference: str, language: str = "zh-hans") -> list[SpokenGroup]:
    """The groups to read aloud, two to four signs each, in order; their ``written`` parts hold every digit and letter.

    ``language`` is a code as Django's: anything that begins with ``en`` reads English, the rest Chinese.
    ``spoken("260821-0131")`` → 二六零, 八二幺, 零幺三幺; in English "two six zero", "eight two one" and so on.
    """
    english = language.lower().startswith("en")
    return [
        SpokenGroup(group, _said(group, english=english))
        for run in re.findall(r"[A-Z]+|\d+", unicodedata.normalize("NFKC", reference).upper())
        for group in _groups(run)
    ]


def reference_heard(text: str) -> str:
    """The reference that somebody read out or typed loosely, in its own form; empty when it can't be one.

    Understands digits of any width, Chinese and English number words, the radio alphabet, missing or odd separators,
    letters mistaken for digits (O, I, L), a year of four digits, 2026年8月21日 and a serial without its zeros (only
    where something separates it from the day).
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("x-ray", "xray")
    plain = "".join(_HEARD.get(sign, sign) for sign in plain)
    plain = _DATED.sub(lambda found: f"{found[1]}{found[2]:0>2}{found[3]:0>2}-", plain)
    plain = _PAUSED_LETTERS.sub(r"\1\2", _WORD.sub(_word, plain))
    found = _HEARD_WHOLE.fullmatch(_NOISE.sub("-", plain.upper()).strip("-"))
    if found is None:
        return ""
    parts = [part for part in found[2].split("-") if part]
    prefix = f"{found[1]}-" if found[1] else ""
    for day, serial in _divided(parts):
        if _is_day(day) and serial.lstrip("0") and len(serial.lstrip("0")) <= _LONGEST_SERIAL:
            return f"{prefix}{day}-{serial.lstrip('0'):0>{_SHORTEST_SERIAL}}"
    return ""


def _divided(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Day and serial, likelier first: divided where the speaker paused, else a serial of full length after the day."""
    digits = "".join(parts)
    pauses = set(accumulate(len(part) for part in parts))
    for year in (0, 2):
        end = year + _DAY
        if (year == 0 or digits.startswith("20")) and (end in pauses or len(digits) - end >= _SHORTEST_SERIAL):
            yield digits[year:end], digits[end:]


def _groups(run: str) -> list[str]:
    """Threes; a remainder of one goes with the group before it."""
    if len(run) <= _GROUP + 1:
        return [run]
    return [run[:_GROUP], *_groups(run[_GROUP:])]


def _said(group: str, *, english: bool) -> str:
    if group.isdigit():
        return " ".join(_ENGLISH[digit] for digit in group) if english else "".join(_CHINESE[d] for d in group)
    return " ".join(_LETTERS[letter] for letter in group)


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if word in _WORDS:
        return _WORDS[word]
    if len(word) == 2 and not set(word) & set("oil"):
        return word.upper()  # the kind of an order
    return word.translate(str.maketrans("oil", "011"))


def _is_day(day: str) -> bool:
    """A plausible yymmdd; no year before the product's time, so that a mobile number is never taken for a reference."""
    return len(day) == _DAY and day[:2] >= "20" and "01" <= day[2:4] <= "12" and "01" <= day[4:] <= "31"
