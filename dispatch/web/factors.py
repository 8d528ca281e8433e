"""Second factors as they stand in the database: ciphertext, so that a stolen copy makes no codes."""

from __future__ import annotations

import contextlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from dispatch.web.vaults import vault

MARK = "f1:"
SECRETS = ("secret", "seed", "migrated_codes")
"""Where allauth keeps what ``encrypt`` gave: an app's key, the seed of recovery codes, older codes."""


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


def factors_rekey(*, after: int = 0, limit: int = 200) -> tuple[int, tuple[int, ...], int | None]:
    """Encrypt the next factors behind ``after`` anew that the newest key alone does not open, in one transaction.

    Returns how many, the users whose factor no key given opens, and where to go on (None at the end).
    """
    newest, vault, done = _vault(tuple(settings.IDENTITY_KEYS[:1])), VaultedFactors(), 0
    unreadable: list[int] = []
    with transaction.atomic():
        rows = list(Authenticator.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:limit])
        for row in rows:
            try:
                fresh = {name: _renewed(row.data[name], newest, vault) for name in SECRETS if name in row.data}
            except InvalidToken:
                unreadable.append(row.user_id)
                continue
            if any(value != row.data[name] for name, value in fresh.items()):
                row.data.update(fresh)
                row.save(update_fields=["data"])
                done += 1
    return done, tuple(unreadable), rows[-1].pk if len(rows) == limit else None


def _renewed(stored: str | list[str], newest: MultiFernet, vault: VaultedFactors) -> str | list[str]:
    if isinstance(stored, list):
        return [str(_renewed(one, newest, vault)) for one in stored]
    with contextlib.suppress(InvalidToken):
        if stored.startswith(MARK):
            newest.decrypt(stored.removeprefix(MARK))
            return stored
    return vault.encrypt(vault.decrypt(stored))


def _vault(keys: tuple[str, ...]) -> MultiFernet:
    return vault(keys, "second-factor")
