"""The door of each page by itself, asked by those who lack it; who passes it and lacks the right is in the matrix."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.matrix import ROUTES, Route, answers
from tests.access.test_matrix import FILLED, ask, url_of
from tests.access.world import World

ON_THE_STREET = ("leader", "auxiliary", "technician", "grid_worker", "nobody")
AT_THE_DESK = ("dispatcher", "checker", "supervisor", "auditor", "system_admin")


def closed_to(roles: tuple[str, ...], space: str) -> list[Any]:
    """Pages without a row, and the rota's, that every one of these is refused."""
    return [
        pytest.param(route, method, id=f"{method} {route.name}")
        for route in ROUTES
        if route.name.startswith(space) and route.subject in ("", *FILLED, "office rota")
        if all(set(answers(route.table)[role]) == {"403"} for role in roles)
        for method in route.methods.split()
    ]


@pytest.mark.parametrize(("route", "method"), closed_to(ON_THE_STREET, "console:"))
def test_the_desk_is_closed_to_whose_work_is_on_the_street(route: Route, method: str, taken_back: World) -> None:
    for role in ON_THE_STREET:
        assert ask(taken_back.clients[role], method, url_of(route, taken_back.own.rows)).status_code == 403, role


@pytest.mark.parametrize(("route", "method"), closed_to(AT_THE_DESK, "field:"))
def test_the_street_is_closed_to_the_desk(route: Route, method: str, taken_back: World) -> None:
    for role in AT_THE_DESK:
        assert ask(taken_back.clients[role], method, url_of(route, taken_back.own.rows)).status_code == 403, role
