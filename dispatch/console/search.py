"""One box: any number, a party, an address, words; a complainant's whole phone for those who may, written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import Case, Order, Target
from cases.planner.lexemes import question
from cases.selectors.searching import GROUPS, Found, Group, Hit, cases_of, find
from cases.services.identity import PHONE, identity_search, phone_normal
from dispatch.console.frame import console_view, show
from dispatch.console.highlight import found_in
from dispatch.web.access import actor_for, holds_somewhere

LONGEST = 80
LIVE_ROWS = 5
"""Rows of each group while somebody types."""


@require_http_methods(["GET", "HEAD", "POST"])
@console_view()
def search(request: HttpRequest) -> HttpResponse:
    """The whole answer. A number that is one row's own opens it at once.

    The box posts, so that a caller's phone never stands in an address; all else is led on to an address that can be
    kept and gone back to.
    """
    posted = request.method == "POST"
    text = (request.POST if posted else request.GET).get("q", "").strip()[:LONGEST]
    phone = like_a_phone(text)
    if posted and not phone:
        return redirect(f"{reverse('console:search')}?{urlencode({'q': text})}")
    group, after = request.GET.get("group", ""), request.GET.get("after", "")
    found = find(actor_for(request), text, group=group, after=after)
    if request.headers.get("HX-Request") and group in GROUPS:
        return show(request, "console/search.html#rows", {"group": _group(found, group, text, more_only=True)})
    if not after and (own := _own_page(found, text)):
        return redirect(*own)
    looked_up = False
    if posted and may_look_up(request) and not found.count:
        ids = identity_search(actor=actor_for(request), phone=text)
        found, looked_up = Found(cases=cases_of(actor_for(request), ids)), True
    context = {
        "text": "" if posted else text,
        "count": found.count,
        "capped": found.more,
        "groups": [_group(found, name, text) for name in GROUPS],
        "looked_up": looked_up,
        "phone": phone and not looked_up,
        "may_look_up": may_look_up(request),
        "asked": bool(text),
    }
    return show(request, "console/search.html", context)


@require_POST
@console_view()
def search_live(request: HttpRequest) -> HttpResponse:
    """A few rows of each group while somebody types (htmx). A phone is only looked up when it is sent."""
    text = request.POST.get("q", "").strip()[:LONGEST]
    found = find(actor_for(request), text, size=LIVE_ROWS)
    context = {
        "text": text,
        "asked": bool(question(text).terms) and len(text) > 1,
        "count": found.count,
        "groups": [_group(found, name, text) for name in GROUPS],
        "phone": like_a_phone(text),
        "may_look_up": may_look_up(request),
    }
    return show(request, "console/search.html#live", context)


def like_a_phone(text: str) -> bool:
    return bool(PHONE.fullmatch(phone_normal(text)))


def may_look_up(request: HttpRequest) -> bool:
    return holds_somewhere(request, "identity.reveal")


def _own_page(found: Found, text: str) -> tuple[str, int] | None:
    small = text.lower()
    for hit in found.cases.rows:
        if hit.case.reference == small:
            return "console:case", hit.case.pk
    for order in found.orders.rows:
        if order.number.lower() == small:
            return "console:order", order.pk
    return None


def _group(found: Found, name: str, text: str, *, more_only: bool = False) -> dict[str, Any]:
    rows: Group[Any] = getattr(found, name)
    words = {"cases": _("Cases"), "parties": _("Parties"), "orders": _("Orders")}
    draw: dict[str, Callable[[Any, tuple[str, ...]], dict[str, Any]]] = {
        "cases": _case_row,
        "parties": _party_row,
        "orders": _order_row,
    }
    more = f"{reverse('console:search')}?{urlencode({'q': text, 'group': name, 'after': rows.more})}"
    return {
        "name": name,
        "label": words[name],
        "rows": [draw[name](row, found.terms) for row in rows.rows],
        "more": more if rows.more else "",
        "more_only": more_only,
    }


def _case_row(hit: Hit, terms: tuple[str, ...]) -> dict[str, Any]:
    case: Case = hit.case
    name = case.target.name if case.target else case.title
    return {
        "id": f"found-case-{case.pk}",
        "url": reverse("console:case", args=[case.pk]),
        "number": found_in(case.reference, terms),
        "name": found_in(name, terms),
        "kind": found_in(str(case.category or (case.title if case.target else "")), terms),
        "place": found_in(case.address or (case.target.address if case.target else ""), terms),
        "told": found_in(hit.told, terms),
        "state": case.get_stage_display(),
        "at": case.opened_at,
    }


def _party_row(party: Target, terms: tuple[str, ...]) -> dict[str, Any]:
    others = [party.get_kind_display(), party.trade, *party.aliases, party.uscc or ""]
    return {
        "id": f"found-party-{party.pk}",
        "url": reverse("console:party", args=[party.pk]),
        "name": found_in(party.name, terms),
        "kind": found_in("·".join(word for word in others if word), terms),
        "place": found_in(party.address, terms),
        "state": str(party.street),
    }


def _order_row(order: Order, terms: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": f"found-order-{order.pk}",
        "url": reverse("console:order", args=[order.pk]),
        "number": found_in(order.number, terms),
        "name": order.target.name,
        "kind": order.get_kind_display(),
        "place": order.target.address,
        "state": order.get_state_display(),
        "at": order.drafted_at,
    }
