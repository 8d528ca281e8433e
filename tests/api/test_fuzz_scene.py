"""The squads' operations and webhooks under made-up calls (see ``tests.api.fuzzing``)."""

from __future__ import annotations

import pytest

from dispatch.api.operation import Operation
from tests.access.conftest import world as world
from tests.api.fuzzing import Fuzz, operations
from tests.api.test_fuzz_office import SCENE
from tests.api.test_fuzz_office import fuzz as fuzz

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]


@pytest.mark.parametrize(
    "wanted", [one for one in operations() if (one.scope or "").startswith(SCENE)], ids=lambda one: one.id
)
def test_made_up_calls_find_nothing(wanted: Operation, fuzz: Fuzz) -> None:
    faults = fuzz.run(wanted)
    assert not faults, "\n\n".join(faults)
