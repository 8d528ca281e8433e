from __future__ import annotations

import pytest
from django.core.cache import caches


@pytest.fixture(autouse=True)
def no_limits_left() -> None:
    """Each test begins with unused limits."""
    caches["default"].clear()
