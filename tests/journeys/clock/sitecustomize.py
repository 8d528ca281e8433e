"""The moved clock of the journeys: a recheck is due from the next day on, and a test does not wait a day.

Python imports this module by itself at start when this folder stands on PYTHONPATH, which only the journeys' product
has (see tests/journeys/conftest.py). The offset to the real time stands in a file and may change at any moment; every
process of the product reads it again at each question, so web, worker and beat live at the same hour. Nothing in the
product knows of it.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

if place := os.environ.get("JOURNEY_CLOCK"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from django.template import defaulttags
    from django.utils import timezone

    from cases.clock import moment

    _offset = Path(place)

    def _moved() -> datetime:
        if (told := moment._pretended.get()) is not None:
            return told
        return datetime.now(UTC) + timedelta(seconds=float(_offset.read_text()))

    class _Moved(datetime):
        """What a page says of the present moment; its lights are reckoned from it."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return _moved().astimezone(tz)

    defaulttags.datetime = _Moved  # type: ignore[attr-defined]
    moment.now = _moved
    timezone.now = _moved
