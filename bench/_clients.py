"""Clients on loopback: signed in, connections kept open, each asks one thing after the other."""

from __future__ import annotations

import http.client
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import requests

PATIENCE, KEPT = 60.0, 20.0
"""Seconds for an answer; seconds after which a connection that nobody uses is no longer trusted."""
FINE = frozenset({200, 201, 302, 303})


@dataclass(frozen=True, slots=True)
class Answer:
    """``ms`` from the question to the last byte."""

    status: int
    size: int
    ms: float
    text: str


class Client:
    """One person's browser without the drawing, or a program with a ``token``."""

    def __init__(self, url: str, *, login: str = "", password: str = "", token: str = "", at: str = "/") -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
        self._headers = {"Accept-Language": "en"}
        self._cookies: dict[str, str] | None = None if token else {}
        self._used = 0.0
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if login:
            self._cookies = _signed_in(url + at, login, password)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: dict[str, str], files: Sequence[bytes] = ()) -> Answer:
        """A form; with ``files`` (JPEG, as the field "photos") one in parts."""
        kind, body = in_parts(fields, files) if files else ("application/x-www-form-urlencoded", urlencode(fields))
        body = body if isinstance(body, bytes) else body.encode()
        return self._ask("POST", path, body, {"Content-Type": kind, "X-CSRFToken": self.csrf})

    def forget(self) -> None:
        """Be somebody who was never here."""
        self._cookies = {}

    @property
    def csrf(self) -> str:
        return (self._cookies or {}).get("csrftoken", "")

    @property
    def cookies(self) -> str:
        """As a header."""
        return "; ".join(f"{name}={value}" for name, value in (self._cookies or {}).items())

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        begun = time.perf_counter()
        if begun - self._used > KEPT:
            self._http.close()  # the web has, or is about to; it is opened again with the next question
        self._used = begun
        known = {"Cookie": self.cookies} if self._cookies else {}
        self._http.request(method, path, body, self._headers | known | headers)
        answer = self._http.getresponse()
        read = answer.read()
        spent = (time.perf_counter() - begun) * 1000
        if self._cookies is not None:
            for line in answer.headers.get_all("Set-Cookie", []):
                kept = SimpleCookie(line.partition(";")[0])
                self._cookies |= {one.key: one.coded_value for one in kept.values()}
        return Answer(answer.status, len(read), spent, read.decode("utf-8", "replace"))


def in_parts(fields: dict[str, str], files: Sequence[bytes]) -> tuple[str, bytes]:
    """The kind and the body of a form with photos."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for nth, photo in enumerate(files):
        named = f'{head}photos"; filename="{nth}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts += [named.encode(), photo, b"\r\n"]
    return f"multipart/form-data; boundary={mark}", b"".join([*parts, f"--{mark}--\r\n".encode()])


def _signed_in(url: str, login: str, password: str) -> dict[str, str]:
    session = requests.Session()
    form = session.get(url, timeout=PATIENCE)
    data = {"login": login, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    done = session.post(form.url, data=data, headers={"Referer": form.url}, timeout=PATIENCE)
    done.raise_for_status()
    return {cookie.name: cookie.value or "" for cookie in session.cookies}


@dataclass(slots=True)
class Taken:
    """What the clients saw. ``wrong`` holds what was answered otherwise than it should have been."""

    ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.ms) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time within which this share (0 to 1) was answered."""
        ranked = sorted(self.ms)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.ms) if self.ms else 0.0

    def add(self, other: Taken) -> None:
        self.ms += other.ms
        self.sizes += other.sizes
        self.seconds += other.seconds
        self.wrong += other.wrong


def drive(clients: Sequence[Client], ask: Callable[[Client, int], Answer | None], times: int) -> Taken:
    """All clients at the same time, each so many questions; ``ask`` gets a number that comes once, and answers None
    when there is nothing left to ask for."""
    taken = Taken()

    def work(nth: int) -> None:
        for turn in range(times):
            answer = ask(clients[nth], turn * len(clients) + nth)
            if answer is None:
                return
            if answer.status in FINE:
                taken.ms.append(answer.ms)
                taken.sizes.append(answer.size)
            else:
                taken.wrong.append(f"{answer.status} {answer.text[:200]}")

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(work, nth) for nth in range(len(clients))]:
            done.result()
    taken.seconds = time.perf_counter() - begun
    return taken


def paced(
    clients: Sequence[Client], ask: Callable[[Client, int], Answer], *, rate: float, until: Callable[[], bool]
) -> Taken:
    """Questions at a steady rate over all clients, until ``until``; each is timed from the moment it was due, so
    that waiting behind a slow one counts."""
    taken, step = Taken(), len(clients) / rate
    begun = time.perf_counter()

    def work(nth: int) -> None:
        turn = 0
        while not until():
            due = begun + (turn + nth / len(clients)) * step
            if (ahead := due - time.perf_counter()) > 0:
                time.sleep(min(ahead, 0.2))
                continue
            answer = ask(clients[nth], turn * len(clients) + nth)
            turn += 1
            if answer.status in FINE:
                taken.ms.append((time.perf_counter() - due) * 1000)
                taken.sizes.append(answer.size)
            else:
                taken.wrong.append(f"{answer.status} {answer.text[:200]}")

    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(work, nth) for nth in range(len(clients))]:
            done.result()
    taken.seconds = time.perf_counter() - begun
    return taken
