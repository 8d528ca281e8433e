"""The two streets, made once a file in one transaction that is never committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.access.world import World, make_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for the world asks for the test database; without the mark none is made for such tests alone."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def taken_back(world: World) -> Iterator[World]:
    """The world, for a test that writes: it is as before afterwards."""
    with transaction.atomic():
        yield world
        transaction.set_rollback(True)
