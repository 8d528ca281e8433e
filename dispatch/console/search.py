"""One box: reference, party, address, number, a caller's whole phone number."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from cases.selectors.searching import find
from cases.services.identity import phone_index, phone_normal
from dispatch.console.frame import console_view, show
from dispatch.web.access import actor_for

_PHONE = re.compile(r"\d{7,12}")


@require_safe
@console_view()
def search(request: HttpRequest) -> HttpResponse:
    """One hit by its number opens at once."""
    text = request.GET.get("q", "").strip()[:80]
    plain = phone_normal(text)
    index = phone_index(plain) if _PHONE.fullmatch(plain) else ""
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
