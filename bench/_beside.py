"""What is done beside the measured product, with its settings: what there is to ask for, queries of a page, sweeps."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.clock.moment import now
from cases.management.fill import world
from cases.models import Case, CaseStage, Chain, Event, File, FileState, Outbox
from cases.selectors.board import OPEN_STAGES, board_rows
from cases.services import casefile, escalation, files, imports
from dispatch.notify.models import Message, MessageState
from dispatch.web import tokens
from dispatch.web.scopes import SCOPES
from teams.models import Street, User
from teams.policies import SYSTEM, Actor
from teams.selectors import actor_of

PAGES = 240
READERS = ("dispatcher", "head", "dispatcher2", "head2")
"""Accounts whose tokens the clients of the API have, two clients each: an account may ask 600 times a minute."""


def facts() -> dict[str, Any]:
    """Ids, tokens and places for the clients."""
    desk = User.objects.get(username="dispatcher")
    own = Case.objects.visible_to(actor_of(desk))
    street = desk.assignments.get().street
    assert street is not None
    readers = User.objects.filter(username__in=READERS)
    return {
        "cases": list(own.order_by("?").values_list("pk", flat=True)[:2000]),
        "triage": list(own.filter(stage=CaseStage.ACCEPTED).values_list("pk", flat=True)[:400]),
        "street": street.pk,
        "box": _box([street]),
        "district": _box(Street.objects.filter(district=street.district_id)),
        "tokens": [
            tokens.token_issue(actor=SYSTEM, user=one, name="bench", scopes=list(SCOPES))[1]
            for one in [*readers, *readers]
        ],
        "count": Case.objects.count(),
        "open": Case.objects.filter(stage__in=OPEN_STAGES).count(),
        "cursors": _cursors(actor_of(desk)),
    }


def _box(streets: Iterable[Street]) -> str:
    """West, south, east, north around them."""
    points = [point for one in streets if one.outline for point in one.outline["coordinates"][0]]
    across, up = [point[0] for point in points], [point[1] for point in points]
    return ",".join(f"{edge:.5f}" for edge in (min(across), min(up), max(across), max(up)))


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


def queries(login: str, paths: list[str]) -> list[int]:
    """How many statements each page takes when this account asks for it the second time."""
    settings.ALLOWED_HOSTS = ["testserver"]
    found, client = [], Client()
    client.force_login(User.objects.get(username=login))
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        found.append(len(asked))
    return found


def waiting() -> int:
    """How much is still followed up: events to relay, messages to send, photos to copy."""
    unsent = Message.objects.filter(state__in=(MessageState.WAITING, MessageState.SENDING), next_try_at__lte=now())
    return Outbox.objects.count() + unsent.count() + File.objects.filter(state=FileState.STORED).count()


def photos(digests: list[str]) -> int:
    """How many of these files are kept, each with all its bytes on the disk."""
    there = 0
    for file in File.objects.filter(sha256__in=digests):
        (original,) = (settings.MEDIA_ROOT / files.folder_of(file.key)).glob(f"{files.ORIGINAL}.*")
        there += hashlib.sha256(original.read_bytes()).hexdigest() == file.sha256
    return there


def change(count: int, rate: float, shown: list[int]) -> list[list[float]]:
    """So many notes on some of these cases, so many a second: case, position in its chain, when, in ms."""
    actor, choose = actor_of(User.objects.get(username="dispatcher")), Random(7)  # noqa: S311
    made = []
    begun = time.time()
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.time()))
        case = choose.choice(shown)
        casefile.case_note(actor=actor, case_id=case, text=f"bench {number}")
        at = time.time() * 1000
        made.append([case, Chain.objects.get(case_id=case).seq, at])
    return made


def sweep(due: int) -> dict[str, Any]:
    """Make so many deadlines due and chase them all; how many were told of exactly once, seconds, and seconds of
    processor of this process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_deadline SET next_at = now() + interval '1 day' WHERE next_at < now() + interval '1 hour'"
        )
        cursor.execute(
            "UPDATE cases_deadline SET level = 0, starts_at = now() - interval '1 hour', warn_at = now(),"
            " next_at = now(), due_at = now() + interval '9 days' WHERE id IN (SELECT id FROM cases_deadline"
            " WHERE state = 'running' ORDER BY id LIMIT %s) RETURNING id",
            [due],
        )
        made_due = {row[0] for row in cursor.fetchall()}
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    begun, processor = time.perf_counter(), time.process_time()
    while escalation.deadlines_sweep():
        pass
    spent, worked = time.perf_counter() - begun, time.process_time() - processor
    told = Counter(
        json.loads(body)["data"]["deadline"]
        for body in Event.objects.filter(pk__gt=last, kind__endswith=".deadline_warned").values_list("body", flat=True)
    )
    once = sum(told[pk] == 1 for pk in made_due)
    return {"due": len(made_due), "once": once, "others": len(told.keys() - made_due), "s": spent, "cpu": worked}


def hotline(rows: int) -> list[dict[str, Any]]:
    """A made-up file of the hotline, taken up for a street whose office has people, and once more."""
    street = User.objects.get(username="dispatcher").assignments.get().street
    assert street is not None
    mark, dice = f"B{time.time():.0f}", Random(5)  # noqa: S311
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as file:
        file.write("工单编号,诉求内容,诉求时间,地址,诉求人姓名,联系电话\n")
        for number in range(rows):
            place = f"演示{dice.choice(world.ROADS)}{dice.randint(1, 400)}号"
            text = f"演示·{place}{dice.choice(world.WORDS)}，{dice.choice(world.WORDS)}，{dice.choice(world.TAILS)}"
            day = f"2026-{dice.randint(1, 9):02}-{dice.randint(1, 28):02} {dice.randint(7, 22):02}:10:00"
            file.write(f"{mark}{number:07},{text},{day},{place},演示·市民{number:05},035100{number:05}\n")
        file.flush()
        return [_imported(Path(file.name), street.pk) for _again in range(2)]


def _imported(file: Path, street: int) -> dict[str, Any]:
    begun, processor = time.perf_counter(), time.process_time()
    run = imports.run_create(actor=SYSTEM, street_id=street, path=file, columns={}, dry_run=False)
    imports.run_start(actor=SYSTEM, run_id=run.pk)
    run = imports.run_execute(run_id=run.pk)
    spent, worked = time.perf_counter() - begun, time.process_time() - processor
    facts = {"state": run.state, "read": run.read, "added": run.added, "already": run.already, "refused": run.refused}
    return facts | {"s": spent, "cpu": worked}
