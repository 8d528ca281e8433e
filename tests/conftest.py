"""What every test stands on: a real PostgreSQL and a real Redis-protocol server, named by the environment.

Run with ``make test``, or ``python -m dispatch.embedded run --data .data/test --fast -- pytest …``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings

from dispatch.embedded.messages import compile_messages
from tests.cast import cast as cast


def pytest_configure() -> None:
    """Before anything asks for a text: Django keeps the first catalogue that it reads."""
    compile_messages(settings.BASE_DIR / "locale")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers a file stays on one of them; a walk through a whole face may be elsewhere per language."""
    for item in items:
        spoken = getattr(item, "callspec", None)
        language = spoken.params.get("language", "") if spoken is not None and item.path.name == "test_tour.py" else ""
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name}{language}"))


@pytest.fixture(scope="session", autouse=True)
def plain_files_and_quick_passwords() -> Iterator[None]:
    """Static files by their own names (nothing is collected), passwords hashed fast."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def journal_emptied_between_tests() -> Iterator[None]:
    """Journal and history refuse TRUNCATE; only the flush after a test with real transactions lifts that briefly."""
    plain = DatabaseOperations.sql_flush

    def lifted(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        flush = plain(self, style, tables, **options)
        for table in {"cases_event", "cases_targetchange", "teams_change"} & set(tables):
            guard = f"ALTER TABLE {table} {{}} TRIGGER {table}_no_truncate"
            flush = [guard.format("DISABLE"), *flush, guard.format("ENABLE")]
        return flush

    DatabaseOperations.sql_flush = lifted  # type: ignore[method-assign]
    yield
    DatabaseOperations.sql_flush = plain  # type: ignore[method-assign]
