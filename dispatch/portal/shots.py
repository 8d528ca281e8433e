"""Photos of a form that is not sent yet: stored as they come, kept by the form's key for a day.

The key is a secret of the page (or belongs to a private link), so no session is needed to find them again, two uploads
at once can't lose one, and a lost cookie loses no photo of a page that is still open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.models import File
from cases.refusals import Refused
from cases.services import files
from dispatch.web.limits import count
from teams.numbers import is_number
from teams.policies import RESIDENT

MOST = 6


def of(key: str) -> list[File]:
    """Photos stored for the form with this key and not sent yet, in the order they came."""
    return files.files_waiting(prefix=_prefix(key))


def take(request: HttpRequest, key: str) -> list[Refused]:
    """Store what was uploaded at once, drop what the reader removed; answers why some could not be kept."""
    gone = request.POST.get("remove", "")
    if is_number(gone):
        drop(key, int(gone))
    return store(request, key, request.FILES.getlist("photos"))


def store(request: HttpRequest, key: str, uploads: Sequence[UploadedFile[Any]]) -> list[Refused]:
    """Keep these photos under the key, one after the other; answers why some could not be kept."""
    refusals: list[Refused] = []
    kept = len(of(key)) if uploads else 0
    for upload in uploads:
        if kept >= MOST:
            refusals.append(Refused("too_many_photos", _("At most 6 photos; the rest was left out."), status=422))
            break
        try:
            count(request, "photo", one=120, address=1200, who=key)
            files.file_store(actor=RESIDENT, upload=upload, client_key=_name(key, upload))
        except Refused as refused:
            refusals.append(refused)
        kept = len(of(key))
    return refusals


def same(key: str, upload: UploadedFile[Any]) -> File | None:
    """The photo of this form that these bytes are already, if they are one."""
    name = _name(key, upload)
    return next((photo for photo in of(key) if photo.client_key == name), None)


def drop(key: str, pk: int) -> None:
    """Take one photo of this form out, for good."""
    if any(photo.pk == pk for photo in of(key)):
        files.file_drop(file_id=pk)


def clear(key: str) -> None:
    for photo in of(key):
        files.file_drop(file_id=photo.pk)


def _prefix(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24] + "."


def _name(key: str, upload: UploadedFile[Any]) -> str:
    """The same photo sent twice with one form is one file."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return _prefix(key) + digest.hexdigest()[:32]
