"""Logs hold no personal data: no address, no query, no private link."""

from __future__ import annotations

import json
import logging
import logging.config

import pytest
from django.db import DatabaseError, connection, transaction

from dispatch.logs import LOGGING, scrub_request, without_secrets


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("GET /t/q3Jd0mXvP1t-3oM_Zk2bWc9RrYfUeHsA/", "GET /t/…/"),
        ("GET /console/?q=13800138000", "GET /console/"),
        ("GET /console/cases/12/", "GET /console/cases/12/"),
        ("GET /media/1795392000/Zk2bWc9RrYfUeHsAq3Jd0mXvP1t/photos/a.jpg", "GET /media/1795392000/…/photos/a.jpg"),
    ],
)
def test_secrets_leave_the_path(path: str, shown: str) -> None:
    assert without_secrets(path) == shown


def test_a_request_event_names_nobody() -> None:
    event = scrub_request(None, "info", {"request": "GET /a/?b=c", "ip": "10.0.0.1", "user_agent": "x", "code": 200})
    assert event == {"request": "GET /a/", "code": 200}


def formatted(record: logging.LogRecord) -> str:
    settings = LOGGING["formatters"]["json"]
    formatter = settings["()"](**{key: value for key, value in settings.items() if key != "()"})
    return str(formatter.format(record))


@pytest.mark.django_db
def test_a_failing_row_is_not_quoted() -> None:
    """PostgreSQL says which row failed, with all that somebody wrote into it."""
    phone = str(13800138000)  # not in the source line that a traceback shows
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE said (words text, n int CHECK (n > 0))")
        try:
            with transaction.atomic():
                cursor.execute("INSERT INTO said VALUES (%s, 0)", [f"my (phone')\nis {phone}"])
        except DatabaseError as error:
            info = (type(error), error, error.__traceback__)
            text = formatted(logging.LogRecord("x", logging.ERROR, "x", 1, f"failed: {error!r}", None, info))
        cursor.execute("DROP TABLE said")
    shown = json.loads(text)
    assert "said_n_check" in shown["event"]
    assert "IntegrityError" in shown["exception"]
    assert phone not in text


def test_a_failing_statement_is_not_quoted() -> None:
    text = formatted(
        logging.LogRecord("x", 40, "x", 1, "raised: %s", ("ProgrammingError('no such\\nLINE 1: 138…\\n ^\\n')",), None)
    )
    assert json.loads(text)["event"] == "raised: ProgrammingError('no such …')"
