"""What the clients of ``bench pages`` ask for, and what each line of its table should say."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from bench._clients import Answer, Client

CLIENTS = 8
Ask = Callable[[Client, int], Answer | None]


@dataclass(slots=True)
class Facts:
    """What there is to ask for, as ``_beside.facts`` found it. ``received`` is asked for before it is used."""

    cases: list[int]
    triage: list[int]
    street: int
    box: str
    tokens: list[str]
    count: int
    cursors: list[str]
    received: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """``page``: its path, where the queries of a page are counted. ``held``: workers stand still. ``warm``: asked a few
    times before it counts."""

    key: str
    name: str
    who: str
    ask: Callable[[Facts], Ask]
    aim: str
    page: Callable[[Facts], str] | None = None
    login: str = "dispatcher"
    held: bool = False
    warm: bool = False


def works() -> list[Work]:
    """In the order of the table; calls that are taken give the cases that are accepted."""
    board, searched = "/console/queue/all/", f"/console/queue/all/?text={quote('油烟')}"
    return [
        Work("call", "a call taken, workers paused", "desk", _call, "150/s, p95 100 ms", held=True),
        Work("call2", "a call taken, workers running", "desk", _call, "100/s, p95 100 ms"),
        _page("board", "board, 100 rows, warm", lambda _facts: board, "p95 120 ms, 12 queries"),
        Work("cold", "board, 100 rows never drawn", "desk", _cold, "p95 300 ms"),
        _page("filter", "board, one queue by lateness", lambda _facts: "/console/queue/late/", "p95 150 ms"),
        _page("search", "board, searched by a word", lambda _facts: searched, "p95 150 ms"),
        Work("case", "case page, another each time", "desk", _cases("/console/cases/{}/"), "120/s", page=_first),
        Work("triage", "triage with its suggestions", "desk", _triage, ""),
        Work("accept", "a case accepted", "desk", _accept, "150/s"),
        _page("field", "a squad's day", lambda _facts: "/field/", "120/s", who="squad", login="market1"),
        Work(
            "api", "API, list of cases", "program", lambda _facts: lambda client, _nth: client.get("/api/v1/cases/"), ""
        ),
        _page("map", "points of the map", lambda facts: f"/console/map/points/?bbox={facts.box}&zoom=14", "p95 120 ms"),
    ]


def _page(
    key: str, name: str, path: Callable[[Facts], str], aim: str, *, who: str = "desk", login: str = "dispatcher"
) -> Work:
    def ask(facts: Facts) -> Ask:
        return lambda client, _nth: client.get(path(facts))

    return Work(key, name, who, ask, aim, page=path, login=login, warm=True)


def _cold(facts: Facts) -> Ask:
    """Pages of the board that nobody has asked for since the start, each once."""
    left = iter(facts.cursors)

    def ask(client: Client, _nth: int) -> Answer | None:
        cursor = next(left, None)
        return client.get(f"/console/queue/all/?after={quote(cursor)}") if cursor else None

    return ask


def _first(facts: Facts) -> str:
    return f"/console/cases/{facts.cases[0]}/"


def _cases(path: str) -> Callable[[Facts], Ask]:
    return lambda facts: lambda client, nth: client.get(path.format(facts.cases[nth % len(facts.cases)]))


def _triage(facts: Facts) -> Ask:
    return lambda client, nth: client.get(f"/console/cases/{facts.triage[nth % len(facts.triage)]}/triage/")


def _call(facts: Facts) -> Ask:
    def ask(client: Client, nth: int) -> Answer:
        fields = {
            "text": f"演示·来电反映楼下烧烤油烟，第{nth}次",
            "kind": "complaint",
            "urgency": "general",
            "address": f"演示路{nth}号",
            "name": "演示·市民",
            "phone": "03510000000",
            "keep_secret": "on",
            "street": str(facts.street),
            "client_key": uuid.uuid4().hex,
        }
        return client.post("/console/intake/", fields)

    return ask


def _accept(facts: Facts) -> Ask:
    return lambda client, nth: client.post(f"/console/cases/{facts.received[nth % len(facts.received)]}/accept/", {})
