"""Hundreds of hostile inputs at every door: refused with a reason and without a trace, or kept and shown as mere text.

The table is ``tests.access.hostile``. Texts take turns at the doors, so that each goes to one at least and none takes
half an hour; ``HOSTILE_ALL=1`` sends every text to every door.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from cases.models import Case, Finding, Setting, Target
from dispatch.web import limits
from dispatch.wsgi import Utf8Request
from tests.access import hostile
from tests.access.test_matrix import undone
from tests.access.world import World
from tests.api.client import program_of
from tests.cast import snapshot

REFUSED = {400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 422, 429}
REASON = ("errorlist", 'role="alert"', "<h1")
"""How a page says why: at the field, above the form, or as a page of its own."""


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the test client reads a request as the server does."""
    monkeypatch.setattr(limits, "PREFIX", f"portal.{uuid.uuid4().hex}")
    monkeypatch.setattr("django.test.client.WSGIRequest", Utf8Request)
    caches["default"].clear()


@pytest.fixture
def bold(world: World) -> Iterator[World]:
    """The world whose clients tell a fault as an answer, not as an exception of the test."""
    for client in world.clients.values():
        client.raise_request_exception = False
    with undone():
        Setting.objects.create(key="receiving_street", value=world.cast.street.code)
        yield world


def judged(label: str, answer: Any, before: Any, *, program: bool = False) -> list[str]:
    """What is wrong with an answer to something hostile: a fault, a refusal without a reason or with a trace (who only
    asks looks for traces once, at the end: ``before`` is None)."""
    status = answer.status_code
    if status >= 500:
        return [f"{label}: {status}"]
    if status not in REFUSED:
        return []
    wrong = []
    body = answer.content.decode("utf-8", "replace")
    if program:
        told = answer.json()
        if not told.get("detail") or not told.get("code"):
            wrong.append(f"{label}: {status} without a reason")
    elif status in (400, 422) and not any(mark in body for mark in REASON):
        wrong.append(f"{label}: {status} without a reason")
    if before is not None and snapshot() != before:
        wrong.append(f"{label}: {status} left a trace")
    return wrong


def inert(label: str, text: str, page: Any, *, shown: bool = False) -> list[str]:
    """What is wrong with a page that shows a hostile text: it stands there as markup, or (``shown``) not at all."""
    if page.status_code != 200:
        return [f"{label}: its page is {page.status_code}"]
    html = page.content.decode()
    kept = text.strip().replace("\x00", "")
    if escape(kept) != kept and len(kept) > 1 and kept in html and marked(kept):
        return [f"{label}: shown as markup"]
    if "\x00" in html:
        return [f"{label}: shown with a NUL"]
    return [f"{label}: not shown"] if shown and escape(kept.split("\n")[0].strip()[:60]) not in html else []


def marked(text: str) -> bool:
    """Whether a page could take it for more than words: only then its page is drawn."""
    return "<" in text


TURNS = 1 if os.environ.get("HOSTILE_ALL") else 5
"""Every so manieth text goes to a door; the doors begin one after the other, and there are more doors than turns."""


def each(door: int, name: str, send: Callable[[str, str], list[str]]) -> None:
    wrong: list[str] = []
    for number, text in list(enumerate(hostile.TEXTS))[door % TURNS :: TURNS]:
        with undone():
            wrong += send(f"{name} {number} {text[:40]!r}", text)
    assert not wrong, "\n".join(["", *wrong])


def test_a_callers_words_in_the_office(bold: World) -> None:
    desk, before = bold.clients["dispatcher"], snapshot()
    keys = (f"k{number}" for number in itertools.count())

    def send(label: str, text: str) -> list[str]:
        said = {"street": bold.cast.street.pk, "text": text, "party_name": text[:160], "address": text[:240]}
        said |= {"name": text[:60], "kind": "complaint", "urgency": "general", "client_key": next(keys)}
        last = Case.objects.latest("pk").pk
        answer = desk.post(reverse("console:intake"), said)
        wrong = judged(label, answer, before)
        case = Case.objects.filter(pk__gt=last).first()
        if case is not None and marked(text):
            wrong += inert(label, text, desk.get(reverse("console:case", args=[case.pk])), shown=True)
        if case is None and answer.status_code < 400:
            wrong.append(f"{label}: {answer.status_code} and nothing was taken down")
        return wrong + inert(label, text, answer) if answer.status_code == 200 else wrong

    each(0, "intake", send)


def test_names_of_parties(bold: World) -> None:
    desk, before = bold.clients["dispatcher"], snapshot()

    def send(label: str, text: str) -> list[str]:
        said = {"street": bold.cast.street.pk, "name": text[:160], "kind": "business", "address": text[:240]}
        said |= {"aliases": text[:200], "trade": text[:40], "stretch": text[:400], "uscc": text[:40], "lat": text[:20]}
        wrong = judged(label, desk.post(reverse("console:party_new"), said), before)
        plain = {name: said[name] for name in ("street", "name", "kind", "address", "aliases")}
        last = Target.objects.latest("pk").pk
        answer = desk.post(reverse("console:party_new"), plain)
        wrong += judged(label, answer, before)
        made = Target.objects.filter(pk__gt=last).first()
        if made is not None and marked(text):
            wrong += inert(label, made.name, desk.get(reverse("console:party", args=[made.pk])), shown=True)
        return wrong

    each(1, "party", send)


def test_a_residents_three_steps(bold: World) -> None:
    def send(label: str, text: str) -> list[str]:
        browser = Client(raise_request_exception=False)
        before = snapshot()
        first = browser.post("/report/", {"kinds": ["noise"], "text": text, "when": "now"})
        wrong = judged(label, first, before) if b"sessionid" not in first.cookies.output().encode() else []
        second = browser.post("/report/where/", {"address": text[:240], "party_name": text[:160], "lat": text[:20]})
        pages = [browser.get("/report/send/")] if marked(text) else []
        for answer in (first, second, *pages):
            if answer.status_code >= 500:
                wrong.append(f"{label}: {answer.status_code}")
            if answer.status_code == 200:
                wrong += inert(label, text, answer)
        said = {"client_key": uuid.uuid4().hex, "name": text[:60], "phone": text[:32], "keep_secret": "on"}
        third = browser.post("/report/send/", said)
        return [*wrong, f"{label}: {third.status_code}"] if third.status_code >= 500 else wrong

    each(2, "report", send)


def test_notes_and_reasons_on_a_case(bold: World) -> None:
    desk, rows, before = bold.clients["dispatcher"], bold.own.rows, snapshot()
    page = reverse("console:case", args=[rows["case"]])

    def send(label: str, text: str) -> list[str]:
        answer = desk.post(reverse("console:case_note", args=[rows["case"]]), {"text": text, "reason": text})
        kept = answer.status_code == 302
        return judged(label, answer, before) + (inert(label, text, desk.get(page), shown=kept) if marked(text) else [])

    each(3, "note", send)


def test_words_of_a_finding_on_scene(bold: World) -> None:
    officer, rows, before = bold.clients["leader"], bold.own.rows, snapshot()
    page = reverse("field:finding_add", args=[rows["lead part"]])
    desk, case = bold.clients["dispatcher"], reverse("console:case", args=[rows["case"]])

    def send(label: str, text: str) -> list[str]:
        last = Finding.objects.latest("pk").pk
        answer = officer.post(page, {"text": text, "client_key": uuid.uuid4().hex})
        wrong = judged(label, answer, before)
        made = Finding.objects.filter(pk__gt=last).first()
        if (made is None) != (answer.status_code != 302):
            wrong.append(f"{label}: {answer.status_code}, and a finding {made}")
        if made is not None and marked(text):
            wrong += inert(label, text, officer.get(reverse("field:finding", args=[made.pk])), shown=True)
            wrong += inert(label, text, desk.get(case))
        return wrong

    each(1, "finding", send)


def test_lists_taken_out_run_nothing(bold: World) -> None:
    """What a caller said stands in a table of the office: no cell begins as a formula does."""
    desk, wrong = bold.clients["dispatcher"], list[str]()
    case = bold.own.case
    for text in hostile.TEXTS:
        with undone():
            words = text.replace("\0", "")[:80]
            Case.objects.filter(pk=case.pk).update(title=words, address=words)
            answer = desk.post(reverse("console:export"), {"queue": "all", "pick": [case.pk], "kind": "csv"})
            table = (b"".join(answer) if answer.streaming else answer.content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(table, newline="")))
        if len(rows) != 2 or any(cell[:1] in "=+-@\t\r＝＋－＠" and len(cell) > 1 for cell in rows[1]):
            wrong.append(f"{text[:40]!r}: {rows[1:]}")
    assert not wrong, "\n".join(["", *wrong])


def test_bodies_of_programs(bold: World) -> None:
    client = Client(raise_request_exception=False)
    key = program_of(bold.cast.dispatcher).authorization
    before = snapshot()
    wrong: list[str] = []
    doors = (
        ("complaints/", ""),
        ("complaints/taken/", key),
        ("targets/", key),
        (f"cases/{bold.own.case.pk}/close/", key),
    )
    for (turn, (path, token)), (number, body) in itertools.product(enumerate(doors), enumerate(hostile.BODIES)):
        if TURNS > 1 and (turn + number) % len(doors):
            continue
        caches["default"].clear()
        headers = {"Authorization": token} if token else {}
        with undone():
            answer = client.generic("POST", f"/api/v1/{path}", body, content_type="application/json", headers=headers)
            wrong += judged(f"{path} {number} {body[:60]!r}", answer, before, program=answer.status_code in REFUSED)
    assert not wrong, "\n".join(["", *wrong])


def test_texts_of_programs(bold: World) -> None:
    office = program_of(bold.cast.dispatcher)
    office.client.raise_request_exception = False
    desk, before = bold.clients["dispatcher"], snapshot()

    def send(label: str, text: str) -> list[str]:
        caches["default"].clear()
        last = Target.objects.latest("pk").pk
        office.post("targets/", {"street_id": bold.cast.street.pk, "name": text, "address": text, "uscc": text})
        wrong = judged(label, office.answer, before, program=True)
        office.post("targets/", {"street_id": bold.cast.street.pk, "name": text[:160]})
        wrong += judged(label, office.answer, before, program=office.answer.status_code in REFUSED)
        made = Target.objects.filter(pk__gt=last).first()
        return (
            wrong + inert(label, text, desk.get(reverse("console:party", args=[made.pk])))
            if made and marked(text)
            else wrong
        )

    each(4, "program", send)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Content-Type", hostile.TYPES),
        ("Idempotency-Key", hostile.KEYS),
        ("If-Match", hostile.MATCHES),
        ("Authorization", hostile.TOKENS),
    ],
)
def test_headers_of_programs(header: str, values: tuple[str, ...], bold: World) -> None:
    key = program_of(bold.cast.dispatcher).authorization
    before, client, wrong = snapshot(), Client(raise_request_exception=False), list[str]()
    body = b'{"reason": ""}'
    for value, path in itertools.product(
        values, (f"cases/{bold.own.case.pk}/reject/", "complaints/", "complaints/track/")
    ):
        caches["default"].clear()
        method = "GET" if "track" in path else "POST"
        headers = {"Authorization": key} if method == "POST" else {}
        kind = value if header == "Content-Type" else "application/json"
        if header != "Content-Type":
            headers[header] = value
        with undone():
            answer = client.generic(method, f"/api/v1/{path}?x=1", body, content_type=kind, headers=headers)
            wrong += judged(f"{header} {value[:60]!r} {path}", answer, before, program=True)
            if answer.status_code < 400:
                wrong.append(f"{header} {value[:60]!r} {path}: {answer.status_code}")
    assert not wrong, "\n".join(["", *wrong])


def test_cursors_and_filters_of_programs(bold: World) -> None:
    office = program_of(bold.cast.dispatcher)
    office.client.raise_request_exception = False
    before, wrong = snapshot(), list[str]()
    names = ("page_size", "stage", "target", "reference", "opened_after", "street", "merged_into")
    asked = [("cases/", "cursor", value) for value in hostile.CURSORS]
    asked += [("targets/", "cursor", value) for value in hostile.CURSORS]
    asked += [("cases/", name, value) for name in names for value in hostile.VALUES]
    asked += [("orders/", name, value) for name in ("announced", "planned_after", "squad") for value in hostile.VALUES]
    for path, name, value in asked:
        caches["default"].clear()
        office.answer = office.client.get(
            f"/api/v1/{path}", {name: value}, headers={"Authorization": office.authorization}
        )
        refused = office.answer.status_code in REFUSED
        wrong += judged(f"{path} {name}={value[:40]!r}", office.answer, None, program=refused)
    assert snapshot() == before
    assert not wrong, "\n".join(["", *wrong])


def test_query_strings_of_pages(bold: World) -> None:
    desk, wrong = bold.clients["dispatcher"], list[str]()
    doors = {
        "console:board": ("q", "sort", "page", "stage", "category", "street", "due"),
        "console:search": ("q",),
        "console:parties": ("q", "sort", "page", "after", "kind"),
        "console:orders": ("q", "page", "state"),
        "console:reports": ("from", "until", "street"),
        "console:ledger": ("period", "on", "first", "last", "street", "page", "by"),
        "console:what_if": ("first", "last", "street", "rule", "margin", "weekday", "window", "a_day"),
        "console:map_points": ("bbox", "zoom"),
        "console:party_alike": ("name", "uscc", "lat"),
        "console:intake_addresses": ("address",),
        "console:notices": ("before",),
        "console:wall": ("street",),
        "portal:lookup": ("reference",),
    }
    values = (*hostile.VALUES, *hostile.TEXTS[:24:3], *hostile.TEXTS[24:52:4])
    for (turn, (name, fields)), (number, value) in itertools.product(enumerate(doors.items()), enumerate(values)):
        if TURNS > 1 and (turn + number) % 5:
            continue
        url = reverse(name)
        answer = desk.get(url, dict.fromkeys(fields, value))
        if answer.status_code >= 500:
            wrong.append(f"{url} {value[:40]!r}: {answer.status_code}")
        elif answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
            wrong += inert(f"{url} {value[:40]!r}", value, answer)
    assert not wrong, "\n".join(["", *wrong])


def test_nobody_is_led_elsewhere(bold: World) -> None:
    desk, rows, wrong = bold.clients["dispatcher"], bold.own.rows, list[str]()
    doors: tuple[tuple[str, Any, dict[str, str]], ...] = (
        ("appearance_set", None, {"theme": "dark"}),
        ("set_language", None, {"language": "en"}),
        ("console:case_note", rows["case"], {"text": "演示"}),
        ("account_logout", None, {}),
    )
    for there, (name, pk, said) in itertools.product(hostile.ELSEWHERE, doors):
        with undone():
            answer = desk.post(reverse(name, args=[pk] if pk else []), {**said, "next": there})
        if name == "account_logout":
            desk.force_login(bold.people["dispatcher"])
        to = answer.headers.get("Location", "")
        path = to.startswith("/") and not to.startswith(("//", "/\\"))
        if answer.status_code >= 500 or "\n" in to or (to and not path):
            wrong.append(f"{name} {there!r}: {answer.status_code} {to!r}")
    assert not wrong, "\n".join(["", *wrong])


def test_foreign_hosts(bold: World) -> None:
    wrong, before = list[str](), snapshot()
    for host, path in itertools.product(hostile.HOSTS, ("/", "/accounts/login/", "/api/v1/me/", "/console/")):
        answer = Client(raise_request_exception=False).get(path, headers={"Host": host})
        if answer.status_code != 400:
            wrong.append(f"{host!r} {path}: {answer.status_code}")
        led = Client().get(
            path, headers={"X-Forwarded-Host": host, "X-Original-URL": "/console/", "X-Rewrite-URL": "/"}
        )
        if "evil" in led.headers.get("Location", "") or b"evil.example" in led.content:
            wrong.append(f"X-Forwarded-Host {host!r} {path}")
    assert snapshot() == before
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("role", ["anonymous", "dispatcher"])
def test_paths_lead_nowhere(role: str, bold: World) -> None:
    client, before, wrong = bold.clients[role], snapshot(), list[str]()
    for path in hostile.PATHS:
        answer = client.get(path)
        body = b"".join(answer) if answer.streaming else answer.content
        if answer.status_code >= 500 or any(mark in body for mark in (b"root:", b"SECRET_KEY", b"#!/usr/bin")):
            wrong.append(f"{path[:60]}: {answer.status_code}")
    assert snapshot() == before
    assert not wrong, "\n".join(["", *wrong])


def test_there_are_enough_of_them() -> None:
    tables = (
        hostile.TEXTS, hostile.BODIES, hostile.TYPES, hostile.KEYS, hostile.MATCHES, hostile.TOKENS, hostile.CURSORS,
        hostile.VALUES, hostile.ELSEWHERE, hostile.HOSTS, hostile.PATHS,
    )  # fmt: skip
    assert sum(len(set(table)) for table in tables) >= 300
