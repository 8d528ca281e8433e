"""The trigram indexes serve Chinese: the database knows its characters for letters."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.mark.django_db
def test_chinese_has_trigrams() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('演示烧烤店'))")
        (count,) = cursor.fetchone()
    assert count > 0
