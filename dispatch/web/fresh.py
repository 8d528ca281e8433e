"""Who acts on persons or powers proves again who they are, unless they did a short while ago. Nothing typed is lost.

1. A view calls ``prove(request)``; who is not fresh is led to allauth's pages (password, code, passkey).
2. What the form held is kept in the session meanwhile, encrypted, under a word that the page of the proof carries.
3. After the proof the browser is told to send its form to the address of the act (307). The word in it finds what was
   kept, which takes its place: the act goes on as if nothing had been asked. Works without JavaScript.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from dispatch.web.access import ask_login, own_page
from dispatch.web.sessionstore import BEGUN
from dispatch.web.vaults import vault

KEPT = "_kept_form"
WORD = "kept"
"""Name of the field by which the page of the proof carries the word."""
MOST_KEPT = 200_000
"""Characters of a form that are kept; no form of ours that asks for a proof is a tenth as long."""


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session was signed in, or its person proved again, within ``FRESH_MINUTES``."""
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    ages = [time.time() - one["at"] for one in records if one.get("reauthenticated")]
    ages.append(timezone.now().timestamp() - request.session.get(BEGUN, 0))
    return bool(min(ages) < settings.FRESH_MINUTES * 60)


def prove(request: HttpRequest) -> None:
    """Before an act (POST): raises what ``FreshForms`` answers with the page of the proof. Reading asks for nothing."""
    if request.method == "POST" and not is_fresh(request):
        raise ReauthenticationRequired


def was_kept(request: HttpRequest) -> bool:
    """Whether this form was sent before its proof and comes back now: a file should not be its answer (the page of the
    proof would stay)."""
    return bool(getattr(request, "_was_kept", False))


class FreshForms:
    """Stands inside allauth's middleware and takes its question over: allauth would keep the request in clear, with
    its cookies. Asks for Django's own administration as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or not request.user.is_authenticated:
            return None
        if KEPT in request.session and request.POST.get(WORD) and not _is_proof(request):
            _put_back(request)
        match = request.resolver_match
        if match and match.app_name == "admin" and match.url_name not in ("login", "logout") and not is_fresh(request):
            return ask(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(exception, ReauthenticationRequired) else None


def ask(request: HttpRequest) -> HttpResponse:
    """To the page of the proof and back; htmx moves the whole page."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        return ask_login(request)
    if request.method == "POST":
        keep(request)
    target = f"{ways[0]['url']}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def keep(request: HttpRequest) -> None:
    """Keep the form for after the proof; a file can't be, and the person is told so."""
    typed = request.POST.urlencode()
    if request.FILES or len(typed) > MOST_KEPT:
        messages.warning(request, _("Files are not kept while you confirm who you are: choose them again afterwards."))
        return
    facts = {
        "path": request.get_full_path(),
        "typed": typed,
        "user": request.user.pk,
        "back": own_page(request),
        "word": secrets.token_urlsafe(16),
        "at": int(time.time()),
    }
    sealed = vault(tuple(settings.IDENTITY_KEYS), "kept-form").encrypt(json.dumps(facts).encode())
    request.session[KEPT] = sealed.decode()


def kept_of(request: HttpRequest) -> dict[str, Any] | None:
    """What waits for its proof in this session, None when nothing does or it is older than a quarter of an hour."""
    sealed = request.session.get(KEPT)
    if not sealed:
        return None
    try:
        facts = json.loads(vault(tuple(settings.IDENTITY_KEYS), "kept-form").decrypt(sealed.encode(), ttl=900))
    except InvalidToken:
        facts = None
    if facts is None or facts["user"] != request.user.pk:
        del request.session[KEPT]
        return None
    return dict(facts)


def _put_back(request: HttpRequest) -> None:
    facts = kept_of(request)
    if facts is None or facts["path"] != request.get_full_path():
        return
    if not secrets.compare_digest(request.POST.get(WORD, "").encode(), facts["word"].encode()):
        return
    del request.session[KEPT]
    request.POST = QueryDict(facts["typed"])
    request._files = MultiValueDict()  # type: ignore[attr-defined]
    request._was_kept = True  # type: ignore[attr-defined]


def _is_proof(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and "reauthenticate" in (match.url_name or ""))
