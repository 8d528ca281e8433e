"""A report being written: kept with the browser's session for a day, so that no error and no way back loses it.

Its photos are kept by the draft's key (``dispatch.portal.shots``): they outlive a session that the browser lost."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest

from dispatch.portal import shots
from dispatch.web.refusals import new_client_key

KEPT = 24 * 3600  # seconds a draft lives, counted from its beginning
SHOWN = 3600  # seconds the link is shown again in the browser that sent
_DRAFT, _SENT = "portal.draft", "portal.sent"
_KEY = re.compile(r"[0-9a-f]{32}")

Typed = dict[str, Any]


@dataclass
class Draft:
    """What was typed in the steps, raw. ``contact`` (name, phone) is encrypted: a session is not the place for it."""

    key: str
    what: Typed = field(default_factory=dict)
    where: Typed = field(default_factory=dict)
    contact: str = ""
    join: str = ""
    """The offered case that this is the same as, as the offer named it; see ``dispatch.portal.same``."""
    began: float = field(default_factory=time.time)
    kept: bool = False
    """This browser's session knows it."""

    @property
    def begun(self) -> bool:
        return bool(self.what)

    @property
    def until(self) -> datetime:
        """When it will be forgotten."""
        return datetime.fromtimestamp(self.began + KEPT, UTC)


@dataclass(frozen=True)
class Sent:
    """The report this browser sent last; its private link follows from the key."""

    key: str
    reference: str
    joined: bool = False
    """It went to a case that others had reported before."""


def load(request: HttpRequest) -> Draft:
    """The draft of this browser, or a new one that keeps the key its first page was given.

    So a page that is still open brings its photos back even when the browser lost its cookie.
    """
    kept = request.session.get(_DRAFT)
    if isinstance(kept, dict) and time.time() - kept.get("began", 0) < KEPT:
        return Draft(**kept, kept=True)
    posted = request.POST.get("client_key", "")
    last = sent(request)
    fresh = bool(_KEY.fullmatch(posted)) and (last is None or last.key != posted)
    return Draft(posted if fresh else new_client_key())


def save(request: HttpRequest, draft: Draft) -> None:
    facts = asdict(draft)
    del facts["kept"]
    request.session[_DRAFT] = facts
    if not request.user.is_authenticated:
        request.session.set_expiry(KEPT)


def clear(request: HttpRequest) -> None:
    """Forget the draft; photos that were not sent go with it."""
    kept = request.session.pop(_DRAFT, None)
    if isinstance(kept, dict):
        shots.clear(kept["key"])


def sent_set(request: HttpRequest, draft: Draft, reference: str, *, joined: bool) -> None:
    clear(request)
    request.session[_SENT] = {"key": draft.key, "reference": reference, "joined": joined, "at": time.time()}


def sent(request: HttpRequest) -> Sent | None:
    kept = request.session.get(_SENT)
    if not isinstance(kept, dict) or time.time() - kept.get("at", 0) > SHOWN:
        return None
    return Sent(kept["key"], kept["reference"], bool(kept.get("joined")))


def sent_forget(request: HttpRequest) -> None:
    request.session.pop(_SENT, None)


def typed(data: Any, names: dict[str, bool], *, most: int = 6000) -> Typed:
    """The posted values as they came (``names``: whether a field has several), cut so that a session stays small."""
    kept: Typed = {}
    for name, several in names.items():
        if several:
            kept[name] = [value[:40] for value in data.getlist(name)[:20]]
        elif name in data:
            kept[name] = data[name][:most]
    return kept


def sealed(facts: dict[str, Any]) -> str:
    return _cipher().encrypt(json.dumps(facts).encode()).decode()


def unsealed(text: str) -> dict[str, Any]:
    """What ``sealed`` was given; nothing when it can't be read any more."""
    try:
        facts = json.loads(_cipher().decrypt(text.encode(), ttl=KEPT)) if text else {}
    except InvalidToken:
        return {}
    return dict(facts)


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key.split(":", 1)[1]) for key in settings.IDENTITY_KEYS])
