"""The field as an app of the phone: its manifest, and photos that go ahead of their forms."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from cases.refusals import Refused
from dispatch.field.frame import field_page, photo_store
from dispatch.web.refusals import INVALID

ACCENT, GROUND = "#1a599f", "#f3f5f7"
KEPT = (
    "css/tokens.css", "css/base.css", "css/field.css", "css/field-acts.css", "js/base.js", "js/light.js",
    "js/shelf.js", "js/field-outbox.js", "img/icons.svg", "img/logo.svg", "vendor/htmx-2.0.11/htmx.min.js",
)  # fmt: skip
"""What the page without a signal needs."""
ICONS = (("field-192.png", "192x192"), ("field-512.png", "512x512"))


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Name, icons and first page of the installed app, in the language of the phone. Nothing private: no login."""
    icons = [
        {"src": static(f"img/app/{name}"), "sizes": size, "type": "image/png", "purpose": "any"} for name, size in ICONS
    ]
    icons.append({"src": static("img/app/field-maskable-512.png"), "sizes": "512x512", "type": "image/png"})
    icons[-1]["purpose"] = "maskable"
    icons.append({"src": static("img/app/field.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    english = (get_language() or "").startswith("en")
    home = reverse("field:today")
    body = {
        "id": home,
        "name": _("Check Once · field"),
        "short_name": _("Check Once"),
        "description": _("Today's visits, report-in, checklist and rulings of a squad."),
        "lang": "en" if english else "zh-Hans",
        "dir": "ltr",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "orientation": "any",
        "theme_color": ACCENT,
        "background_color": GROUND,
        "categories": ["government", "productivity"],
        "icons": icons,
        "shortcuts": [
            {"name": _("On patrol"), "url": reverse("field:patrol"), "icons": [icons[0]]},
            {"name": _("Notices"), "url": reverse("field:notices"), "icons": [icons[0]]},
        ],
    }
    answer = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/manifest+json"
    answer["Vary"] = "Accept-Language, Cookie"
    return answer


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the field. It keeps one page without anything private, for when there is no signal."""
    offline = reverse("field:offline")
    kept = [offline, *(static(name) for name in KEPT)]
    version = hashlib.sha256("".join(kept).encode()).hexdigest()[:12]
    context = {"kept": json.dumps(kept), "offline": json.dumps(offline), "version": version}
    answer = render(request, "field/worker.js", context, content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = reverse("field:today")
    return answer


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Stands in for any page of the field without a signal: says so, and what waits on this phone."""
    return render(request, "field/offline.html")


@require_POST
@field_page()
def photo(request: HttpRequest) -> HttpResponse:
    """One photo ahead of its form: ``{"kept": key}``, or 422 with ``{"error": sentence}``.

    The same photo under the same key is one photo, however often it is sent.
    """
    upload, key = request.FILES.get("photo"), request.POST.get("key", "")
    if upload is None or not key:
        return JsonResponse({"error": _("No photo came. Take it again.")}, status=INVALID)
    try:
        file = photo_store(request, upload, key)
    except Refused as refused:
        return JsonResponse({"error": str(refused.message)}, status=refused.status)
    return JsonResponse({"kept": file.client_key})
