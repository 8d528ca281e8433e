"""``Idempotency-Key``: the same key twice answers the first result; with another body it is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from cases.clock.moment import now
from cases.refusals import Refused
from dispatch.api.models import Sending
from dispatch.api.problems import KeyReused
from teams.models import User

KEY = "^[!-~]{1,80}$"
"""Signs of ASCII that can be seen, at most eighty."""
KEPT = timedelta(days=2)


def once(
    request: Request, operation: str, act: Callable[[], Response], *, shown_once: tuple[str, ...] = ()
) -> Response:
    """Do it once a key. Act and answer are written in one transaction, so a refusal leaves the key free; somebody
    with the same key at the same moment waits for the first and reads its answer. Fields ``shown_once`` (secrets) are
    not kept: a repeated answer has null there."""
    user = request.user
    assert isinstance(user, User)  # a scope was asked for
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return act()
    key = given.strip(" \t")
    if not re.fullmatch(KEY, key):
        raise Refused("key_malformed", _("An Idempotency-Key is 1 to 80 visible characters of ASCII."), status=400)
    digest = hashlib.sha256(f"{operation} {request.path} ".encode() + _body(request)).hexdigest()
    with transaction.atomic():
        try:
            with transaction.atomic():
                sending = Sending.objects.create(user=user, key=key, digest=digest, at=now())
        except IntegrityError:
            sending = None
        if sending is not None:
            answer = act()
            sending.status, sending.etag = answer.status_code, answer.get("ETag", "")
            kept = json.loads(json.dumps(answer.data, cls=JSONEncoder))
            sending.answer = kept | dict.fromkeys(shown_once) if shown_once else kept
            sending.save(update_fields=["status", "etag", "answer"])
            return answer
    first = Sending.objects.get(user=user, key=key)
    if first.digest != digest:
        raise KeyReused(_("This Idempotency-Key was used for something else."))
    answer = Response(first.answer, status=first.status)
    answer["Idempotent-Replay"] = "true"
    if first.etag:
        answer["ETag"] = first.etag
    return answer


def sendings_forget() -> int:
    """Delete keys past their time; returns how many."""
    return sendings_due().delete()[0]


def sendings_due() -> QuerySet[Sending]:
    """Those past their time."""
    return Sending.objects.filter(at__lt=now() - KEPT)


def _body(request: Request) -> bytes:
    data: Any = request.data
    if not isinstance(data, Mapping):  # a list where an object is asked for: the serializer has refused it
        return force_str(data).encode()
    return json.dumps({name: _said(value) for name, value in data.items()}, sort_keys=True).encode()


def _said(value: Any) -> str:
    """A file counts by its bytes: another photo of the same name is something else."""
    if not isinstance(value, UploadedFile):
        return force_str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"
