"""Where a webhook may go: a public address over https. Nothing inside the house may be reached through one.

Two looks: the words of the address when it is entered, and each address behind its name when it is called; the call
then goes to that very address, so a name that changes its mind in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused

LONGEST = 500
_PLAIN = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)", re.IGNORECASE)

_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments, of which this Python knows a part
        "192.88.99.0/24",  # relays of 6to4
        "2001::/32",  # Teredo: an IPv4 address inside
        "2002::/16",  # 6to4: the same
        "3fff::/20",  # documentation; this Python does not know it yet
    )
)
"""Beyond what ``is_global`` knows."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address taken apart. ``host`` is a name or a literal without brackets, ``target`` path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """For the ``Host`` header: the port only where it is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def place_of(url: str) -> Place:
    """The address taken apart. ``Refused`` (422, ``url``): ``url_wrong``, ``url_not_https``, ``url_not_public``."""
    if not url or len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        raise _wrong()
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().removesuffix("."), parts.port
    except ValueError:
        raise _wrong() from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "#" in url or port == 0:
        raise _wrong()
    literal = _literal(host)
    if literal is None and (not _NAME.fullmatch(host) or len(host) > 253 or _ends_in_a_number(host)):
        raise _wrong()
    near = settings.WEBHOOK_LOOPBACK and (host == "localhost" or (literal is not None and literal.is_loopback))
    if parts.scheme == "http" and not near:
        raise Refused("url_not_https", _("The address must begin with https://."), field="url", status=422)
    if not near and ("." not in host if literal is None else not may_reach(host)):
        raise Refused(
            "url_not_public", _("This address is not a public one: nothing is sent there."), field="url", status=422
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def may_reach(address: str) -> bool:
    """Whether a call may go to this IP address: global, unicast, no IPv4 address dressed up as IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if settings.WEBHOOK_LOOPBACK and ip.is_loopback:
        return True
    if not ip.is_global or ip.is_multicast or ip.is_reserved or "%" in address:
        return False
    if ip.version == 6 and ip not in _UNICAST:
        return False
    return not any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)


def all_public(addresses: Iterable[str]) -> bool:
    """Every one may be reached; a name with one foot inside the house is refused as a whole."""
    found = list(addresses)
    return bool(found) and all(may_reach(address) for address in found)


def spoken(url: str) -> str:
    """The address for lists and the history: without its query, where a receiver may keep a secret of its own."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:160]


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ends_in_a_number(host: str) -> bool:
    """``2130706433``, ``0x7f.1``, ``127.1``: the system's resolver would read them as an IPv4 address."""
    return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))


def _wrong() -> Refused:
    return Refused(
        "url_wrong",
        _("Give a whole address like https://example.org/hook: no user name in it, no # part."),
        field="url",
        status=422,
    )
