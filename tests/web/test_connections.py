"""A connection kept between requests: one that stands costs nothing to look at, one that has gone is opened anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


@pytest.fixture
def kept(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, as a thread of the web keeps one."""
    own = connection.copy()
    own.settings_dict = {**own.settings_dict, "CONN_HEALTH_CHECKS": True}
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT 1")
        yield own
    finally:
        own.close()


def backend(own: BaseDatabaseWrapper) -> int:
    with own.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found: int = cursor.fetchone()[0]
        return found


def last_asked(pid: int) -> object:
    """When the server heard of a connection last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [pid])
        return cursor.fetchone()[0]


def next_request(own: BaseDatabaseWrapper) -> None:
    own.close_if_unusable_or_obsolete()
    own.ensure_connection()


def test_one_that_stands_is_asked_nothing(kept: BaseDatabaseWrapper) -> None:
    before = backend(kept)
    last = last_asked(before)
    next_request(kept)
    assert kept.is_usable()
    assert last_asked(before) == last
    assert backend(kept) == before


def test_one_that_the_server_ended_is_opened_anew(kept: BaseDatabaseWrapper) -> None:
    before = backend(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
        assert cursor.fetchone() == (True,)
    assert not kept.is_usable()
    next_request(kept)
    assert backend(kept) != before


def test_one_with_something_to_read_is_asked(kept: BaseDatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("LISTEN demo")
    pid = backend(kept)
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY demo")
    last = last_asked(pid)
    assert kept.is_usable()
    assert last_asked(pid) != last


def test_one_in_a_transaction_that_failed_is_asked(kept: BaseDatabaseWrapper) -> None:
    kept.connection.autocommit = False
    with kept.connection.cursor() as cursor, pytest.raises(Exception, match="division by zero"):
        cursor.execute("SELECT 1/0")
    assert not kept.is_usable()
    kept.connection.rollback()
    assert kept.is_usable()
