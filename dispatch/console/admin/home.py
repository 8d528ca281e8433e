"""The first page of the administration: the way from nothing to the first complaint, and what runs out soon."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.selectors.setup import setup_steps
from dispatch.console.admin.frame import admin_view, show_admin
from dispatch.web.access import actor_for, holds_somewhere
from teams.selectors.staff import staff_page


@require_safe
@admin_view("ground.view")
def home(request: HttpRequest) -> HttpResponse:
    steps = setup_steps()
    may = {step.key for step in steps if not step.right or holds_somewhere(request, step.right)}
    first = next((step.key for step in steps if not step.done and step.key in may), "")
    page, running_out = staff_page(actor_for(request), {"state": "expiring"}, size=6)
    context = {
        "steps": [
            {
                "step": step,
                "url": step.link if step.link.startswith("/") else reverse(f"console:{step.link}"),
                "next": step.key == first,
                "may": step.key in may,
            }
            for step in steps
        ],
        "done": sum(step.done for step in steps),
        "running_out": running_out,
        "more": page.paginator.count - len(running_out),
    }
    return show_admin(request, "console/admin/home.html", context, section="home")
