"""Logs hold no personal data: no address, no query, no private link."""

from __future__ import annotations

import pytest

from dispatch.logs import scrub_request, without_secrets


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
