"""Every address × every role × an object of the own and of another street, against the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from cases.management.sight import NUMBERS_TO_HAND_OVER
from tests.access.matrix import PREFIXES, ROLES, ROUTES, TABLES, Route, answers
from tests.access.sight import text_of, topics_in, wrong_in
from tests.access.world import World
from tests.cast import unchanged

FILLED: dict[str, Any] = {
    "queue": "all",
    "any number": 1,
    "token": "spent",
    "clock": ["triage", 0],
    "setting": "returns_at_most",
    "text": "close_result",
}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written in here is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def routes_of(resolver: URLResolver, space: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Name and pattern of every address, as the resolver has them."""
    for entry in resolver.url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", here
        else:
            yield from routes_of(entry, f"{space}{entry.namespace}:" if entry.namespace else space, here)


def test_every_address_stands_in_the_matrix() -> None:
    found = {name for name, path in routes_of(get_resolver()) if not path.startswith(tuple(PREFIXES))}
    listed = {route.name for route in ROUTES}
    assert found - listed == set(), "new addresses: say in tests/access/matrix.py who may do what"
    assert listed - found == set(), "addresses that are gone"


def test_every_role_stands_in_every_table(world: World) -> None:
    assert set(world.clients) == set(ROLES)
    for name in TABLES:
        cells = answers(name)
        assert set(cells) == set(ROLES), name
        assert len({len(row) for row in cells.values()}) == 1, f"{name}: a cell is missing"
        assert {cell for row in cells.values() for cell in row} <= {"ok", "login", "403", "404"}, name
    assert {route.table for route in ROUTES} == set(TABLES)


@pytest.mark.parametrize(
    ("route", "method"),
    [
        pytest.param(route, method, id=f"{method} {route.name} {route.subject}".strip())
        for route in ROUTES
        for method in route.methods.split()
    ],
)
def test_address(route: Route, method: str, world: World) -> None:
    wanted = answers(route.table)
    columns = len(next(iter(wanted.values())))
    urls = [url_of(route, rows) for rows in (world.own.rows, world.other.rows)[:columns]]
    allowed: list[tuple[str, str]] = []
    wrong: list[str] = []
    with unchanged(world.untouched):  # who is refused writes nothing, and no page writes when it is only read
        for role in ROLES:
            for url, cell in zip(urls, wanted[role], strict=True):
                if cell == "ok" and method == "POST":
                    allowed.append((role, url))
                else:
                    wrong += compare(world, role, method, url, cell)
    for role, url in allowed:
        with undone():
            wrong += compare(world, role, method, url, "ok")
    assert not wrong, "\n".join(["", *wrong])


def url_of(route: Route, rows: dict[str, Any]) -> str:
    if not route.subject:
        return reverse(route.name)
    filled = FILLED.get(route.subject) or rows[route.subject]
    return reverse(route.name, args=filled if isinstance(filled, list) else [filled])


def compare(world: World, role: str, method: str, url: str, wanted: str) -> list[str]:
    answer = ask(world.clients[role], method, url)
    said = kind_of(answer)
    if said == "500" and url == reverse("readyz"):  # honest about a worker that does not run here
        said = "ok"
    wrong = [] if said == wanted else [f"{role}: {method} {url} is {said}, not {wanted}"]
    if world.own.token in url or world.other.token in url:
        return wrong  # whoever holds the link of a report reads that report
    return wrong + overheard(world, role, url, answer)


def overheard(world: World, role: str, url: str, answer: HttpResponseBase | Any) -> list[str]:
    """What the answer tells and its reader may not know."""
    world.told.walked.add((role, url))
    text = text_of(answer)
    wrong = []
    bare = NUMBERS_TO_HAND_OVER.get(view_of(url)) if role == "system_admin" else None
    for street, made in (("own", world.own), ("other", world.other)):
        names = {name: word for name, word in made.names.items() if name not in (bare or ())}
        wrong += wrong_in(world.told, role, street, made.signs, names, url, text)
    heard = topics_in(answer) - topics_for(world, role)
    return [*wrong, *(f"{role}: {url} lets hear {topic}" for topic in sorted(heard))]


def view_of(url: str) -> str:
    """The name of an address; "" for what is none (an operation's name)."""
    with suppress(Resolver404):
        return resolve(urlsplit(url).path).view_name
    return ""


def topics_for(world: World, role: str) -> set[str]:
    """What of the stream somebody may hear: written out here, not asked of the program."""
    if role == "anonymous":
        return set()
    cast, squads = world.cast, world.cast.squads
    own, other = f"office:{cast.street.pk}", f"office:{cast.other_street.pk}"
    of_squads = {
        "leader": "street",
        "officer": "street",
        "auxiliary": "street",
        "joint": "urban",
        "uncalled": "ecology",
        "excused": "fire",
        "officer_elsewhere": "other",
        "technician": "laboratory",
        "technician_elsewhere": "laboratory_elsewhere",
    }
    of_offices = {name: {own} for name in ("dispatcher", "head", "checker")}
    heard = (of_offices | {"supervisor": {own, other}, "dispatcher_elsewhere": {other}}).get(role, set())
    if role in of_squads:
        heard = {f"squad:{squads[of_squads[role]].pk}"}
    return heard | {f"user:{world.people[role].pk}"}


def ask(client: Client, method: str, url: str) -> HttpResponse:
    client.raise_request_exception = False
    sid = transaction.savepoint()
    answer = client.generic(method, url) if method != "POST" else client.post(url)
    if connection.needs_rollback:
        connection.needs_rollback = False
        transaction.savepoint_rollback(sid)
    else:
        transaction.savepoint_commit(sid)
    return answer  # type: ignore[return-value]


def kind_of(answer: HttpResponseBase | Any) -> str:
    if answer.status_code in (403, 404):
        return str(answer.status_code)
    if answer.status_code >= 500:
        return "500"
    if answer.status_code == 405:
        return "405"
    if "/accounts/login/" in answer.headers.get("Location", ""):
        return "login"
    return "ok"
