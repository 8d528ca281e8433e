"""The data folder: what stands where, and the secrets made once for it."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from dispatch.embedded.binaries import open_to_others
from dispatch.embedded.process import Account, LauncherError, server_account

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    """Folders of one installation. ``servers`` is ``root`` unless the servers' account cannot walk to it."""

    root: Path
    servers: Path
    account: Account | None

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def state(self) -> Path:
        return self.root / "servers.json"

    @property
    def moved(self) -> bool:
        """True when the servers' files had to go elsewhere (root's home is closed to their account)."""
        return self.servers != self.root


def layout(root: Path | None = None) -> Layout:
    """Make the data folder (``DISPATCH_DATA``, default ``.data`` here) and say what stands where."""
    root = (root or Path(os.environ.get("DISPATCH_DATA") or PROJECT / ".data")).absolute()
    account = server_account()
    try:
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o711 if account else 0o700)
        (root / "log").mkdir(exist_ok=True, mode=0o700)
        (root / "media").mkdir(exist_ok=True, mode=0o700)
        servers = root
        if account and not open_to_others(root):
            servers = Path("/var/lib") / f"dispatch-{hashlib.sha256(str(root).encode()).hexdigest()[:12]}"
            servers.mkdir(parents=True, exist_ok=True)
            servers.chmod(0o711)
    except OSError as error:
        raise LauncherError(f"Cannot make the data folder {root}: {error.strerror}. Set DISPATCH_DATA.") from None
    return Layout(root, servers, account)


def write_private(path: Path, text: str) -> None:
    """Replace a file that only we may read, in one step."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def local_secrets(place: Layout) -> dict[str, str]:
    """The secrets of this data folder, made at the first start; losing them loses every identity in it."""
    path = place.root / "secrets.json"
    with (place.root / "secrets.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        wanted = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "IDENTITY_KEYS": "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "IDENTITY_INDEX_KEY": secrets.token_urlsafe(32),
            "TOKEN_PEPPER": secrets.token_urlsafe(32),
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "VALKEY_PASSWORD": secrets.token_hex(16),
        }
        if not wanted.keys() <= known.keys():
            known = wanted | known
            write_private(path, json.dumps(known, indent=1))
    return known
