"""Which field of which street's rows is told to whom: signs put into the rows, looked for in everything answered.

``Signs`` of a street are words that stand nowhere else. ``World.told`` keeps where each role met which sign; what may
be told stands in ``cases.management.sight``, from which the tables of docs/permissions.md are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from cases.management.sight import FIELDS, may_be_told
from dispatch.web.live.topics import read_grants

_MARKS = re.compile(r"</?mark>")
VEILED, SHARED = "0veiled", "shared-copy"
"""What the name of a photo's folder ends in when squads get a copy of it, and the stem of that copy."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Field of ``cases.management.sight`` → what is looked for."""

    name: str
    phone: str
    masked: str
    words: str
    brief: str
    flat: str
    address: str
    point: tuple[float, float]
    photo: str

    def found_in(self, text: str) -> set[str]:
        folders = [f"/private/{self.photo}{more}" for more in ("", VEILED)]
        found = {
            "name": self.name in text,
            "phone": self.phone in text,
            "masked phone": self.masked in text,
            "words": self.words in text,
            "brief": self.brief in text,
            "flat": self.flat in text,
            "point": f"{self.point[0]:.5f}" in text,
            "photo": any(
                f"/private/{self.photo}{more}/{size}" in text for more in ("", VEILED) for size in ("shown", "small")
            ),
            "veiled photo": f"/private/{self.photo}{VEILED}/{SHARED}" in text,
            "original": any(f"{folder}/original" in text for folder in folders),
        }
        return {name for name, there in found.items() if there}


OWN = Signs(
    name="演示·署名甲",
    phone="13911110001",
    masked="139****0001",
    words="原话记号甲",
    brief="演示·摘要记号甲",
    flat="1203室",
    address="演示里3号楼2单元1203室",
    point=(37.86135, 112.57357),
    photo="photo0of0own0street",
)
OTHER = Signs(
    name="演示·署名乙",
    phone="13922220002",
    masked="139****0002",
    words="原话记号乙",
    brief="演示·摘要记号乙",
    flat="1405室",
    address="演示东里5号楼1单元1405室",
    point=(37.86246, 112.61468),
    photo="photo0of0other0street",
)


@dataclass(slots=True)
class Told:
    """What was met: (role, field, "own" or "other") → the first address that told it. ``walked``: what was asked."""

    met: dict[tuple[str, str, str], str] = field(default_factory=dict)
    walked: set[tuple[str, str]] = field(default_factory=set)


def text_of(answer: Any) -> str:
    """All that an answer says: body, redirects; addresses in plain letters."""
    if answer.streaming:
        body = b"".join(answer.streaming_content)
        answer.streaming_content = iter([body])
    else:
        body = answer.content
    return f"{body.decode(errors='replace')} {unquote(answer.headers.get('Location', ''))}"


def stands_in(word: str, text: str) -> bool:
    """A case's number is not told by an order's (``JC-261127-0001``) of the same digits, nor where a search marks them
    there."""
    return re.search(rf"(?<!-){re.escape(word)}", _MARKS.sub("", text)) is not None


def wrong_in(told: Told, role: str, street: str, signs: Signs, rows: dict[str, str], url: str, text: str) -> list[str]:
    """Signs of this street's rows in the text that the role may not be told; what was met is kept."""
    wrong = []
    found = signs.found_in(text) | {name for name, word in rows.items() if word and stands_in(word, text)}
    for name in found:
        assert name in FIELDS, name
        told.met.setdefault((role, name, street), url)
        if not may_be_told(role, name, street):
            wrong.append(f"{role}: {url} tells the {name} of the {street} street")
    return wrong


def topics_in(answer: Any) -> set[str]:
    """Topics of the stream that the answer lets its reader hear."""
    cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
    return {topic for grant in read_grants(cookies) for topic in grant.topics}
