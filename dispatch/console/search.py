"""One box: reference, party, address, number, a caller's whole phone number."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from cases.selectors.searching import find
from cases.services.identity import phone_index, phone_normal
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for

_PHONE = re.compile(r"\d{7,12}")


@require_http_methods(["GET", "HEAD", "POST"])
@console_view()
def search(request: HttpRequest) -> HttpResponse:
    """One hit by its number opens at once. The box posts: a caller's phone never stands in an address."""
    posted = request.method == "POST"
    text = (request.POST if posted else request.GET).get("q", "").strip()[:80]
    plain = phone_normal(text)
    like_a_phone = bool(_PHONE.fullmatch(plain))
    if posted and not like_a_phone:
        return redirect(f"{reverse('console:search')}?{urlencode({'q': text})}")
    index = phone_index(plain) if posted else ""
    found = find(actor_for(request), text, phone_index=index)
    exact = [case for case in found.cases if case.reference == text]
    if exact:
        return redirect("console:case", exact[0].pk)
    numbered = [order for order in found.orders if order.number == text]
    if numbered:
        return redirect("console:order", numbered[0].pk)
    context = {
        "text": text,
        "found": found,
        "count": len(found.cases) + len(found.orders) + len(found.parties),
        "by_phone": bool(index),
    }
    return show(request, "console/search.html", context)
