"""Keys for what the doors must keep secret, derived from those of the identities."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet


@lru_cache(maxsize=8)
def vault(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    """Keys of its own for each ``purpose``: they rotate with the identities', and none opens another's.

    ``keys``: ``settings.IDENTITY_KEYS`` or a part of it, the newest first.
    """
    return MultiFernet([Fernet(_derived(pair.partition(":")[2], purpose)) for pair in keys])


def _derived(key: str, purpose: str) -> bytes:
    told = hmac.new(base64.urlsafe_b64decode(key), purpose.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(told.digest())
