"""Second factors as they stand in the database: ciphertext, so that a stolen copy makes no codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

MARK = "f1:"


class VaultedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's hooks around the key of an authenticator app and the seed of recovery codes."""

    def encrypt(self, text: str) -> str:
        return MARK + _vault(tuple(settings.IDENTITY_KEYS)).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was stored before the vault is read as it is. A key that is gone raises: never an empty secret, whose
        codes anybody could work out."""
        if not encrypted_text.startswith(MARK):
            return encrypted_text
        return _vault(tuple(settings.IDENTITY_KEYS)).decrypt(encrypted_text.removeprefix(MARK)).decode()


@lru_cache(maxsize=4)
def _vault(keys: tuple[str, ...]) -> MultiFernet:
    """Keys of its own, derived from those of the identities: they rotate together, and neither opens the other's."""
    return MultiFernet([Fernet(_derived(pair.partition(":")[2])) for pair in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(base64.urlsafe_b64decode(key), b"second-factor", hashlib.sha256).digest())
