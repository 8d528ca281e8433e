"""The search words of made-up cases, as the database's triggers would write them, without asking it for each case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.db import connection

from cases.models import Category
from cases.planner.lexemes import endings, lexemes

_PHONE = re.compile(r"[0-9][0-9 -]{5,}[0-9xX]")
SAMPLE = 300

cut = lru_cache(maxsize=50_000)(lexemes)
"""Words of a text that many cases share: a party, a street, a class, a phrase."""


def own(row: Mapping[str, Any], category: Category, party: str) -> set[str]:
    """Of the case itself, by the names of its columns."""
    found = endings(row["reference"]) | lexemes(row["reference"]) | cut(row["title"]) | cut(row["address"])
    if row.get("category_id"):
        found |= cut(category.name) | cut(category.name_en)
    if row.get("target_id"):
        found |= cut(party)
    return found | lexemes(row["brief"]) if row.get("brief") else found


def told(party: str, address: str, text: str) -> set[str]:
    """Of what somebody said, without what could be a phone or the number of a person."""
    return cut(party) | cut(address) | lexemes(_PHONE.sub(" ", text))


def vector(words: Iterable[str]) -> str:
    """As ``tsvector`` reads it; the words have neither quotes nor backslashes."""
    joined = "' '".join(words)
    return f"'{joined}'" if joined else ""


def differing() -> list[int]:
    """Of a sample of the cases, those whose words the database would have written otherwise (and now has)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id, md5(shown::text || everything::text) FROM cases_casewords"
            " WHERE case_id IN (SELECT id FROM cases_case ORDER BY md5(id::text) LIMIT %s)",
            [SAMPLE],
        )
        before = dict(cursor.fetchall())
        cursor.execute("SELECT cases_words_write(%s::bigint[])", [[*before]])
        cursor.execute(
            "SELECT case_id, md5(shown::text || everything::text) FROM cases_casewords WHERE case_id = ANY(%s)",
            [[*before]],
        )
        return [case_id for case_id, mark in cursor.fetchall() if before[case_id] != mark]
