"""One call: resolved once, sent to the address that was looked at, over before long; of the answer only its status.

Nothing is followed (no redirects, no proxies, no cookies) and the answer's body is not read at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping

import h11

from dispatch.notify.models import Fault
from dispatch.notify.webhooks.address import Place, all_public

SECONDS = 10.0
"""For the whole call, however slowly the other side drips."""
CONNECT_SECONDS = 4.0
ADDRESSES = 3
"""Of one name, tried one after the other."""
HEAD_BYTES = 8 * 1024
"""The longest head of an answer."""


class CallFailed(Exception):
    """No answer that counts."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def post(place: Place, headers: Mapping[str, str], body: bytes) -> int:
    """Send the body; returns the status of the answer. Raises ``CallFailed``."""
    return asyncio.run(_within(place, headers, body))


async def _within(place: Place, headers: Mapping[str, str], body: bytes) -> int:
    try:
        async with asyncio.timeout(SECONDS):
            return await _call(place, headers, body)
    except TimeoutError:
        raise CallFailed(Fault.TIMEOUT) from None


async def _call(place: Place, headers: Mapping[str, str], body: bytes) -> int:
    addresses = await _addresses(place)
    reader, writer = await _connected(place, addresses)
    try:
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        lines = {"Host": place.authority, **headers, "Content-Length": str(len(body)), "Connection": "close"}
        request = h11.Request(method="POST", target=place.target, headers=list(lines.items()))
        for part in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(talk.send(part) or b"")
        with contextlib.suppress(ConnectionError):  # an answer may stand there although not everything was taken
            await writer.drain()
        while True:
            event = talk.next_event()
            if event is h11.NEED_DATA:
                talk.receive_data(await reader.read(4096))
            elif isinstance(event, h11.Response):
                return int(event.status_code)
            elif not isinstance(event, h11.InformationalResponse):
                raise CallFailed(Fault.BROKEN)
    except (h11.RemoteProtocolError, ConnectionError, ssl.SSLError):
        raise CallFailed(Fault.BROKEN) from None
    finally:
        writer.transport.abort()


async def _addresses(place: Place) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallFailed(Fault.NAME) from None
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    if not all_public(addresses):
        raise CallFailed(Fault.ADDRESS)
    return addresses[:ADDRESSES]


async def _connected(place: Place, addresses: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the address itself; the name stands in the handshake, and the certificate must be good for it."""
    context = ssl.create_default_context() if place.secure else None
    name = place.host if place.secure else None
    fault = Fault.CONNECT
    for address in addresses:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, place.port, ssl=context, server_hostname=name)
        except ssl.SSLError:
            fault = Fault.TLS
        except TimeoutError:
            fault = Fault.TIMEOUT
        except OSError:
            fault = Fault.CONNECT
    raise CallFailed(fault)
