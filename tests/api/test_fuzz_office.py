"""The office's and the residents' operations under made-up calls (see ``tests.api.fuzzing``)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from rest_framework.throttling import SimpleRateThrottle

from dispatch.api.operation import Operation
from tests.access.conftest import world as world
from tests.access.matrix import ROLES
from tests.access.world import World
from tests.api.fuzzing import Fuzz, operations

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]
SCENE = ("field:", "webhooks:")


@pytest.fixture(scope="module")
def fuzz(world: World) -> Iterator[Fuzz]:
    """In one transaction for all: no request closes the connection, however long the next cases take to make. The
    limits are out of reach: a 429 would hide the answer that is looked for."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES, "9999999/min")
        )
        yield Fuzz(world)
    for signal in signals:
        signal.connect(close_old_connections)


WANTED = [one for one in operations() if not (one.scope or "").startswith(SCENE)]


@pytest.mark.parametrize("wanted", WANTED, ids=lambda one: one.id)
def test_made_up_calls_find_nothing(wanted: Operation, fuzz: Fuzz) -> None:
    faults = fuzz.run(wanted)
    assert not faults, "\n\n".join(faults)


def test_everybody_asked(fuzz: Fuzz) -> None:
    """The last of this file: with all operations behind it, no role was left out."""
    if len(fuzz.done) < len(WANTED):
        pytest.skip("only some operations were asked for")
    assert fuzz.asked == {*ROLES, "resident"}
