"""Made-up cases never stand beside real ones. Apart from ``test_fill``, whose database is filled for a whole module."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast, unchanged


@pytest.mark.django_db
def test_a_database_in_use_is_left_alone(cast: Cast) -> None:
    with unchanged(), pytest.raises(CommandError, match=r"real use|实际使用"):
        call_command("fill", cases=10, stdout=StringIO())
