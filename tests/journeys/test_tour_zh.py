"""The walk through every page in Chinese; a file a language, so that two workers share them."""

from __future__ import annotations

import pytest

from tests.journeys import tour as walk
from tests.journeys.people import People
from tests.product import Product

pytestmark = pytest.mark.journey
LANGUAGE = "zh"


@pytest.fixture(scope="module")
def tour(product: Product) -> walk.Tour:
    return walk.begun(product)


def test_office(people: People, tour: walk.Tour, product: Product) -> None:
    walk.office(people, tour, product, LANGUAGE)


def test_squads(people: People, tour: walk.Tour) -> None:
    walk.squads(people, tour, LANGUAGE)


def test_residents(people: People, tour: walk.Tour) -> None:
    walk.residents(people, tour, LANGUAGE)
