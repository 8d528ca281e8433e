"""What the clients of ``bench pages`` ask for, and what each line of its table should say."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from io import BytesIO
from itertools import cycle
from urllib.parse import quote

from PIL import Image

from bench._clients import Answer, Client

CLIENTS = 8
A_FEW, PLANNED = 3, 20
"""Questions of a client before they count: so that what is drawn once is drawn; so that each of the web's sixteen
connections has asked often enough for PostgreSQL to keep its plans, as in a product that runs all day."""
Ask = Callable[[Client, int], Answer | None]


@dataclass(slots=True)
class Facts:
    """What there is to ask for, as ``_beside.facts`` found it. ``received`` is asked for before it is used."""

    cases: list[int]
    triage: list[int]
    street: int
    box: str
    district: str
    tokens: list[str]
    count: int
    open: int
    cursors: list[str]
    received: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """``pages``: paths whose queries are counted; the most of them is told. ``held``: workers stand still. ``warm``:
    so often each client asks before it counts. ``share``: so many of the questions that are wanted."""

    key: str
    name: str
    who: str
    ask: Callable[[Facts], Ask]
    aim: str
    pages: Callable[[Facts], list[str]] | None = None
    login: str = "dispatcher"
    held: bool = False
    warm: int = 0
    share: float = 1.0


def works() -> list[Work]:
    """In the order of the table; calls that are taken give the cases that are accepted."""
    board, searched = "/console/queue/all/", f"/console/queue/all/?text={quote('油烟')}"
    wide = {"who": "district", "login": "supervisor"}
    filtered = "/console/queue/all/?urgency=general,urgent&source=hotline,portal&light=green,yellow"
    return [
        Work("call", "a call taken, workers paused", "desk", _call, "150/s, p95 100 ms", held=True),
        Work("call2", "a call taken, workers running", "desk", _call, "100/s, p95 100 ms"),
        _page("board", "board, 100 rows, warm", lambda _facts: board, "p95 120 ms, 12 queries"),
        Work("cold", "board, 100 rows never drawn", "desk", _cold, "p95 300 ms"),
        _page("filter", "board, one queue by lateness", lambda _facts: "/console/queue/late/", "p95 150 ms"),
        _page("filters", "board by urgency, source and light", lambda _facts: filtered, "p95 150 ms"),
        _page("search", "board, searched by a word", lambda _facts: searched, "p95 150 ms"),
        Work("find", "search box, another text each time", "desk", _find, "p95 150 ms"),
        Work(
            "case",
            "case page, another each time",
            "desk",
            partial(_cases, "/console/cases/{}/"),
            "120/s",
            pages=_several,
            warm=PLANNED,
        ),
        Work("triage", "triage with its suggestions", "desk", _triage, "p95 500 ms", warm=PLANNED),
        Work("accept", "status changed: a case accepted", "desk", _accept, "150/s"),
        _page("field", "a squad's day", lambda _facts: "/field/", "120/s", who="squad", login="market1"),
        Work(
            "api", "API, list of cases", "program", lambda _facts: lambda client, _nth: client.get("/api/v1/cases/"), ""
        ),
        _page("map", "points of the map, a street", lambda facts: _points(facts.box, 14), "p95 120 ms"),
        _page(
            "district",
            "points of the map, all open cases",
            lambda facts: _points(facts.district, 12),
            "p95 300 ms",
            **wide,
        ),
        _page("marks", "the same, each mark alone", lambda facts: _points(facts.district, 18), "", **wide),
        Work("photos", "complaint with 3 photos of 3 MB, 7 requests", "resident", _reported, "", share=0.2),
    ]


def _page(
    key: str, name: str, path: Callable[[Facts], str], aim: str, *, who: str = "desk", login: str = "dispatcher"
) -> Work:
    def ask(facts: Facts) -> Ask:
        return lambda client, _nth: client.get(path(facts))

    return Work(key, name, who, ask, aim, pages=lambda facts: [path(facts)], login=login, warm=A_FEW)


def _points(box: str, zoom: int) -> str:
    return f"/console/map/points/?bbox={box}&zoom={zoom}"


def _find(facts: Facts) -> Ask:
    """As the office types: words that many and few cases have, two words, a party, an end of a reference."""
    asked = ("油烟", "夜间噪音扰民", "桃园路 占道", "老槐树烧烤店", "2603", "夜市 水果 桥洞")
    return lambda client, nth: client.post("/console/search/live/", {"q": asked[nth % len(asked)]})


def _cold(facts: Facts) -> Ask:
    """Pages of the board that nobody has asked for since the start, each once."""
    left = iter(facts.cursors)

    def ask(client: Client, _nth: int) -> Answer | None:
        cursor = next(left, None)
        return client.get(f"/console/queue/all/?after={quote(cursor)}") if cursor else None

    return ask


def _several(facts: Facts) -> list[str]:
    return [f"/console/cases/{pk}/" for pk in facts.cases[:12]]


def _cases(path: str, facts: Facts) -> Ask:
    turns = cycle(facts.cases)
    return lambda client, _nth: client.get(path.format(next(turns)))


def _triage(facts: Facts) -> Ask:
    turns = cycle(facts.triage)

    def ask(client: Client, _nth: int) -> Answer | None:
        case = next(turns, None)
        return None if case is None else client.get(f"/console/cases/{case}/triage/")

    return ask


def _call(facts: Facts) -> Ask:
    def ask(client: Client, nth: int) -> Answer:
        fields = {
            "text": f"演示·来电反映楼下烧烤油烟，第{nth}次",
            "kind": "complaint",
            "urgency": "general",
            "address": f"演示路{nth}号",
            "name": "演示·市民",
            "phone": "03510000000",
            "keep_secret": "on",  # nosec B105 # a word, no password
            "street": str(facts.street),
            "client_key": uuid.uuid4().hex,
        }
        return client.post("/console/intake/", fields)

    return ask


def _accept(facts: Facts) -> Ask:
    """Each once: what is accepted can't be accepted again."""
    left = iter(facts.received)

    def ask(client: Client, _nth: int) -> Answer | None:
        case = next(left, None)
        return None if case is None else client.post(f"/console/cases/{case}/accept/", {})

    return ask


def _reported(facts: Facts) -> Ask:
    """A resident's whole report, by somebody new each time: form, three photos one by one, three steps."""
    base = photo(3 * 1024**2)

    def ask(client: Client, nth: int) -> Answer:
        client.forget()
        key, asked = uuid.uuid4().hex, [client.get("/report/")]
        for shot in range(3):
            # Bytes behind the end of a picture are no part of it, and make it another file.
            own = [base + f"{key}{shot}".encode()]
            asked.append(client.post("/report/photos/", {"client_key": key}, own))
        what = {"client_key": key, "kinds": "fumes", "when": "now", "text": f"演示·楼下油烟很大，第{nth}次"}
        where = {"address": f"演示路{nth}号", "street": str(facts.street)}
        who = {"client_key": key, "name": "演示·市民", "phone": f"0351{nth:07}", "keep_secret": "on"}  # nosec B105 # a word, no password
        asked += [
            client.post(*step) for step in (("/report/", what), ("/report/where/", where), ("/report/send/", who))
        ]
        ms, size, text = sum(one.ms for one in asked), sum(one.size for one in asked), asked[-1].text
        whole = [one.status for one in asked] == [200, 201, 201, 201, 302, 302, 302]
        return Answer(200 if whole else 500, size, ms, text if whole else f"{[one.status for one in asked]} {text}")

    return ask


@cache
def photo(size: int) -> bytes:
    """A JPEG of that many bytes that nobody took: noise, twelve megapixels where it has 3 MB and fewer where it is
    smaller, as a phone's."""
    side = min(1.0, (size / 3 / 1024**2) ** 0.5)
    coarse, fine = ((int(wide * side), int(high * side)) for wide, high in ((1600, 1200), (4000, 3000)))
    made = BytesIO()
    Image.effect_noise(coarse, 90).resize(fine).convert("RGB").save(made, "JPEG", quality=50)
    return made.getvalue().ljust(size, b"\0")
