"""What every test stands on: a real PostgreSQL and a real Redis-protocol server, named by the environment.

Run with ``make test``, or ``python -m dispatch.embedded run --data .data/test --fast -- pytest …``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from dispatch.embedded.messages import compile_messages
from tests.cast import cast as cast
from tests.cast import cast_of_module as cast_of_module
from tests.ground import ground


def pytest_configure() -> None:
    """Before anything asks for a text: Django keeps the first catalogue that it reads. Each worker counts and clears in
    a cache of its own."""
    compile_messages(settings.BASE_DIR / "locale")
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    settings.CACHES["default"]["LOCATION"] = urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Every worker's database is a copy of one that was migrated once: migrating takes half a minute, copying none."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = ground()


@pytest.fixture(scope="session", autouse=True)
def plain_files_and_quick_passwords() -> Iterator[None]:
    """Static files by their own names (nothing is collected), passwords hashed fast, and no flood of reports."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(
        STORAGES=storages, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], FLOOD_REPORTS=10**9
    ):
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
