"""Eight clients of the API: each act carries a key and is tried again until it is answered."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import count
from random import Random
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

CLIENTS = 8
PATIENCE = 120.0
"""Seconds after which a client gives an act up: that would be a finding."""
WAIT = 20.0
"""Seconds for one answer."""
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507})


class Refused(Exception):
    """An answer that trying again does not change."""


class Clients:
    """What they did: ``acked`` holds every write that was answered with success, ``refused`` the others."""

    def __init__(self, url: str, facts: dict[str, Any], dice: Random) -> None:
        self._host = urlsplit(url).netloc
        self._facts, self._dice = facts, dice
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.acked: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.slowest = 0.0
        self.tries = Counter[int]()
        """What was answered instead (0: nothing) and tried again."""

    def work(self, orders: int, *, until: Callable[[], bool]) -> None:
        """Tell stories until so many orders are through and ``until`` is true."""

        def client(nth: int) -> None:
            while (number := next(self._numbers)) <= orders or not until():
                try:
                    self._story(nth, number)
                except Refused as refused:
                    with self._lock:
                        self.refused.append(str(refused))

        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(client, nth) for nth in range(CLIENTS)]:
                done.result()

    def approved(self) -> dict[str, Any]:
        """An order that is ready to be issued."""
        return self._planned(self._facts["offices"][0], next(self._numbers) * 2)

    def timed(self, order: dict[str, Any]) -> list[float]:
        """Seconds for a complaint filed, the order issued, its first part acknowledged."""
        office = self._facts["offices"][0]
        spent = []
        for act in (
            lambda: self._complaint(office, next(self._numbers)),
            lambda: self._order_act(office["desk"], order, "issue"),
            lambda: self._acknowledge(office, order["parts"][0]),
        ):
            begun = time.monotonic()
            act()
            spent.append(time.monotonic() - begun)
        return spent

    def _story(self, nth: int, number: int) -> None:
        office = self._facts["offices"][nth % len(self._facts["offices"])]
        order = self._planned(office, number)
        self._order_act(office["desk"], order, "issue")
        for part in order["parts"]:
            self._acknowledge(office, part)
        self._photo(office, order["parts"][0])
        for part in order["parts"]:
            squad = office["squads"][str(part["squad"]["id"])]
            body = {
                "officer_ids": squad["officers"],
                "identity_shown": True,
                "lat": office["lat"],
                "lng": office["lng"],
            }
            self._act("report", squad["token"], f"parts/{part['id']}/report-in/", body, id=part["id"])

    def _planned(self, office: dict[str, Any], number: int) -> dict[str, Any]:
        """From the complaint to an order that may be issued; every second one is urgent and needs no approval first."""
        urgent = number % 2 == 1
        case = self._complaint(office, number)["case_id"]
        self._act("accept", office["desk"], f"cases/{case}/accept/", {}, id=case)
        body = {
            "disposition": "inspection",
            "category_id": office["category"],
            "urgency": "urgent" if urgent else "general",
            "new_party": {"name": f"演示·故障演练{number}号店", "address": f"演示路{number}号"},
            "brief": "故障演练",
            "brief_confirmed": True,
            "agency_ids": office["agencies"],
        }
        told = self._act("triage", office["desk"], f"cases/{case}/triage/", body, id=case)
        order = self._act("order", office["desk"], "orders/", {"target_id": told["target"]["id"]})
        if not urgent:
            self._order_act(office["desk"], order, "submit")
            self._order_act(office["head"], order, "approve", {"note": ""})
        return order

    def _complaint(self, office: dict[str, Any], number: int) -> dict[str, Any]:
        text = f"故障演练第{number}件：油烟很大"
        body = {"street_id": office["street"], "text": text, "name": "演示·市民", "phone": "03510000000"}
        return self._act("complaint", office["desk"], "complaints/taken/", body, text=text)

    def _order_act(self, token: str, order: dict[str, Any], act: str, body: Any = None) -> None:
        self._act(act, token, f"orders/{order['id']}/{act}/", body or {}, id=order["id"])

    def _acknowledge(self, office: dict[str, Any], part: dict[str, Any]) -> None:
        token = office["squads"][str(part["squad"]["id"])]["token"]
        self._act("acknowledge", token, f"parts/{part['id']}/acknowledge/", {}, id=part["id"])

    def _photo(self, office: dict[str, Any], part: dict[str, Any]) -> None:
        """One that nobody else sends: bytes behind the end of a picture are no part of it."""
        photo = PHOTO + uuid.uuid4().bytes
        token = office["squads"][str(part["squad"]["id"])]["token"]
        self._act("photo", token, "photos/", photo, sha256=hashlib.sha256(photo).hexdigest())

    def _act(self, kind: str, token: str, path: str, body: Any, **known: Any) -> dict[str, Any]:
        """One write with one key, again until it is answered."""
        key, begun, tries = str(uuid.uuid4()), time.monotonic(), Counter[int]()
        while True:
            status, told = self._send(token, path, body, key)
            if status in (200, 201):
                break
            if status and status not in AGAIN:
                why = f"{told.get('code')} {told.get('detail')}"
                raise Refused(f"{kind} {path}: {status} {why} after {tries.total()} tries")
            if time.monotonic() - begun > PATIENCE:
                raise Refused(f"{kind} {path}: no answer within {PATIENCE:.0f} s, the last {status}")
            tries[status] += 1
            time.sleep(1.0 if status == 429 else 0.2)
        with self._lock:
            self.acked.append({"kind": kind, "id": told.get("case_id") or told.get("id"), **known, "key": key})
            self.tries += tries
            self.slowest = max(self.slowest, time.monotonic() - begun)
        return told

    def _send(self, token: str, path: str, body: Any, key: str) -> tuple[int, dict[str, Any]]:
        """Status and answer; 0 when there was none."""
        connection = http.client.HTTPConnection(self._host, timeout=WAIT)
        kind, sent = _form(body) if isinstance(body, bytes) else ("application/json", json.dumps(body).encode())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": kind}
        try:
            connection.request("POST", f"/api/v1/{path}", sent, headers | {"Accept-Language": "en"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


def _form(photo: bytes) -> tuple[str, bytes]:
    """The same form each time it is sent: a key stands for one body."""
    mark = hashlib.sha256(photo).hexdigest()
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + photo + f"\r\n--{mark}--\r\n".encode()
    return f"multipart/form-data; boundary={mark}", body


def _noise() -> bytes:
    made = BytesIO()
    Image.effect_noise((800, 600), 90).save(made, "JPEG", quality=60)
    return made.getvalue()


PHOTO = _noise()
