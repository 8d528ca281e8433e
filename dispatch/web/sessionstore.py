"""Sessions in the database under the hash of their key, with an end that no page can put off for ever.

``SESSION_ENGINE``. The hash is SHA-256 without a secret: a key has 165 random bits, nobody guesses one back.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import CharField
from django.utils import timezone

from dispatch.web.models import Session
from teams.models import User
from teams.statements import Slot, Statement

ROW: Statement[Session] = Statement(
    lambda: Session.objects.filter(session_key=Slot("key", CharField())).select_related("user")
)
KEEP_ENDED = timedelta(days=1)
"""How long a staff session's row stays after its end, so that its page can say why."""
BEGUN, FACE, DEVICE = "_begun", "_face", "_device"
"""Where a signed-in session carries what its row repeats: Unix seconds, ``office`` or ``field``, the device's code."""


def digest_of(key: str) -> str:
    """The name of a session in the database, 40 hex digits."""
    return hashlib.sha256(f"session:{key}".encode()).hexdigest()[:40]


def end_of(face: str, begun: datetime, seen: datetime) -> tuple[datetime, str]:
    """When a staff session ends by itself, and by which limit: ``long`` (absolute) or ``idle``."""
    long = begun + timedelta(hours=settings.SESSION_HOURS[face])
    idle = seen + timedelta(minutes=settings.SESSION_IDLE_MINUTES[face])
    return (long, "long") if long <= idle else (idle, "idle")


class SessionStore(DatabaseStore):
    """Django's, but for the hash and the staff's limits. ``ended``: why the session that the browser named is over.

    ``person``: the member of staff whom its row names, read with it; whether they may go on, ``person_of`` judges.
    """

    ended = ""
    person: User | None = None
    seen: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = next(iter(ROW(key=digest_of(str(self.session_key)))), None)
        data: dict[str, Any] = {}
        if row is not None:
            self.ended = _why_over(row)
            if not self.ended:
                data = self.decode(row.session_data)
                self.seen, self.person = row.seen_at, row.user
                if SESSION_KEY in data and row.user_id is None:  # of the table before this one
                    self.ended, data = "long", {}
        if row is None or self.ended:
            self._session_key = None
        return data

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=digest_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = Session(
            session_key=digest_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )
        if SESSION_KEY in data:
            now = timezone.now()
            row.user_id = int(data[SESSION_KEY])
            row.face, row.device = data.get(FACE, "office"), data.get(DEVICE, "")
            row.begun_at = datetime.fromtimestamp(data[BEGUN], UTC) if BEGUN in data else now
            row.seen_at = self.seen = self.seen or now
            row.expire_date = end_of(row.face, row.begun_at, row.seen_at)[0]
        return row

    def save(self, must_create: bool = False) -> None:
        """As Django's; but what was ended meanwhile stays ended, whatever a request that still runs has to add."""
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        facts = {
            field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
        }
        if not Session.objects.filter(session_key=row.session_key, ended_why="").update(**facts):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=digest_of(key)).delete()

    def touch(self) -> None:
        """A person did something: the idle end moves. Written once a minute at most."""
        now = timezone.now()
        if self.session_key is None or self.seen is None or now - self.seen < timedelta(minutes=1):
            return
        face, begun = self.get(FACE, "office"), datetime.fromtimestamp(self.get(BEGUN, now.timestamp()), UTC)
        self.seen = now
        Session.objects.filter(session_key=digest_of(self.session_key), ended_why="").update(
            seen_at=now, expire_date=end_of(face, begun, now)[0]
        )

    @classmethod
    def clear_expired(cls) -> None:
        over(timezone.now()).delete()


def over(now: datetime) -> Any:
    """Rows that may go: a resident's past its time, a staff member's a day after its end."""
    rows = Session.objects.filter(expire_date__lt=now)
    return rows.exclude(user__isnull=False, expire_date__gte=now - KEEP_ENDED)


def _why_over(row: Session) -> str:
    now = timezone.now()
    if row.ended_why:
        return row.ended_why
    if row.user_id is None:
        return "old" if row.expire_date <= now else ""
    if row.begun_at is None or row.seen_at is None or row.face not in settings.SESSION_HOURS:
        return "long"
    end, why = end_of(row.face, row.begun_at, row.seen_at)
    return why if end <= now else ""
