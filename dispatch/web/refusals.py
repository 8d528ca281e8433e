"""How a face says no: the same form with what was typed, the reason, and the right status."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.refusals import Refused

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

INVALID = 422
"""Status of a form with errors of its own."""


def new_client_key() -> str:
    """A key that a form carries along, so that two sendings of it make one row."""
    return uuid.uuid4().hex


def put_refusal(form: forms.BaseForm, refused: Refused) -> int:
    """Write the refusal beside the field it names (else above the form); returns the status to answer with.

    The form must be bound; ``is_valid()`` may have been asked already.
    """
    form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
    return refused.status


def refusal_response(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal without a form to show it in: htmx gets the message for the top of the page, others a small page."""
    name = "parts/refused.html#said" if request.headers.get("HX-Request") else "parts/refused.html"
    answer = render(request, name, {"refused": refused, "back": _back(request)}, status=refused.status)
    if request.headers.get("HX-Request"):
        answer["HX-Retarget"] = "#main"
        answer["HX-Reswap"] = "afterbegin"
    return answer


def _back(request: HttpRequest) -> str:
    """The page the person came from, if it was one of ours."""
    page = request.headers.get("Referer", "")
    host = f"{request.scheme}://{request.get_host()}/"
    # "//elsewhere" in a link is another host.
    return "/" + page[len(host) :].lstrip("/\\") if page.startswith(host) else ""


def answers_refusals(view: View[P]) -> View[P]:
    """A ``Refused`` that the view lets through becomes ``refusal_response``."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal_response(request, refused)

    return answered
