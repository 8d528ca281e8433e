"""Headers that Django and django-csp do not set, and a page where they answer with an empty one."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
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
