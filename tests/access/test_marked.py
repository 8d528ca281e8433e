"""A marked name, phone, sentence and flat, sent in by every door and carried to a squad; then looked for everywhere."""

from __future__ import annotations

import base64
import io
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from redis import Redis

from cases.models import Case, Complaint, File, Order, Part
from cases.services import files, imports, orders, triage
from dispatch.celery import sessions_clear
from dispatch.notify.relay import relay
from dispatch.notify.sender import send_due
from dispatch.web import limits
from dispatch.web.models import Session
from tests.cast import LAT, LNG, Cast
from tests.onscene import whistle

NAME, PHONE, MASKED = "演示标记名甲", "13955557777", "139****7777"
WORDS = "标记语句壬寅"
FLAT = "演示里3号楼2单元1203室"
ROOM = re.compile(r"(?<![0-9A-Za-z.])1203(?![0-9A-Za-z])")
"""The room by itself; the same digits stand by chance in a time's fractions, a number of a request, a nonce."""
TEXT = f"演示·路口夜里烧烤冒烟。我住得近，{WORDS}。"
SPREAD = {"cases_complaint": {WORDS, FLAT}, "cases_case": {FLAT}, "cases_target": set()}
"""Where words and flats of a complaint may stand: with the complaint, and on the office's own page of the case."""


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(limits, "PREFIX", f"portal.{uuid.uuid4().hex}")
    caches["rows"].clear()
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


class Watched(Client):
    """A browser whose every address and redirect is kept."""

    seen: list[str]

    def request(self, **request: Any) -> Any:
        answer: HttpResponseBase = super().request(**request)
        self.seen.append(f"{request.get('PATH_INFO')}?{request.get('QUERY_STRING')}")
        self.seen.append(answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", ""))
        return answer


def browser(user: Any = None) -> Watched:
    client = Watched()
    client.seen = []
    if user is not None:
        client.force_login(user)
    return client


def photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return SimpleUploadedFile(f"{NAME}.jpg", out.getvalue(), "image/jpeg")


def by_portal(cast: Cast) -> Watched:
    client = browser()
    client.post(reverse("portal:report"), {"text": TEXT, "when": "now", "photos": photo()})
    client.post(reverse("portal:where"), {"address": FLAT, "lat": LAT, "lng": LNG})
    key = client.get(reverse("portal:send")).context["draft"].key
    client.post(reverse("portal:send"), {"client_key": key, "phone": PHONE, "name": NAME, "go": "what"})
    found = [session.get_decoded() for session in Session.objects.all()]
    assert WORDS in str(found), "the draft is kept"
    assert PHONE not in str(found)
    assert NAME not in str(found)
    sent = client.post(reverse("portal:send"), {"client_key": key, "phone": PHONE, "name": NAME, "keep_secret": "on"})
    assert sent.status_code == 302, sent.content.decode()[-3000:]
    page = client.get(sent.headers["Location"])
    assert page.status_code == 200
    return client


def by_office(cast: Cast) -> Watched:
    client = browser(cast.dispatcher)
    said = {
        "street": cast.street.pk,
        "text": TEXT,
        "kind": "complaint",
        "urgency": "general",
        "address": FLAT,
        "name": NAME,
        "phone": PHONE,
        "keep_secret": "on",
        "client_key": uuid.uuid4().hex,
        "photos": photo(),
    }
    assert client.post(reverse("console:intake"), said).status_code == 200
    return client


def by_hotline(cast: Cast) -> Watched:
    content = f"工单编号,诉求内容,事发地址,诉求人姓名,联系电话\n20260701000001,{TEXT},{FLAT},{NAME},{PHONE}\n"
    actor = cast.act(cast.dispatcher)
    upload = SimpleUploadedFile("orders.csv", content.encode())
    run = imports.run_create(actor=actor, street_id=cast.street.pk, upload=upload)
    imports.run_start(actor=actor, run_id=run.pk)
    run = imports.run_execute(run_id=run.pk)
    assert (run.added, run.refused) == (1, 0)
    left = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert left == [], "the hotline's file is not kept once it is read in"
    return browser()


@pytest.mark.parametrize("door", [by_portal, by_office, by_hotline], ids=lambda door: door.__name__)
def test_who_complained_is_nowhere(
    door: Callable[[Cast], Watched],
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    with django_capture_on_commit_callbacks(execute=True):
        seen = door(cast).seen
        case, order = carried_to_the_squads(cast)
        relay()
        send_due()
    desk, lead, joint = browser(cast.dispatcher), browser(cast.leader), browser(cast.urban_officers[0])
    office_reads_masked(desk, case)
    for client, squad in ((lead, "street"), (joint, "urban")):
        squads_read_the_brief(client, Part.objects.get(order=order, squad=cast.squads[squad]))
    for address in (*seen, *desk.seen, *lead.seen, *joint.seen):
        assert not any(mark in address for mark in (NAME, PHONE, WORDS)), address
    tables_are_clean()
    redis_is_clean()
    logged = "\n".join(f"{record.getMessage()} {record.__dict__.get('exc_text') or ''}" for record in caplog.records)
    for mark in (NAME, PHONE, WORDS):
        assert mark not in logged
    assert not ROOM.search(logged)


def carried_to_the_squads(cast: Cast) -> tuple[Case, Order]:
    """Accepted, triaged to a place without a party (so the case's own address becomes one), ordered, whistled."""
    case = Case.objects.get()
    actor = cast.act(cast.dispatcher)
    for file in File.objects.all():
        files.file_reencode(file.pk)
    triage.case_accept(actor=actor, case_id=case.pk)
    case = triage.case_triage(
        actor=actor,
        case_id=case.pk,
        disposition="inspection",
        category_id=cast.categories["05-10"].pk,
        place_address=case.address,
        brief="演示·门前烧烤，夜间吵闹",
        brief_confirmed=True,
        agency_ids=cast.agency_ids("urban"),
    )
    assert case.target_id is not None
    return case, whistle(cast, orders.order_open(actor=actor, target_id=case.target_id))


def office_reads_masked(client: Client, case: Case) -> None:
    page = client.get(reverse("console:case", args=[case.pk])).content.decode()
    assert WORDS in page, "the office reads what was said"
    assert PHONE not in page
    assert NAME not in page
    for name in ("console:board", "console:orders", "console:plan", "console:notices", "console:parties"):
        listed = client.get(reverse(name)).content.decode()
        assert not [mark for mark in (NAME, PHONE, WORDS) if mark in listed], name


def squads_read_the_brief(client: Client, part: Part) -> None:
    pages = [client.get(reverse(name)).content.decode() for name in ("field:today", "field:notices", "field:me")]
    pages += [client.get(reverse(name, args=[part.pk])).content.decode() for name in ("field:part", "field:arrive")]
    assert "演示·门前烧烤" in pages[3]
    assert "演示里3号楼" in pages[3], "the building is found, the flat is not told"
    for page in pages:
        assert not [mark for mark in (NAME, PHONE, MASKED, WORDS) if mark in page]
        assert not ROOM.search(page), "the flat"
        assert settings.MEDIA_URL not in page, "a photo that the office did not share"
        assert Complaint.objects.get().reference not in page or Case.objects.get().reference in page


def tables_are_clean() -> None:
    """Every row of every table as text. A name or a phone stands nowhere; words only where the complaint is."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for mark in (NAME, PHONE, WORDS, FLAT):
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{mark}%"])
                (count,) = cursor.fetchone()
                assert not count or mark in SPREAD.get(table, set()), f"{mark} stands in {table}"
    for session in Session.objects.all():
        assert not [mark for mark in (NAME, PHONE, WORDS) if mark in str(session.get_decoded())]


def redis_is_clean() -> None:
    """Tasks on the queues, hints, counters and cached rows: ids only."""
    redis: Any = Redis.from_url(settings.REDIS_URL)
    for key in redis.scan_iter(count=1000):
        held = [key, *everything_in(redis, key)]
        for item in held:
            for text in (item, decoded(item)):
                for mark in (NAME, PHONE, WORDS):
                    assert mark.encode() not in text
                    assert ascii(mark)[1:-1].encode() not in text


def everything_in(redis: Any, key: bytes) -> list[bytes]:
    match redis.type(key):
        case b"string":
            return [redis.get(key) or b""]
        case b"list":
            return list(redis.lrange(key, 0, -1))
        case b"hash":
            return [item for pair in redis.hgetall(key).items() for item in pair]
        case b"stream":
            return [item for _id, fields in redis.xrevrange(key, count=200) for pair in fields.items() for item in pair]
        case b"set":
            return list(redis.smembers(key))
        case b"zset":
            return list(redis.zrange(key, 0, -1))
        case _:
            return []


def decoded(item: bytes) -> bytes:
    """A task's body is base64 within JSON."""
    found = item.split(b'"body": "')[-1].split(b'"')[0] if b'"body"' in item else b""
    try:
        return base64.b64decode(found)
    except ValueError:
        return b""


def test_a_report_never_sent_is_forgotten(cast: Cast) -> None:
    client = browser()
    client.post(reverse("portal:report"), {"text": TEXT, "when": "now"})
    sessions_clear()
    assert WORDS in str([session.get_decoded() for session in Session.objects.all()])
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1, seconds=1))
    sessions_clear()
    assert not Session.objects.exists()
