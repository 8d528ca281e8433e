"""A report being written: kept with the browser's session, so that no error and no way back loses anything."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.models import File, FileState
from cases.refusals import Refused
from cases.services import files
from dispatch.portal.limits import count
from dispatch.web.refusals import new_client_key
from teams.policies import RESIDENT

MOST_PHOTOS = 6
KEPT = 24 * 3600  # seconds a draft lives
SHOWN = 3600  # seconds the link is shown again in the browser that sent
_DRAFT, _SENT, _PHOTOS = "portal.draft", "portal.sent", "portal.photos"
_KEY = re.compile(r"[0-9a-f]{32}")

Typed = dict[str, Any]


@dataclass
class Draft:
    """What was typed in the steps, raw. ``contact`` (name, phone) is encrypted: a session is not the place for it."""

    key: str
    what: Typed = field(default_factory=dict)
    where: Typed = field(default_factory=dict)
    contact: str = ""

    @property
    def begun(self) -> bool:
        return bool(self.what)


@dataclass(frozen=True)
class Sent:
    """The report this browser sent last; its private link follows from the key."""

    key: str
    reference: str


def load(request: HttpRequest) -> Draft:
    """The draft of this browser, or a new one that keeps the key its first page was given."""
    kept = request.session.get(_DRAFT)
    if isinstance(kept, dict) and time.time() - kept.get("at", 0) < KEPT:
        return Draft(kept["key"], kept["what"], kept["where"], kept["contact"])
    posted = request.POST.get("client_key", "")
    last = sent(request)
    fresh = bool(_KEY.fullmatch(posted)) and (last is None or last.key != posted)
    return Draft(posted if fresh else new_client_key())


def save(request: HttpRequest, draft: Draft) -> None:
    request.session[_DRAFT] = {
        "key": draft.key,
        "at": time.time(),
        "what": draft.what,
        "where": draft.where,
        "contact": draft.contact,
    }
    if not request.user.is_authenticated:
        request.session.set_expiry(KEPT)


def clear(request: HttpRequest) -> None:
    """Forget the draft and its photos (the stored files stay unattached)."""
    kept = request.session.pop(_DRAFT, None)
    if isinstance(kept, dict):
        photos_clear(request, kept["key"])


def sent_set(request: HttpRequest, draft: Draft, reference: str) -> None:
    clear(request)
    request.session[_SENT] = {"key": draft.key, "reference": reference, "at": time.time()}


def sent(request: HttpRequest) -> Sent | None:
    kept = request.session.get(_SENT)
    if not isinstance(kept, dict) or time.time() - kept.get("at", 0) > SHOWN:
        return None
    return Sent(kept["key"], kept["reference"])


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


def photos_of(request: HttpRequest, key: str) -> list[File]:
    """Photos stored for the form with this key and not yet sent, in the order they came."""
    ids = request.session.get(_PHOTOS, {}).get(key, [])
    found = File.objects.filter(pk__in=ids, attachments__isnull=True).exclude(state=FileState.BROKEN).in_bulk()
    return [found[pk] for pk in ids if pk in found]


def photos_take(request: HttpRequest, key: str) -> list[Refused]:
    """Store what was uploaded at once, take out what the reader removed; answers why some could not be kept."""
    kept = [file.pk for file in photos_of(request, key)]
    gone = request.POST.get("remove", "")
    if gone.isdigit():
        kept = [pk for pk in kept if pk != int(gone)]
    refusals: list[Refused] = []
    for upload in request.FILES.getlist("photos"):
        if len(kept) >= MOST_PHOTOS:
            refusals.append(Refused("too_many_photos", _("At most 6 photos; the rest was left out."), status=422))
            break
        try:
            count(request, "photo", one=120, address=1200, who=key)
            file = files.file_store(actor=RESIDENT, upload=upload, client_key=_photo_key(key, upload))
        except Refused as refused:
            refusals.append(refused)
            continue
        if file.pk not in kept and not file.attachments.exists():
            kept.append(file.pk)
    if kept or key in request.session.get(_PHOTOS, {}):
        _photos_put(request, key, kept)
    return refusals


def photos_clear(request: HttpRequest, key: str) -> None:
    _photos_put(request, key, [])


def _photos_put(request: HttpRequest, key: str, ids: list[int]) -> None:
    others = {name: value for name, value in request.session.get(_PHOTOS, {}).items() if name != key}
    request.session[_PHOTOS] = ({**others, key: ids}) if ids else others


def _photo_key(key: str, upload: UploadedFile[Any]) -> str:
    """The same photo sent twice with one form is one file."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.{digest.hexdigest()[:32]}"
