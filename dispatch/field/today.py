"""Today: what waits for my squads, one main action a card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.clock.moment import now
from cases.selectors import worklist as work
from cases.selectors.cards import whistle_among, whistle_of, worklist
from dispatch.field.drawn import drawn
from dispatch.field.frame import field_page, is_htmx, show
from dispatch.notify import selectors, services
from dispatch.web.access import actor_for
from teams.models import Role, Squad
from teams.numbers import is_number
from teams.selectors import on_duty
from teams.statements import Statement, among

SQUADS: Statement[Squad] = Statement(lambda: Squad.objects.filter(among("id", "squads")).only("name", "name_en"))
TABS = ("today", "later", "ended")


@require_safe
@field_page()
def today(request: HttpRequest) -> HttpResponse:
    """Cards of the person's squads. Who is in none is led to their own work: tests or alerts."""
    actor = actor_for(request)
    if not actor.squads():
        return redirect("field:labs" if actor.laboratories else "field:alert")
    listed, officer_in = worklist(actor), actor.squads(Role.OFFICER, Role.SQUAD_LEADER)
    tab = request.GET.get("show", "today")
    tab = tab if tab in TABS else "today"
    counts = {"today": len(listed.today), "later": len(listed.later), "ended": len(listed.ended)}
    labels = {"today": _("Today"), "later": pgettext("days", "Later"), "ended": _("Done today")}
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [
            {
                "url": f"{reverse('field:today')}?show={name}",
                "label": labels[name],
                "n": counts[name],
                "on": name == tab,
            }
            for name in TABS
        ],
        "cards": drawn(request, {"today": listed.today, "later": listed.later}.get(tab, []), officer_in),
        "ended": listed.ended,
    }
    if is_htmx(request):
        return show(request, "field/today.html#live", context)
    context["squads"] = SQUADS(squads=list(actor.squads()))
    context["whistle"] = whistle_among([*listed.today, *listed.later], officer_in)
    context["on_duty"] = on_duty(now(), squad_ids=actor.squads())
    context["today"] = timezone.localdate(now())
    return show(request, "field/today.html", context, at="today")


@require_safe
@field_page()
def whistle(request: HttpRequest) -> HttpResponse:
    """The urgent call that waits for the squad, for the top of any page; empty when there is none."""
    context = {"whistle": whistle_of(actor_for(request)), "discreet": "discreet" in request.GET}
    return show(request, "field/whistle.html", context, bare=True)


@require_safe
@field_page()
def notices(request: HttpRequest) -> HttpResponse:
    """What the person was told, newest first."""
    text = request.GET.get("before", "")
    before = int(text) if is_number(text) else None
    rows = selectors.inbox(actor_for(request), language=get_language() or "zh-hans", before=before)
    more = len(rows) == selectors.PAGE
    context = {
        "rows": rows,
        "next_url": f"{reverse('field:notices')}?before={rows[-1].id}" if more else "",
        "some_new": any(not row.read for row in rows),
    }
    return show(request, "field/notices.html", context, at="notices")


@require_POST
@field_page()
def notices_read(request: HttpRequest) -> HttpResponse:
    services.messages_mark_read(actor=actor_for(request), ids=None)
    messages.success(request, _("All read."))
    return redirect("field:notices")


@require_safe
@field_page()
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """A link of a notice names the order: to the part of the reader's own squad."""
    listed = work.part_of_order(actor_for(request), pk)
    return redirect("field:part", listed) if listed else redirect("field:today")


@require_safe
@field_page()
def me(request: HttpRequest) -> HttpResponse:
    """Who I am here, my certificates, language, light, sign out."""
    actor = actor_for(request)
    context = {
        "roles": [Role(grant.role).label for grant in actor.grants],
        "squads": list(Squad.objects.filter(pk__in=actor.squads() | actor.laboratories)),
        "certificates": work.certificates_of(actor),
    }
    return show(request, "field/me.html", context, at="me")
