"""What Django and django-csp leave out: headers, a page instead of an empty answer, words without NUL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string

log = structlog.get_logger("dispatch.security")

PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()"


def permissions_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Camera and place for our own pages (photos, report-in), nothing else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return middleware


def spoken_refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """An address that only takes forms says so, instead of a blank page (its link was copied, a page reloaded)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content and "text/html" in request.headers.get("Accept", ""):
            response.content = render_to_string("405.html", request=request)
        return response

    return middleware


def private_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What somebody with a session reads is kept by no browser and no proxy: after signing out, Back shows nothing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


class WholeWords:
    """No page meets a NUL: no text holds one and no database keeps one, and a search for it fails before any form is
    asked. It is dropped from addresses and forms; what is left is judged as ever. Programs are told (``dispatch.api``).

    As late as the guard against forged forms reads the form, so that too large a body is refused where it always was.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if getattr(view, "csrf_exempt", False):
            return
        for name in ("GET", "POST") if request.method == "POST" else ("GET",):
            given: QueryDict = getattr(request, name)
            if any("\0" in text for key, texts in given.lists() for text in (key, *map(str, texts))):
                setattr(request, name, _whole(given))


def _whole(given: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True, encoding=given.encoding)
    for name, texts in given.lists():
        kept.setlist(name.replace("\0", ""), [str(text).replace("\0", "") for text in texts])
    kept._mutable = False
    return kept


def noted_refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Who was told 403, and which rows a signed-in person asked for in vain (404): prying shows as a series of them.

    Stands in the log by the view's name and the row's number; no address, no words.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        if response.status_code in (403, 404) and match is not None:
            try:
                user_id = request.user.pk
            except DatabaseError:
                user_id = None
            if user_id is not None or response.status_code == 403:
                level = log.warning if response.status_code == 403 else log.info
                level(
                    "access_refused",
                    code=response.status_code,
                    view=match.view_name,
                    row=match.kwargs.get("pk"),
                    user_id=user_id,
                )
        return response

    return middleware
