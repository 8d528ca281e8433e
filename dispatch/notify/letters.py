"""Letters that carry a secret: sent at once and kept nowhere. What is stored is sent by ``sender``."""

from __future__ import annotations

import secrets

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from dispatch.notify.channels import CHANNELS, Letter, TransportError
from dispatch.notify.models import ChannelName
from teams.models import User

log = structlog.get_logger(__name__)
_NOWHERE = ("console", "dummy", "filebased")
"""Mail backends that deliver to nobody's mailbox."""


def invitation_mail(user: User, link: str) -> bool:
    """Mail the link by which the person sets a password; False when it could not go out (the caller shows it once)."""
    channel = CHANNELS[ChannelName.EMAIL.value]
    if not channel.reaches(user) or any(f".{name}." in settings.EMAIL_BACKEND for name in _NOWHERE):
        return False
    with translation.override(user.language):
        context = {"name": user.name, "link": link, "username": user.username, "site": settings.SITE_URL}
        letter = Letter(
            key=f"invitation-{secrets.token_hex(8)}",
            recipient=user,
            subject=" ".join(render_to_string("messages/invitation_subject.txt", context).split()),
            body=render_to_string("messages/invitation.txt", context),
        )
    try:
        channel.send(letter)
    except TransportError as error:
        log.warning("invitation_not_mailed", user=user.pk, error=type(error).__name__)
        return False
    return True
