"""The first page, what happens with data, and what all pages of residents share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.models import File
from cases.papers.spoken import spoken
from cases.selectors.office import office_phone, office_phones
from cases.services import files
from dispatch.portal import draft as drafts
from dispatch.portal import shots
from dispatch.web import appearance
from dispatch.web.files import media_url
from teams.models import Street
from teams.numbers import is_number

HOTLINE = "12345"
"""The city's; it answers day and night and in every city of the country."""


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, two ways on, the offices behind it."""
    phones = office_phones()
    streets = [(street, phones.get(street.pk, "")) for street in Street.objects.order_by("code")]
    begun = drafts.load(request).begun
    return render(request, "portal/home.html", {"streets": streets, "begun": begun, **office_of(None)})


@never_cache
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What happens with what residents leave, as the code does it."""
    return render(request, "portal/privacy.html", office_of(None))


def office_of(street: Street | None) -> dict[str, Any]:
    """The number to call, for large type: the office of the street where it is known, else the city's hotline."""
    number = office_phone(street.pk if street else None)
    return {"call": number or HOTLINE, "call_street": street if number and street else None}


def switched(request: HttpRequest, page: str) -> HttpResponse | None:
    """The buttons of the head (large type, language, colours) belong to the form of a step: what was typed comes along
    and is kept; then the same page again, as wished. None when another button was pressed."""
    name, _sep, value = request.POST.get("look", "").partition(":")
    if not value:
        return None
    answer = redirect(page)
    appearance.keep(answer, name, value)
    return answer


def photo_answer(request: HttpRequest, key: str) -> HttpResponse:
    """Keep or drop a photo that a script sends: its picture for the page (201; 200 when it was
    there already), nothing (204), or why not, in words."""
    if is_number(gone := request.POST.get("remove", "")):
        shots.drop(key, int(gone))
        return HttpResponse(status=204)
    before = {photo.pk for photo in shots.of(key)}
    uploads = request.FILES.getlist("photos")[:1]
    for refused in shots.store(request, key, uploads):
        return HttpResponse(str(refused.message), status=refused.status, content_type="text/plain; charset=utf-8")
    now = shots.of(key)
    fresh = [photo for photo in now if photo.pk not in before]
    if not fresh:
        # The same photo once more. Its first answer may have been lost with a closed page, so it is shown again.
        known = next((photo for upload in uploads if (photo := shots.same(key, upload))), None)
        if known is None:
            return HttpResponse(status=204)
        return render(request, "portal/shot.html", {"p": shown([known])[0], "n": len(now)})
    return render(request, "portal/shot.html", {"p": shown(fresh)[0], "n": len(now)}, status=201)


def link_of(request: HttpRequest, token: str) -> dict[str, str]:
    """The private link as people keep it."""
    return {"token": token, "link": request.build_absolute_uri(reverse("portal:private", args=[token]))}


def read_aloud(reference: str) -> dict[str, Any]:
    """The reference and the groups of words to read it with over the telephone."""
    return {"reference": reference, "said": spoken(reference, get_language() or "zh-hans")}


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
