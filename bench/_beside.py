"""What is done beside the measured product, with its settings: what there is to ask for, queries of a page, sweeps."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseStage
from cases.selectors.board import board_rows
from cases.services import escalation
from dispatch.web import tokens
from dispatch.web.scopes import SCOPES
from teams.models import User
from teams.policies import SYSTEM, Actor
from teams.selectors import actor_of

PAGES = 240
READERS = ("dispatcher", "head", "dispatcher2", "head2")
"""Accounts whose tokens the clients of the API have, two clients each: an account may ask 600 times a minute."""


def say(facts: Any) -> None:
    """The last line that is printed."""
    print(json.dumps(facts))


def facts() -> dict[str, Any]:
    """Ids, tokens and places for the clients."""
    desk = User.objects.get(username="dispatcher")
    own = Case.objects.visible_to(actor_of(desk))
    street = desk.assignments.get().street
    assert street is not None
    ring = street.outline["coordinates"][0]  # type: ignore[index]
    box = [min(p[0] for p in ring), min(p[1] for p in ring), max(p[0] for p in ring), max(p[1] for p in ring)]
    readers = User.objects.filter(username__in=READERS)
    return {
        "cases": list(own.order_by("?").values_list("pk", flat=True)[:2000]),
        "triage": list(own.filter(stage=CaseStage.ACCEPTED).values_list("pk", flat=True)[:400]),
        "street": street.pk,
        "box": ",".join(f"{edge:.5f}" for edge in box),
        "tokens": [
            tokens.token_issue(actor=SYSTEM, user=one, name="bench", scopes=list(SCOPES))[1]
            for one in [*readers, *readers]
        ],
        "count": Case.objects.count(),
        "cursors": _cursors(actor_of(desk)),
    }


def _cursors(actor: Actor) -> list[str]:
    """Where the pages of the board begin, the first left out; this process draws no rows for the web's."""
    found: list[str] = []
    while len(found) < PAGES:
        page, _chosen = board_rows(actor=actor, queue="all", cursor=found[-1] if found else None)
        if not page.after:
            break
        found.append(page.after)
    return found


def received() -> list[int]:
    """Cases of the street that wait to be accepted, the newest first."""
    desk = actor_of(User.objects.get(username="dispatcher"))
    waiting = Case.objects.visible_to(desk).filter(stage=CaseStage.RECEIVED)
    return list(waiting.order_by("-pk").values_list("pk", flat=True)[:4000])


def queries(pages: list[list[str]]) -> list[int]:
    """How many statements each page takes when it is asked for the second time; a page is an account and a path."""
    settings.ALLOWED_HOSTS = ["testserver"]
    found = []
    for login, path in pages:
        client = Client()
        client.force_login(User.objects.get(username=login))
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        found.append(len(asked))
    return found


def sweep(due: int) -> dict[str, Any]:
    """Make so many deadlines due and chase them all; seconds, and seconds of processor of this process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_deadline SET next_at = now() + interval '1 day' WHERE next_at < now() + interval '1 hour'"
        )
        cursor.execute(
            "UPDATE cases_deadline SET next_at = now() - interval '1 second' WHERE id IN (SELECT id FROM cases_deadline"
            " WHERE state = 'running' ORDER BY id LIMIT %s)",
            [due],
        )
        found = cursor.rowcount
    begun, processor, fired = time.perf_counter(), time.process_time(), 0
    while True:
        swept = escalation.deadlines_sweep()
        fired += swept.fired
        if not swept:
            break
    return {"due": found, "fired": fired, "s": time.perf_counter() - begun, "cpu": time.process_time() - processor}
