"""The live stream end to end: a hint published here is read by a browser there, or it is told to refetch."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.http import HttpResponse
from django.test import override_settings

from dispatch.embedded.valkey import Valkey
from dispatch.web import live
from dispatch.web.live import hints as publishing
from dispatch.web.live.topics import LIFETIME, read_grants
from tests.web.conftest import eventually, get


class Reader:
    """A browser's EventSource."""

    def __init__(self, port: int, cookies: str, last: str = "", query: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Cookie": cookies} | ({"Last-Event-ID": last} if last else {})
        self.connection.request("GET", "/live/" + query, headers=headers)
        self.answer = self.connection.getresponse()
        self.last = last

    def next(self, *skip: str) -> tuple[str, dict[str, Any]]:
        """The next event that is not one of ``skip``; ('', {}) at the end. TimeoutError after a minute."""
        event, data = "", {}
        end = time.monotonic() + 60
        while line := self.answer.readline().decode():
            if time.monotonic() > end:  # pings keep the socket awake
                raise TimeoutError(f"nothing but pings and {skip}")
            line = line.rstrip("\n")
            if line.startswith("id: "):
                self.last = line[4:]
            elif line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and event and event not in ("hello", "ping", *skip):
                return event, data
            elif not line:
                event = ""
        return "", {}

    def close(self) -> None:
        self.connection.close()


def cookies(*topics: str) -> str:
    """What the browser would send after a page that granted these topics."""
    response = HttpResponse()
    live.grant_topics(response, topics)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())


@pytest.fixture(autouse=True)
def _publish_to_our_own(own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(publishing, "_client", None)
    monkeypatch.setattr(publishing, "_missed", False)
    publishing._breaker.worked()
    with override_settings(REDIS_URL=own_valkey.url):
        yield


@contextlib.contextmanager
def reader(port: int, *topics: str, last: str = "", query: str = "") -> Iterator[Reader]:
    opened = Reader(port, cookies(*topics), last, query)
    try:
        yield opened
    finally:
        opened.close()


def test_a_hint_reaches_who_listens_and_nobody_else(web: int) -> None:
    with reader(web, "office:a1", "user:901") as office, reader(web, "squad:a2", "user:902") as squad:
        live.publish(["office:a1"], "case", 12, 5)
        live.publish(["squad:a2"], "order", "7", 1)
        assert office.next() == ("hint", {"topic": "office:a1", "kind": "case", "id": 12, "seq": 5})
        assert squad.next() == ("hint", {"topic": "squad:a2", "kind": "order", "id": "7", "seq": 1})


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_broken_stream_resumes_where_it_was(web: int, way: str) -> None:
    topic = f"office:r-{way}"
    with reader(web, topic) as first:
        live.publish([topic], "case", 1, 1)
        first.next()
        last = first.last
    time.sleep(2.1)  # past the overlap that a resumed stream repeats
    live.publish([topic], "case", 2, 1)
    live.publish([topic], "case", 3, 1)
    again = {"last": last} if way == "header" else {"query": f"?last={last}"}
    with reader(web, topic, **again) as second:
        got = [second.next()[1]["id"] for _ in range(3)]
    assert got[-2:] == [2, 3]
    assert got[0] == 1  # the overlap: hints are safe twice


def test_a_page_hears_what_happened_since_it_was_given_out(web: int) -> None:
    given = cookies("office:p1")
    live.publish(["office:p1"], "case", 4, 2)
    late = Reader(web, given)
    assert late.next()[1]["id"] == 4
    late.close()


def test_too_old_a_place_is_told_to_refetch(web: int, own_valkey: Valkey) -> None:
    with reader(web, "office:o1") as first:
        live.publish(["office:o1"], "case", 1, 1)
        first.next()
        epoch = first.last.split(":")[0]
    with reader(web, "office:o1", last=f"{epoch}:{int((time.time() - 48 * 3600) * 1000)}-0") as second:
        assert second.next() == ("reset", {})


def test_a_trimmed_stream_is_told_to_refetch(web: int, own_valkey: Valkey) -> None:
    with reader(web, "office:t1") as first:
        live.publish(["office:t1"], "case", 1, 1)
        first.next()
        last = first.last
    time.sleep(2.1)
    with redis.Redis.from_url(own_valkey.url) as client:
        live.publish(["office:t1"], "case", 2, 1)
        live.publish(["office:t1"], "case", 3, 1)
        client.xtrim("live:office:t1", maxlen=1, approximate=False)
    with reader(web, "office:t1", last=last) as second:
        assert second.next() == ("reset", {})


def test_another_epoch_is_told_to_refetch(web: int) -> None:
    now = int(time.time() * 1000)
    with reader(web, "office:e1", last=f"00000000:{now}-0") as opened:
        assert opened.next() == ("reset", {})


def test_without_a_grant_there_is_no_stream(web: int) -> None:
    assert get(web, "/live/")[0] == 403
    forged = cookies("office:f1").replace("live_", "live_x", 1)[:-3] + "abc"
    assert get(web, "/live/", {"Cookie": forged})[0] == 403
    assert get(web, "/live/", {"Cookie": "live_x=office:1"})[0] == 403


def test_a_grant_ends_after_ten_minutes() -> None:
    name, _, value = cookies("office:x1").partition("=")
    assert [grant.topics for grant in read_grants({name: value})] == [("office:x1",)]
    import time_machine

    with time_machine.travel(time.time() + LIFETIME + 2):
        assert read_grants({name: value}) == []


def test_the_cookie_is_for_the_stream_alone() -> None:
    response = HttpResponse()
    live.grant_topics(response, ["office:1", "user:3"])
    (morsel,) = response.cookies.values()
    assert (morsel["path"], morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (
        "/live/", True, "Strict", LIFETIME,
    )  # fmt: skip


def test_several_pages_of_a_browser_add_up(web: int) -> None:
    both = Reader(web, cookies("office:s1") + "; " + cookies("complaint:s2"))
    live.publish(["complaint:s2"], "complaint", 1, 1)
    live.publish(["office:s1"], "case", 2, 1)
    assert {both.next()[1]["topic"], both.next()[1]["topic"]} == {"office:s1", "complaint:s2"}
    both.close()


def test_a_revoked_user_is_cut_off_and_stays_out(web: int) -> None:
    given = cookies("office:k1", "user:77")
    other = cookies("office:k1", "user:78")
    cut, stays = Reader(web, given), Reader(web, other)
    live.publish(["office:k1"], "case", 1, 1)
    assert cut.next()[0] == "hint"
    live.revoke(77)
    assert cut.next() == ("bye", {})
    assert cut.next() == ("", {})
    assert get(web, "/live/", {"Cookie": given})[0] == 403
    live.publish(["office:k1"], "case", 2, 1)
    assert [stays.next()[1]["id"], stays.next()[1]["id"]] == [1, 2]
    renewed = Reader(web, cookies("office:k1", "user:77"))  # logged in again
    assert renewed.answer.status == 200
    for one in (cut, stays, renewed):
        one.close()


def test_without_redis_publishing_costs_nothing_and_pages_work(own_valkey: Valkey, web: int) -> None:
    with reader(web, "office:d1") as listening:
        live.publish(["office:d1"], "case", 1, 1)
        assert listening.next()[0] == "hint"
        own_valkey.stop()
        try:
            for seq in range(100):
                live.publish(["office:d1"], "case", 1, seq)
            assert listening.next() == ("state", {"up": False})
            assert get(web, "/accounts/login/")[0] == 200
        finally:
            own_valkey.start()
        assert listening.next("hint") == ("state", {"up": True})
        assert listening.next("hint") == ("reset", {})  # something may have been missed

        def through() -> bool:
            live.publish(["office:d1"], "case", 9, 1)
            return not publishing._missed

        eventually(through)
        while listening.next("reset", "state")[1]["id"] != 9:
            pass  # the overlap repeats the first


def test_a_dropped_hint_is_made_up_for_though_nobody_writes_again(web: int) -> None:
    with reader(web, "office:d2") as listening:
        live.publish(["office:d2"], "case", 1, 1)
        assert listening.next()[0] == "hint"
        publishing._breaker.failed()  # one answer of Redis came too late
        live.publish(["office:d2"], "case", 1, 2)
        assert listening.next("ping") == ("reset", {})
        eventually(lambda: not publishing._missed)
