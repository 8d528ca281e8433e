"""``ETag`` of a case or an order is its place in its journal: it moves with every fact that is written down.

A webhook has no journal; it counts its changes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.request import Request

from cases.models import Case, Chain, Order
from dispatch.api.problems import Changed
from dispatch.notify.models import Webhook

Tagged = Case | Order | Webhook


def etag_of(subject: Tagged) -> str:
    """Strong tag, read anew."""
    if isinstance(subject, Webhook):
        version = Webhook.objects.filter(pk=subject.pk).values_list("version", flat=True).first()
        return f'"webhook-{subject.pk}-{version or 0}"'
    kind = "case" if isinstance(subject, Case) else "order"
    seq = Chain.objects.filter(**{f"{kind}_id": subject.pk}).values_list("seq", flat=True).first()
    return f'"{kind}-{subject.pk}-{seq or 0}"'


def match_check(request: Request, subject: Tagged) -> None:
    """412 when the caller says what it has read (``If-Match``) and the row has moved since.

    Stages are checked again under their locks by the flow; this tells of everything else that was written meanwhile.
    """
    wanted = _tags(request.headers.get("If-Match", ""))
    if wanted and "*" not in wanted and etag_of(subject) not in wanted:
        raise Changed(_("This has changed since you read it. Read it again and decide anew."))


def known(request: Request, tag: str) -> bool:
    """Whether the caller has this state already (``If-None-Match``)."""
    return tag in _tags(request.headers.get("If-None-Match", ""))


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",") if tag.strip()}
