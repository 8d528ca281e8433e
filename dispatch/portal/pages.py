"""The first page, finding one's report again, and what all pages of residents share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import File
from cases.services import files
from dispatch.portal import draft as drafts
from dispatch.portal.forms import FindForm
from dispatch.web.files import media_url
from dispatch.web.refusals import INVALID
from teams.models import Street

_TOKEN = re.compile(r"(?:^|/t/)([A-Za-z0-9_\-]{30,64})(?=/|$)")


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, two ways on, the offices behind it."""
    context = {"streets": Street.objects.order_by("code"), "begun": drafts.load(request).begun}
    return render(request, "portal/home.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """From a pasted private link to its page. A reference opens nothing, and nobody learns whether it exists."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if token := token_in(form.cleaned_data["link"]):
            return redirect("portal:private", token)
        return render(request, "portal/lookup.html", {"form": form, "no_link": True}, status=INVALID)
    return render(request, "portal/lookup.html", {"form": form}, status=INVALID if form.errors else 200)


def token_in(text: str) -> str | None:
    """The token of a pasted link, or a token alone."""
    found = _TOKEN.search(text.strip())
    return found.group(1) if found else None


def link_of(request: HttpRequest, token: str) -> dict[str, str]:
    """The private link as people keep it."""
    return {"token": token, "link": request.build_absolute_uri(reverse("portal:private", args=[token]))}


def shown(photos: Sequence[File]) -> list[dict[str, Any]]:
    """Photos for a page: the small copy's address, empty while it is being made."""
    return [{"pk": photo.pk, "url": _url(photo, small=True), "full": _url(photo)} for photo in photos]


def _url(photo: File, *, small: bool = False) -> str:
    name = files.name_of(photo, small=small)
    return media_url(name) if name else ""


def closed(response: HttpResponse) -> HttpResponse:
    """No copy anywhere, no index. The referrer policy stays the house's: forms need it (see settings)."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
