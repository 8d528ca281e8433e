"""These tests commit for real; the journal refuses TRUNCATE, so its trigger rests while the tables are emptied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.cast import Cast, make_cast


def journal_guard(*, on: bool) -> None:
    """Switch the journal's triggers; only the clearing of a test database may."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE cases_event {'ENABLE' if on else 'DISABLE'} TRIGGER USER")


@pytest.fixture
def stage(transactional_db: None) -> Iterator[Cast]:
    """The cast, committed, so that other connections see it."""
    journal_guard(on=True)
    yield make_cast()
    journal_guard(on=False)
