"""When far more reports arrive than people send: each sender's own device has to spend a little time first.

Off, nobody notices anything. On (more than ``FLOOD_REPORTS`` in ten minutes over the whole site), and for a telephone
that has reported often, the last step hands out a ticket. A script works at it while the person reads the page
(hashcash: SHA-256 with leading zero bits); without a script, or where the device is too slow, waiting does as well.
Nothing to solve, to see or to hear. Counted in the shared cache: without it nobody is held up.
"""

from __future__ import annotations

import hashlib
import time

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from cases.refusals import Refused
from dispatch.web import limits

SPAN = 600
"""Seconds of a stretch in which reports are counted; the stretch before counts as well."""
BITS = 16
"""65,000 hashes on average: some seconds of a cheap phone, 0.07 s of a server's core for each report of a flood."""
WAIT = 20
"""Seconds after which a ticket is good without any work."""
VALID = 3600
_SALT = "dispatch.flood"


def report_seen() -> None:
    """Count one more report that somebody without an account sends, whatever becomes of it."""
    key = _key(0)
    cache.add(key, 0, 3 * SPAN)
    try:
        cache.incr(key)
    except ValueError:  # it ran out in between
        return


def is_on() -> bool:
    """Whether this stretch or the one before holds more than ``FLOOD_REPORTS`` reports."""
    return any(seen > settings.FLOOD_REPORTS for seen in cache.get_many([_key(0), _key(-1)]).values())


def ticket_new(key: str) -> str:
    """A ticket for the report of this key, from now on."""
    return signing.dumps([key, int(time.time())], salt=_SALT)


def is_of(ticket: str, *, key: str) -> bool:
    """Whether a ticket was handed out for this report and has not run out."""
    return _read(ticket)[0] == key


def ticket_check(ticket: str, work: str, *, key: str) -> None:
    """``Refused("flood_wait")`` (429) unless the ticket is this report's and was worked at, or waited for.

    ``work``: what the script found, so that SHA-256 of ``ticket:work`` begins with ``BITS`` zero bits.
    """
    whose, since = _read(ticket)
    if whose != key or not (_worked(ticket, work) or time.time() - since >= WAIT):
        raise Refused(
            "flood_wait",
            _(
                "Very many reports are arriving just now. Please wait %(seconds)s seconds and press “Send” once more; "
                "nothing you typed is lost. If somebody is in danger, call 110, 119 or 120."
            )
            % {"seconds": WAIT},
            status=429,
        )


def _read(ticket: str) -> tuple[str | None, int]:
    try:
        whose, since = signing.loads(ticket, salt=_SALT, max_age=VALID)
    except signing.BadSignature:
        return None, 0
    return whose, since


def _worked(ticket: str, work: str) -> bool:
    if not work or len(work) > 20:
        return False
    digest = hashlib.sha256(f"{ticket}:{work}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - BITS) == 0


def _key(back: int) -> str:
    return f"{limits.PREFIX}:flood:{int(time.time()) // SPAN + back}"
