"""One product, one browser and one clock for all journeys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys.people import Clock, People
from tests.product import GIVEN, Product, running
from tests.web.test_look_browser import browser as browser

CLOCK = Path(__file__).resolve().parent / "clock"
BEGIN = "2026-07-14 22:05"
"""A Tuesday night: what the demo district tells has happened in the days before."""


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    if given := os.environ.get("JOURNEY_CLOCK"):
        return Clock(Path(given))
    return Clock(tmp_path_factory.mktemp("clock") / "offset", BEGIN)


@pytest.fixture(scope="session")
def product(clock: Clock) -> Iterator[Product]:
    """The product as ``make run`` starts it, with the demo district, living at the hour of ``clock``.

    ``JOURNEY_PRODUCT="address folder"`` takes one that runs already, with the offset file that ``JOURNEY_CLOCK`` names:
    for working on a journey.
    """
    if given := os.environ.get("JOURNEY_PRODUCT"):
        url, data = given.split()
        own = {key: value for key, value in os.environ.items() if key not in GIVEN}
        yield Product(url, Path(data), own | {"DISPATCH_DATA": data, "PYTHONPATH": str(CLOCK)})
        return
    # The clock leaps days; the people of a story do not sign in again for that.
    shifts: dict[str, Any] = {
        f"SESSION_{kind}_{face}": "99999" for kind in ("HOURS", "IDLE") for face in ("OFFICE", "FIELD")
    }
    with running(PYTHONPATH=str(CLOCK), JOURNEY_CLOCK=str(clock.file), **shifts) as found:
        yield found


@pytest.fixture
def people(browser: Browser, product: Product) -> Iterator[People]:
    """Opens the windows of people; at the end no page of theirs may have complained."""
    made = People(browser, product.url)
    yield made
    made.leave()
