"""Signatures of the Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``, base64, ``v1,…``.

Own lines: the package of that name is for receivers, and brings an HTTP client and three more to make one HMAC.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings

from dispatch.notify.models import Webhook

PREFIX = "whsec_"


def salt_new() -> str:
    return secrets.token_urlsafe(24)


def secret_of(salt: str) -> str:
    """What the receiver is given, once: ``whsec_`` and 32 bytes in base64, derived from the pepper and the salt."""
    key = hmac.new(settings.TOKEN_PEPPER.encode(), f"webhook:{salt}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(key).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, as it stands in the header."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(webhook: Webhook, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The three headers. While an old secret is still good, both sign: the receiver changes over when it likes."""
    stamp = int(at.timestamp())
    salts = [webhook.salt]
    if webhook.old_salt and webhook.old_until is not None and at < webhook.old_until:
        salts.append(webhook.old_salt)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signature(secret_of(salt), message_id, stamp, body) for salt in salts),
    }
