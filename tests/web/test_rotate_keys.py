"""The keys of identities and second factors are changed: stopped half way, taken up again, the old one thrown away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from cases.models import Identity
from cases.services import identity
from dispatch.web.factors import MARK, VaultedFactors
from teams.models import Change, User


def fresh_key(kid: str = "k9") -> str:
    return f"{kid}:{Fernet.generate_key().decode()}"


def phones_under(key: str) -> list[str]:
    """The phones of all identities, opened with this one key and no other."""
    fernet = Fernet(key.partition(":")[2])
    rows = Identity.objects.order_by("pk")
    return [json.loads(fernet.decrypt(bytes(row.cipher)))["phone"] for row in rows]


@pytest.mark.django_db(transaction=True)
def test_killed_half_way_resumed_and_the_old_key_thrown_away() -> None:
    phones = [f"139{n:08d}" for n in range(400)]
    Identity.objects.bulk_create(
        [row for phone in phones if (row := identity.identity_sealed(name="演示·某甲", phone=phone))]
    )
    indexes = list(Identity.objects.order_by("pk").values_list("phone_index", "masked_phone"))
    fresh = fresh_key()
    both = [fresh, *settings.IDENTITY_KEYS]
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    running = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "rotate_keys", "--batch", "1", "--skip-checks"],
        env={**os.environ, "DATABASE_URL": url, "IDENTITY_KEYS": ",".join(both)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if line == "identities: 20\n":
            running.send_signal(signal.SIGKILL)
            break
    running.stdout.close()
    assert running.wait(timeout=20) == -signal.SIGKILL
    moved = Identity.objects.filter(key_id="k9").count()
    assert 20 <= moved < 400, "half done"
    with override_settings(IDENTITY_KEYS=both):
        out = StringIO()
        call_command("rotate_keys", "--batch", "150", stdout=out)
        assert f"Done: {400 - moved} identities and 0 second factors now lie under k9." in out.getvalue()
        again = StringIO()
        call_command("rotate_keys", stdout=again)
        assert "Done: 0 identities" in again.getvalue()
    assert phones_under(fresh) == phones
    assert list(Identity.objects.order_by("pk").values_list("phone_index", "masked_phone")) == indexes
    written = Change.objects.get(subject_kind="setting", subject_name="IDENTITY_KEYS")
    assert (written.action, written.actor_id) == ("renewed", None)


@pytest.mark.django_db
def test_second_factors_go_along() -> None:
    user = User.objects.create_user("演示·二次", name="演示")
    plain = User.objects.create_user("演示·旧", name="演示")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(user).get_unused_codes()
    Authenticator.objects.create(user=plain, type="totp", data={"secret": "JBSWY3DPEHPK3PXQ"})  # before the vault
    fresh = fresh_key()
    with override_settings(IDENTITY_KEYS=[fresh, *settings.IDENTITY_KEYS]):
        call_command("rotate_keys", stdout=StringIO())
    with override_settings(IDENTITY_KEYS=[fresh]):
        opened = {
            row.user_id: VaultedFactors().decrypt(row.data["secret"])
            for row in Authenticator.objects.filter(type="totp")
        }
        assert opened == {user.pk: "JBSWY3DPEHPK3PXP", plain.pk: "JBSWY3DPEHPK3PXQ"}
        assert all(row.data["secret"].startswith(MARK) for row in Authenticator.objects.filter(type="totp"))
        seed = Authenticator.objects.get(type="recovery_codes")
        assert RecoveryCodes(seed).get_unused_codes() == codes
    with pytest.raises(InvalidToken):
        VaultedFactors().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])


@pytest.mark.django_db
def test_what_no_key_opens_is_left_and_told() -> None:
    lost = identity.identity_create(name="演示·某甲", phone="13900000000")
    assert lost is not None
    mine = identity.identity_create(name="演示·某乙", phone="13900000001")
    assert mine is not None
    kept, unknown = settings.IDENTITY_KEYS, fresh_key("k7")
    Identity.objects.filter(pk=lost.pk).update(cipher=Fernet(unknown.partition(":")[2]).encrypt(b"{}"), key_id="k7")
    before = bytes(Identity.objects.get(pk=lost.pk).cipher)
    with override_settings(IDENTITY_KEYS=[fresh_key(), *kept]), pytest.raises(CommandError, match=rf"rows {lost.pk}\)"):
        call_command("rotate_keys", "--batch", "1", stdout=StringIO())
    assert bytes(Identity.objects.get(pk=lost.pk).cipher) == before
    assert Identity.objects.get(pk=mine.pk).key_id == "k9", "the others were carried on"
