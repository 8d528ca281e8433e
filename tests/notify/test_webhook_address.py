"""Where a webhook may go and where never: words of addresses, addresses behind names, and calls over real sockets."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from cases.refusals import Refused
from dispatch.checks import webhooks_stay_outside
from dispatch.notify.models import Fault
from dispatch.notify.webhooks import post as posting
from dispatch.notify.webhooks.address import Place, all_public, may_reach, place_of, spoken
from dispatch.notify.webhooks.post import CallFailed, post
from tests.receiver import certificate, receiving

HOSTILE = {
    # not https
    "http://example.org/hook": "url_not_https",
    "http://93.184.216.34/": "url_not_https",
    "http://localhost/": "url_not_https",
    "http://127.0.0.1:8000/": "url_not_https",
    # another scheme, or none
    "ftp://example.org/": "url_wrong",
    "file:///etc/passwd": "url_wrong",
    "gopher://example.org/_x": "url_wrong",
    "javascript:alert(1)": "url_wrong",
    "//example.org/hook": "url_wrong",
    "example.org/hook": "url_wrong",
    "https:///hook": "url_wrong",
    "https://": "url_wrong",
    "": "url_wrong",
    # dressed up
    "https://user:secret@example.org/": "url_wrong",
    "https://example.org@127.0.0.1/": "url_wrong",
    "https://127.0.0.1\\@example.org/": "url_wrong",
    "https://example.org/#part": "url_wrong",
    "https://example.org/a b": "url_wrong",
    "https://example.org/\r\nX-Injected: 1": "url_wrong",
    "https://example.org\t.internal/": "url_wrong",
    "https://例子.中国/": "url_wrong",
    "https://ⓔxample.org/": "url_wrong",
    "https://127。0。0。1/": "url_wrong",
    "https://example.org:0/": "url_wrong",
    "https://example.org:99999/": "url_wrong",
    "https://example.org:x/": "url_wrong",
    "https://[::1/": "url_wrong",
    "https://[fe80::1%25eth0]/": "url_not_public",
    "https://-example.org/": "url_wrong",
    "https://exa_mple..org/": "url_wrong",
    "https://" + "a" * 500 + ".org/": "url_wrong",
    # IPv4 in the spellings that a resolver still understands
    "https://2130706433/": "url_wrong",
    "https://0x7f000001/": "url_wrong",
    "https://0x7f.0.0.1/": "url_wrong",
    "https://0177.0.0.1/": "url_wrong",
    "https://127.1/": "url_wrong",
    "https://127.0.0.1.0x0/": "url_wrong",
    # inside the house
    "https://localhost/": "url_not_public",
    "https://postgres:5432/": "url_not_public",
    "https://127.0.0.1/": "url_not_public",
    "https://127.0.0.1./": "url_not_public",
    "https://127.255.255.254/": "url_not_public",
    "https://0.0.0.0/": "url_not_public",
    "https://10.0.0.8/": "url_not_public",
    "https://172.16.0.1/": "url_not_public",
    "https://192.168.1.1/": "url_not_public",
    "https://100.64.0.1/": "url_not_public",
    "https://169.254.169.254/latest/meta-data/": "url_not_public",
    "https://192.0.0.8/": "url_not_public",
    "https://192.0.2.1/": "url_not_public",
    "https://192.88.99.1/": "url_not_public",
    "https://198.18.0.1/": "url_not_public",
    "https://203.0.113.9/": "url_not_public",
    "https://224.0.0.1/": "url_not_public",
    "https://240.0.0.1/": "url_not_public",
    "https://255.255.255.255/": "url_not_public",
    "https://[::]/": "url_not_public",
    "https://[::1]/": "url_not_public",
    "https://[::127.0.0.1]/": "url_not_public",
    "https://[::ffff:127.0.0.1]/": "url_not_public",
    "https://[::ffff:7f00:1]/": "url_not_public",
    "https://[::ffff:10.0.0.1]/": "url_not_public",
    "https://[64:ff9b::7f00:1]/": "url_not_public",
    "https://[64:ff9b:1::a00:1]/": "url_not_public",
    "https://[2002:7f00:1::]/": "url_not_public",
    "https://[2001::1]/": "url_not_public",
    "https://[2001:db8::1]/": "url_not_public",
    "https://[3fff::1]/": "url_not_public",
    "https://[fc00::1]/": "url_not_public",
    "https://[fd00:ec2::254]/": "url_not_public",
    "https://[fe80::1]/": "url_not_public",
    "https://[fec0::1]/": "url_not_public",
    "https://[ff02::1]/": "url_not_public",
}


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(Refused) as caught:
        place_of(url)
    assert (caught.value.code, caught.value.field, caught.value.status) == (HOSTILE[url], "url", 422)
    assert str(caught.value)


def test_a_public_address_is_taken_apart() -> None:
    assert place_of("https://Example.org/hook?a=1") == Place("https", "example.org", 443, "/hook?a=1")
    assert place_of("https://example.org.:8443").authority == "example.org:8443"
    assert place_of("https://[2400:3200::1]/x").authority == "[2400:3200::1]"
    assert place_of("https://1.1.1.1/").host == "1.1.1.1"
    assert spoken("https://example.org:8443/hook?token=secret") == "https://example.org:8443/hook"


def test_a_name_with_one_foot_inside_is_refused_as_a_whole() -> None:
    assert all_public(["1.1.1.1", "2400:3200::1"])
    assert not all_public(["1.1.1.1", "10.0.0.1"])
    assert not all_public([])
    assert not may_reach("fe80::1%lo")


@pytest.mark.parametrize(
    ("host", "fault"),
    [("localhost", Fault.ADDRESS), ("127.1", Fault.ADDRESS), ("2130706433", Fault.ADDRESS), ("x.invalid", Fault.NAME)],
)
def test_what_a_name_stands_for_is_looked_at_when_it_is_called(host: str, fault: Fault) -> None:
    """Such a name past the first look (an entry of before, a name that changed its mind) gets no further."""
    with receiving() as server, pytest.raises(CallFailed) as caught:
        post(Place("http", host, server.port, "/"), {}, b"{}")
    assert caught.value.fault is fault
    assert server.calls == []


@pytest.fixture
def near(settings: Any) -> None:
    settings.WEBHOOK_LOOPBACK = True


@pytest.mark.usefixtures("near")
def test_loopback_is_all_that_the_setting_opens() -> None:
    assert place_of("http://localhost:8000/x").port == 8000
    assert place_of("http://[::1]/x").authority == "[::1]"
    for url, code in HOSTILE.items():
        if any(word in url for word in ("localhost", "127.", "[::1]")):
            continue
        with pytest.raises(Refused) as caught:
            place_of(url)
        assert caught.value.code in (code, "url_not_https")


@pytest.mark.usefixtures("near")
def test_the_name_is_looked_up_once_and_the_call_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def spy(host: Any, *args: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    with receiving() as server:
        assert post(place_of(server.url), {"webhook-id": "evt_1"}, b'{"a":1}') == 204
    assert asked == ["localhost"], "a second look could be answered otherwise"
    (call,) = server.calls
    assert (call.path, call.body, call.headers["host"]) == ("/hook?of=us", b'{"a":1}', f"localhost:{server.port}")


@pytest.mark.usefixtures("near")
def test_nothing_is_followed_and_no_body_is_read() -> None:
    with receiving() as server:
        server.behave = "redirect"
        assert post(place_of(server.url), {}, b"{}") == 302
        assert [call.path for call in server.calls] == ["/hook?of=us"]
        server.behave = "early"
        assert post(place_of(server.url), {}, b"{}") == 200


@pytest.mark.usefixtures("near")
@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [("drip", Fault.TIMEOUT), ("silent", Fault.TIMEOUT), ("garbage", Fault.BROKEN), ("huge", Fault.BROKEN)],
)
def test_a_bad_answer_ends_soon(behaviour: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.6)
    with receiving() as server:
        server.behave = behaviour
        with pytest.raises(CallFailed) as caught:
            post(place_of(server.url), {}, b"{}")
    assert caught.value.fault is fault


@pytest.mark.usefixtures("near")
def test_a_closed_door_is_no_connection() -> None:
    with receiving() as server:
        place = place_of(server.url)
    with pytest.raises(CallFailed) as caught:
        post(place, {}, b"{}")
    assert caught.value.fault is Fault.CONNECT


@pytest.mark.usefixtures("near")
def test_the_certificate_must_be_good_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, foreign = certificate(tmp_path, "localhost"), certificate(tmp_path, "other.example")
    with receiving(own) as server:
        with pytest.raises(CallFailed) as caught:
            post(place_of(server.url), {}, b"{}")
        assert caught.value.fault is Fault.TLS, "nobody vouches for it"
        monkeypatch.setenv("SSL_CERT_FILE", str(own[0]))
        assert post(place_of(server.url), {}, b"{}") == 204
    monkeypatch.setenv("SSL_CERT_FILE", str(foreign[0]))
    with receiving(foreign) as server, pytest.raises(CallFailed) as caught:
        post(place_of(server.url), {}, b"{}")
    assert caught.value.fault is Fault.TLS
    assert server.calls == []


def test_a_real_site_does_not_start_with_loopback_open(settings: Any) -> None:
    settings.WEBHOOK_LOOPBACK, settings.HTTPS = True, False
    assert webhooks_stay_outside(None) == []
    settings.HTTPS = True
    assert [one.id for one in webhooks_stay_outside(None)] == ["dispatch.E011"]
    settings.WEBHOOK_LOOPBACK = False
    assert webhooks_stay_outside(None) == []
