"""What somebody typed, as a question to the search index: the same cutting as ``search_words`` of the database.

``lexemes`` and ``endings`` cut what is looked through, as the database does it; whoever writes a million rows
at once cuts them here, where what many rows share is cut once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from operator import add

_HAN = "\u3400-\u9fff"
_RUN = re.compile(rf"[{_HAN}\U00020000-\U0003ffff]+|[^\W{_HAN}]+")
_SIGNS = re.compile(rf"[{_HAN}\U00020000-\U0010ffff]+")
_OTHER = re.compile(rf"[^\W{_HAN}\U00020000-\U0010ffff]+")
_PLAIN = re.compile(r"[^a-z0-9]")
_NUMBER = re.compile(r"(?<!\d)\d+(?:-\d+)+(?!\d)")
_LONGEST = 60
_MOST = 12
"""Runs that one question may have; what follows is left out."""


@dataclass(frozen=True, slots=True)
class Question:
    """``tsquery`` for a cast to ``tsquery``; ``terms`` are the runs to mark in what was found. Both may be empty."""

    tsquery: str
    terms: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether one of its words is asked by its beginning."""
        return ":*" in self.tsquery


def plain(text: str) -> str:
    """As the index holds it: full-width signs made narrow, small letters."""
    return unicodedata.normalize("NFKC", text.replace("\0", "")).lower()


def question(text: str) -> Question:
    """Every run of the text must be found: Chinese by pairs of signs, words and numbers by their beginning.

    One sign of Chinese finds the pairs that begin with it; two signs of another script only the whole word, since
    beginnings that short would read half the index. A long number with hyphens (a reference) is asked as one.
    """
    small = plain(text)
    numbers = [number for number in _NUMBER.findall(small) if len(number) > 6]
    for number in numbers:
        small = small.replace(number, " ")
    terms = tuple(dict.fromkeys([*numbers, *_RUN.findall(small)]))[:_MOST]
    return Question(" & ".join(_asked(term[:_LONGEST]) for term in terms), terms)


def _asked(term: str) -> str:
    term = term.replace("-", "")
    if not re.match(rf"[{_HAN}\U00020000-\U0003ffff]", term):
        return f"'{term}':*" if len(term) > 2 else f"'{term}'"
    if len(term) == 1:
        return f"'{term}':*"
    return " & ".join(f"'{term[at : at + 2]}'" for at in range(len(term) - 1))


def lexemes(text: str) -> set[str]:
    """What ``search_words`` makes of a text: each sign of Chinese with the one behind it, other words whole."""
    small = plain(text)
    found = {word[:_LONGEST] for word in _OTHER.findall(small)}
    for run in _SIGNS.findall(small):
        found.update(map(add, run, run[1:]))
        found.add(run[-1])
    return found


def endings(number: str) -> set[str]:
    """What ``search_number`` makes of a number: every ending of at least three signs."""
    bare = _PLAIN.sub("", number.lower())[:40]
    return {bare[at:] for at in range(len(bare) - 2)}
