"""Where a member of staff is signed in: how a session begins, when it ends, who may end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from dispatch.web.access import DESK_ROLES, STREET_WORK
from dispatch.web.devices import device_code, device_words
from dispatch.web.live import grant_topics, revoke
from dispatch.web.models import Session
from dispatch.web.sessionstore import BEGUN, DEVICE, FACE, SessionStore, digest_of, end_of
from teams.models import ChangeAction, Subject, User
from teams.policies import Actor, require
from teams.selectors import actor_of
from teams.services.history import change_record
from teams.services.people import need_reason, not_oneself, person_lock

ENDED_COOKIE = "session_ended"
"""Why the last session ended, for the sign-in page: no secret, gone after ten minutes or the sign-in."""
QUIET = frozenset({"session_alive", "console:presence", "console:rail", "appearance_set"})
"""Asked by open pages of their own accord: they keep nobody signed in."""


@dataclass(frozen=True)
class Place:
    """A session as its owner sees it. ``id`` names it in forms and is no key."""

    id: str
    device: str
    begun: datetime
    seen: datetime
    ends: datetime
    here: bool


def session_begin(request: HttpRequest, user: User) -> None:
    """Note in a session that has just been signed in what its limits and its list need."""
    request.session[BEGUN] = int(timezone.now().timestamp())
    actor = actor_of(user)
    request.session[FACE] = "field" if actor.has(*STREET_WORK) and not actor.has(*DESK_ROLES) else "office"
    request.session.seen = None  # type: ignore[attr-defined]  # now
    request.session[DEVICE] = device_code(request.META.get("HTTP_USER_AGENT", "")[:400])


def id_of(request: HttpRequest) -> str:
    """What names this request's session in lists, forms and grants, '' without one: the beginning of its key's hash."""
    key = request.session.session_key
    return digest_of(key)[:16] if key else ""


def sessions_of(user: User, *, here: str = "") -> list[Place]:
    """The live sessions, this one first, then the latest seen. One query."""
    now, found = timezone.now(), []
    for row in Session.objects.filter(user=user, ended_why="").order_by("-seen_at").defer("session_data"):
        if row.begun_at is None or row.seen_at is None or row.face not in settings.SESSION_HOURS:
            continue
        ends = end_of(row.face, row.begun_at, row.seen_at)[0]
        if ends > now:
            name = row.session_key[:16]
            found.append(Place(name, device_words(row.device), row.begun_at, row.seen_at, ends, name == here))
    return sorted(found, key=lambda place: not place.here)


def sessions_end(user: User, ids: Iterable[str] | None = None, *, but: str = "", why: str = "elsewhere") -> int:
    """End these sessions of a person (all when None), ``but`` one; their streams close at once. Returns how many.

    What a row held is thrown away; the row stays a day to tell its browser ``why`` (``elsewhere``, ``office``,
    ``factor``).
    """
    rows = Session.objects.filter(user=user, ended_why="", expire_date__gt=timezone.now())
    wanted = None if ids is None else set(ids)
    names = [
        key
        for key in rows.values_list("session_key", flat=True)
        if key[:16] != but and (wanted is None or key[:16] in wanted)
    ]
    if names:
        Session.objects.filter(session_key__in=names).update(ended_why=why, session_data="", expire_date=timezone.now())
        transaction.on_commit(partial(_cut, names), robust=True)
    return len(names)


def _cut(names: list[str]) -> None:
    for name in names:
        revoke(f"s:{name[:16]}")


def sessions_end_all(*, actor: Actor, user_id: int, reason: str) -> int:
    """End every session of a person, who signs in again with what they have. Returns how many were open.

    Right ``factor.reset``. Stands in the person's history. Refuses ``not_oneself``, ``reason_missing``.
    """
    with transaction.atomic():
        user = person_lock(user_id)
        require(actor, "factor.reset")
        not_oneself(actor, user_id)
        need_reason(reason)
        count = len(sessions_of(user))
        user.session_round += 1
        user.save(update_fields=["session_round"])  # ends them (accounts), and all that a copy of a cookie could be
        change_record(
            actor=actor,
            kind=Subject.PERSON,
            subject_id=user.pk,
            name=user.name,
            action=ChangeAction.ENDED,
            before={"sessions": count},
            after={"sessions": 0},
            reason=reason,
        )
    return count


def let_listen(request: HttpRequest, response: HttpResponse, topics: Iterable[str]) -> None:
    """``grant_topics`` for a member of staff: the stream ends with the session, at its own end at the latest."""
    store = request.session
    until = None
    if isinstance(store, SessionStore) and store.seen and SESSION_KEY in store and BEGUN in store:
        begun = datetime.fromtimestamp(store[BEGUN], store.seen.tzinfo)
        left = end_of(store.get(FACE, "office"), begun, store.seen)[0] - timezone.now()
        until = time.time() + left.total_seconds()
    grant_topics(response, topics, session=id_of(request), until=until)


class StaffSessions(AuthenticationMiddleware):
    """Django's, which asks for the session and then for its person: here both come by one question."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(person_of, request))  # type: ignore[assignment]


def person_of(request: HttpRequest) -> User | AnonymousUser:
    """Who is signed in. What Django asks of a person for each request holds here too; whoever does not pass at once is
    left to Django."""
    store = request.session
    backend, key = store.get(BACKEND_SESSION_KEY), store.get(SESSION_KEY)
    user = store.person if isinstance(store, SessionStore) else None
    if (
        user is not None
        and user.is_active
        and key == str(user.pk)
        and backend in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(store.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    ):
        return user
    return get_user(request)


def session_watch(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """An act moves the idle end; a session that is over says why on the sign-in page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        store = request.session
        if not isinstance(store, SessionStore) or not store.accessed:
            return response
        why = store.ended
        if why in ("long", "idle", "elsewhere", "office", "factor") and SESSION_KEY not in store:
            response.set_cookie(
                ENDED_COOKIE,
                why,
                max_age=600,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
                path=reverse("account_login"),
            )
        elif SESSION_KEY in store:
            if _is_act(request):
                store.touch()
            if ENDED_COOKIE in request.COOKIES:
                response.delete_cookie(ENDED_COOKIE, path=reverse("account_login"), samesite="Lax")
        return response

    return middleware


def _is_act(request: HttpRequest) -> bool:
    match = request.resolver_match
    if request.method == "HEAD" or request.headers.get("X-Quiet") or match is None:
        return bool(match and match.view_name == "console:wall")  # a wall screen is looked at by nobody's hand
    return match.view_name not in QUIET
