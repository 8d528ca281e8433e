"""A board without a screen: it signs in, holds a stream, asks for the rows that moved, with the waits of the page."""

from __future__ import annotations

import json
import re
import threading
import time
from random import Random

import requests

JITTER, GATHER, REST = (0.0, 0.2), 0.06, 0.25
"""Seconds; ``static/js/live.js`` and ``static/js/rows.js``."""
LATER, PAUSE = (1.2, 2.4), 3.0
ROW = re.compile(r'id="case-(\d+)"[^>]*? data-live-seq="(\d+)"')


class Listening:
    """Starts at once; ``close`` answers when each row was first there at each position of its chain, in ms."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url, self.seen, self._chance = url, dict[str, float](), Random()  # noqa: S311
        self._session = requests.Session()
        page = self._sign_in(login, password)
        self._shown = {int(pk): int(seq) for pk, seq in ROW.findall(page)}
        self._rows = url + self._found(r'data-rows="([^"]+)"', page)
        self._rail = url + self._found(r'hx-get="([^"]*/rail/[^"]*)"', page).replace("&amp;", "&")
        self._moved, self._ask = set[int](), threading.Event()
        self._count, self._over = threading.Event(), False
        self._stream = self._session.get(url + "/live/", stream=True, timeout=60)
        self._stream.raise_for_status()
        self._threads = [threading.Thread(target=act, daemon=True) for act in (self._hear, self._follow, self._counts)]
        for thread in self._threads:
            thread.start()

    @property
    def shown(self) -> list[int]:
        """The cases whose rows it has."""
        return list(self._shown)

    def close(self) -> dict[str, float]:
        self._over = True
        self._ask.set()
        self._count.set()
        return self.seen

    def _sign_in(self, login: str, password: str) -> str:
        form = self._session.get(self.url + "/console/", timeout=60)
        token = self._found(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        data = {"csrfmiddlewaretoken": token, "login": login, "password": password}
        answer = self._session.post(form.url, data=data, headers={"Referer": form.url}, timeout=60)
        answer.raise_for_status()
        return answer.text

    @staticmethod
    def _found(pattern: str, page: str) -> str:
        match = re.search(pattern, page)
        if match is None:
            raise RuntimeError(f"the page has no {pattern}")
        return match[1]

    def _hear(self) -> None:
        event = ""
        for line in self._stream.iter_lines(chunk_size=1, decode_unicode=True):
            if self._over:
                return
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: ") and event == "hint":
                hint = json.loads(line[6:])
                self._count.set()
                if hint["kind"] == "case" and self._shown.get(int(hint["id"]), 10**9) < int(hint["seq"]):
                    self._moved.add(int(hint["id"]))
                    self._ask.set()

    def _follow(self) -> None:
        session = self._another()
        while self._ask.wait() and not self._over:
            time.sleep(self._chance.uniform(*JITTER) + GATHER)
            self._ask.clear()
            ids, self._moved = self._moved, set()
            began = time.monotonic()
            answer = session.get(self._rows, params={"ids": ",".join(map(str, ids))}, timeout=60)
            for pk, seq in ROW.findall(answer.text):
                self._shown[int(pk)] = int(seq)
                self.seen.setdefault(f"{pk}:{seq}", time.time() * 1000)
            time.sleep(max(REST, time.monotonic() - began))

    def _counts(self) -> None:
        session = self._another()
        while self._count.wait() and not self._over:
            time.sleep(self._chance.uniform(*LATER))
            self._count.clear()
            session.get(self._rail, timeout=60)
            time.sleep(PAUSE)

    def _another(self) -> requests.Session:
        session = requests.Session()
        session.cookies.update(self._session.cookies)
        return session
